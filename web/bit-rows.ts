// From damage to the picture "offset against bit of the 64-bit word". Many offsets are gathered
// into bins, so that 500 findings stay one picture; counts say how many words lie under a mark.

import type { Damage } from '../src/domain/damage.ts';
import type { Finding } from '../src/domain/hunt-report.ts';

export interface BitRow {
  /** First and last offset that lie in this row; bytes. */
  readonly from: number;
  readonly to: number;
  readonly words: number;
  /** Per bit 0..63: how many words have it cleared, and how many have it set, wrongly. */
  readonly cleared: readonly number[];
  readonly set: readonly number[];
}

interface WordDifference {
  readonly offset: number;
  readonly cleared: bigint;
  readonly set: bigint;
}

const ROWS_MAX = 40;
const HEX_WORD = /^[0-9a-f]{1,16}$/i;

/** Of a stale or torn unit nearly all bits differ, which says nothing: it has another picture. */
const PICTURED = new Set(['flipped', 'zeroed', 'unexplained', 'foreign', 'untouched']);

function differences(damage: Damage): WordDifference[] {
  if (!PICTURED.has(damage.kind)) return [];
  const samples = (damage.samples ?? []).filter(
    (sample) => HEX_WORD.test(sample.expected) && HEX_WORD.test(sample.observed),
  );
  if (samples.length > 0) {
    return samples.map((sample) => {
      const [expected, observed] = [BigInt(`0x${sample.expected}`), BigInt(`0x${sample.observed}`)];
      const changed = expected ^ observed;
      return { offset: sample.offset, cleared: changed & expected, set: changed & observed };
    });
  }
  if (!damage.bits || !HEX_WORD.test(damage.bits.xorMask)) return [];
  const mask = BigInt(`0x${damage.bits.xorMask}`);
  const { direction } = damage.bits;
  return [
    {
      offset: damage.offset - (damage.offset % 8),
      cleared: direction === '0->1' ? 0n : mask,
      set: direction === '1->0' ? 0n : mask,
    },
  ];
}

/** @param withinBytes offsets are taken modulo this; 0 for the offset in the file. */
export function bitRows(findings: readonly Finding[], withinBytes: number): BitRow[] {
  const words = findings.flatMap((finding) => finding.damage.flatMap(differences));
  const place = (word: WordDifference) =>
    withinBytes > 0 ? word.offset % withinBytes : word.offset;
  const distinct = [...new Set(words.map(place))].sort((a, b) => a - b);
  const perRow = Math.max(1, Math.ceil(distinct.length / ROWS_MAX));
  const rowOf = new Map(distinct.map((offset, index) => [offset, Math.floor(index / perRow)]));
  const rows = Array.from({ length: Math.ceil(distinct.length / perRow) }, (_, row) => ({
    from: distinct[row * perRow] ?? 0,
    to: distinct[Math.min(distinct.length, (row + 1) * perRow) - 1] ?? 0,
    words: 0,
    cleared: Array<number>(64).fill(0),
    set: Array<number>(64).fill(0),
  }));
  for (const word of words) {
    const row = rows[rowOf.get(place(word)) ?? 0];
    if (!row) continue;
    row.words++;
    for (let bit = 0; bit < 64; bit++) {
      row.cleared[bit] = (row.cleared[bit] ?? 0) + Number((word.cleared >> BigInt(bit)) & 1n);
      row.set[bit] = (row.set[bit] ?? 0) + Number((word.set >> BigInt(bit)) & 1n);
    }
  }
  return rows;
}

/** Per bit, over all rows. */
export function bitTotals(rows: readonly BitRow[]): number[] {
  return Array.from({ length: 64 }, (_, bit) =>
    rows.reduce((sum, row) => sum + (row.cleared[bit] ?? 0) + (row.set[bit] ?? 0), 0),
  );
}
