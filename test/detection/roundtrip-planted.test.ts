// Damage planted into the real file of a roundtrip trial, between its writes and its check: the
// kind, the exact bytes and bits, where they came from, and the layer. The clean trial beside it
// says nothing.

import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../src/diagnose/diagnose.ts';
import type { Levels } from '../../src/domain/cell.ts';
import type { Damage } from '../../src/domain/damage.ts';
import { PATTERNS } from '../../src/domain/observation.ts';
import type { Diagnosis, TrialOutcome } from '../../src/domain/trial.ts';
import { OPEN_MODES } from '../../src/medium/file.ts';
import { encodeBlocks } from '../../src/stamp/reference.ts';
import { roundtrip } from '../../src/workload/roundtrip.ts';
import type { CheckAssignment } from '../../src/workload/roundtrip-check.ts';
import { InProcessActors } from '../fixtures/actors/in-process-actors.ts';
import { inDirectory, settingFor } from '../fixtures/actors/trial-setting.ts';

const BLOCK = 4096;
const SIZE = 262_144;
const IO = 65_536;

/** The bytes that were to be read, and what the plan of the check says of them. */
interface Moment {
  readonly bytes: Uint8Array;
  readonly assignment: CheckAssignment;
  /** The file as it was at the checks before. */
  readonly earlier: readonly Uint8Array[];
}

/** Runs a trial and puts what `plant` returns in place of the file before check `at` (from 0). */
async function planted(
  at: number,
  plant: (moment: Moment) => Uint8Array,
  levels: Levels = {},
): Promise<{ outcome: TrialOutcome; diagnoses: Diagnosis[] }> {
  const earlier: Uint8Array[] = [];
  return inDirectory(async (directory) => {
    const actors = new InProcessActors(({ role, assignment }) => {
      if (role !== 'roundtrip-check') return;
      const check = assignment as CheckAssignment;
      const bytes = new Uint8Array(readFileSync(check.path));
      if (earlier.length === at) {
        const damaged = plant({ bytes: bytes.slice(), assignment: check, earlier });
        // In place, so that a descriptor that is kept open sees it as well.
        writeFileSync(check.path, damaged, { flag: 'r+' });
        truncateSync(check.path, damaged.length);
      }
      earlier.push(bytes);
    });
    const setting = settingFor(roundtrip, { size: SIZE, io: IO, ...levels }, { directory, actors });
    const outcome = await roundtrip.run(setting);
    return { outcome, diagnoses: outcome.observations.map(diagnose) };
  });
}

function damageOf(diagnoses: readonly Diagnosis[]): Damage[] {
  return diagnoses.flatMap((diagnosis) => diagnosis.damage);
}

function rangesOf(damage: readonly Damage[]): [string, number, number][] {
  return damage.map(({ kind, offset, length }) => [kind, offset, length]);
}

/** In place. */
function put(bytes: Uint8Array, at: number, piece: Uint8Array): Uint8Array {
  bytes.set(piece, at);
  return bytes;
}

function blockOf(bytes: Uint8Array, block: number): Uint8Array {
  return bytes.slice(block * BLOCK, (block + 1) * BLOCK);
}

/** Never constant, and nothing that a stamp makes. */
function garbage(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 167 + ((at * at) >> 7) + 13) & 0xff);
}

describe('clean', () => {
  test.each(OPEN_MODES)('mode %s: every promise is tried and kept', async (mode) => {
    const { outcome } = await planted(-1, ({ bytes }) => bytes, { mode, sync: 'fsync' });
    expect(outcome.observations).toEqual([]);
    expect(outcome.failures).toEqual([]);
    const readBack = outcome.tallies.find((tally) => tally.promise === 'read-back');
    expect(readBack).toEqual({ promise: 'read-back', tries: (4 * SIZE) / IO, broken: 0 });
    expect(outcome.tallies.every((tally) => tally.broken === 0)).toBe(true);
    expect(outcome.opportunities.bytesWritten).toBeGreaterThan(2 * SIZE);
  });

  test.each(PATTERNS)(
    'pattern %s, descriptors kept open, two writers, random order',
    async (pattern) => {
      const levels = { pattern, reopen: false, writers: 2, order: 'random', io: BLOCK };
      const { outcome } = await planted(-1, ({ bytes }) => bytes, levels);
      expect(outcome.observations).toEqual([]);
      expect(outcome.failures).toEqual([]);
      expect(outcome.tallies[0]).toMatchObject({ tries: (4 * SIZE) / BLOCK, broken: 0 });
    },
  );
});

describe('planted', () => {
  test.each([0, 1, 2, 3])('flipped bits at check %i: kind, byte, bits and layer', async (check) => {
    let at = 0;
    let before = 0;
    const { diagnoses } = await planted(check, ({ bytes, assignment }) => {
      const run = assignment.runs.at(-1) as CheckAssignment['runs'][number];
      at = run.firstBlock * BLOCK + 2051;
      before = bytes[at] as number;
      return put(bytes, at, Uint8Array.of(before ^ 0b0010_0001));
    });
    const damage = damageOf(diagnoses);
    expect(rangesOf(damage)).toEqual([['flipped', at, 1]]);
    const bits = [8 * (at % 8), 8 * (at % 8) + 5];
    expect(damage[0]?.bits).toMatchObject({ bitsInWord: bits, count: 2 });
    const mask = bits.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n);
    expect(damage[0]?.bits?.xorMask).toBe(mask.toString(16).padStart(16, '0'));
    const risen = [before & 1, before & 32].filter((bit) => bit === 0).length;
    expect(damage[0]?.bits?.direction).toBe(['1->0', 'both', '0->1'][risen]);
    expect(diagnoses[0]?.layer).toBe('persisted');
    expect(diagnoses[0]?.promise).toBe('read-back');
  });

  test('words of all ones that lose their low half, as in the case', async () => {
    const { diagnoses } = await planted(
      1,
      ({ bytes }) => {
        const word = bytes.findIndex((byte, at) => at > 80_000 && at % 8 === 0 && byte === 0xff);
        return put(bytes, word, new Uint8Array(4));
      },
      { pattern: 'alternating' },
    );
    const [damage] = damageOf(diagnoses);
    expect(damage).toMatchObject({ kind: 'flipped', length: 4 });
    expect(damage?.bits).toMatchObject({
      xorMask: '00000000ffffffff',
      direction: '1->0',
      count: 32,
    });
    expect(damage?.samples?.[0]).toMatchObject({
      expected: 'ffffffffffffffff',
      observed: 'ffffffff00000000',
    });
  });

  test('a zeroed range that is no multiple of a block', async () => {
    const [from, length] = [IO + 3 * BLOCK + 512, 6 * 512];
    const { diagnoses } = await planted(1, ({ bytes }) => bytes.fill(0, from, from + length));
    expect(rangesOf(damageOf(diagnoses))).toEqual([['zeroed', from, length]]);
  });

  test('a zeroed range over the border of two reads is seen whole', async () => {
    const [from, to] = [IO - BLOCK, IO + BLOCK];
    const { diagnoses } = await planted(1, ({ bytes }) => bytes.fill(0, from, to));
    expect(rangesOf(damageOf(diagnoses))).toEqual([
      ['zeroed', from, BLOCK],
      ['zeroed', IO, BLOCK],
    ]);
  });

  test('an old generation of a block: a lost overwrite', async () => {
    const { diagnoses } = await planted(1, ({ bytes, earlier }) =>
      put(bytes, 21 * BLOCK, blockOf(earlier[0] as Uint8Array, 21)),
    );
    const damage = damageOf(diagnoses);
    expect(rangesOf(damage)).toEqual([['stale', 21 * BLOCK, BLOCK]]);
    expect(damage[0]?.from).toMatchObject({ generation: 1, offset: 21 * BLOCK });
  });

  test('two swapped blocks: each is said to be the other', async () => {
    const { diagnoses } = await planted(1, ({ bytes }) => {
      const [five, nine] = [blockOf(bytes, 5), blockOf(bytes, 9)];
      return put(put(bytes, 5 * BLOCK, nine), 9 * BLOCK, five);
    });
    const damage = damageOf(diagnoses);
    expect(rangesOf(damage)).toEqual([
      ['misdirected', 5 * BLOCK, BLOCK],
      ['misdirected', 9 * BLOCK, BLOCK],
    ]);
    expect(damage.map(({ from }) => from?.offset)).toEqual([9 * BLOCK, 5 * BLOCK]);
  });

  test("another file's block", async () => {
    const { diagnoses } = await planted(1, ({ bytes, assignment }) => {
      const other = { ...assignment.stream, file: assignment.stream.file + 1 };
      return put(bytes, 7 * BLOCK, encodeBlocks(other, 7, 1, 2, 0n));
    });
    const damage = damageOf(diagnoses);
    expect(rangesOf(damage)).toEqual([['misdirected', 7 * BLOCK, BLOCK]]);
    expect(damage[0]?.from?.file).toBe(9);
  });

  test('bytes that nobody here wrote', async () => {
    const { diagnoses } = await planted(1, ({ bytes }) => put(bytes, 30 * BLOCK, garbage(BLOCK)));
    expect(rangesOf(damageOf(diagnoses))).toEqual([['foreign', 30 * BLOCK, BLOCK]]);
  });

  test('a truncated file: missing from exactly there', async () => {
    const end = IO + 34_567;
    const { diagnoses } = await planted(1, ({ bytes }) => bytes.slice(0, end));
    const damage = damageOf(diagnoses);
    expect(new Set(damage.map(({ kind }) => kind))).toEqual(new Set(['missing']));
    const ends = damage.map(({ offset, length }) => [offset, offset + length]);
    expect(Math.min(...ends.map(([from]) => from as number))).toBe(end);
    expect(Math.max(...ends.map(([, to]) => to as number))).toBe(SIZE);
  });

  test('a file that grew', async () => {
    const { diagnoses } = await planted(1, ({ bytes }) => {
      const longer = new Uint8Array(SIZE + 700);
      longer.set(bytes);
      return put(longer, SIZE, garbage(700));
    });
    expect(rangesOf(damageOf(diagnoses))).toEqual([['extra', SIZE, 700]]);
  });

  test('data in what must be a hole', async () => {
    let at = -1;
    const { diagnoses } = await planted(
      3,
      ({ bytes, assignment }) => {
        const written = new Set(
          assignment.runs.flatMap(({ firstBlock, blocks }) =>
            Array.from({ length: blocks }, (_, block) => firstBlock + block),
          ),
        );
        at = bytes.findIndex((_, index) => !written.has(Math.floor(index / BLOCK))) + 100;
        expect(at).toBeGreaterThanOrEqual(100);
        return put(bytes, at, Uint8Array.of(4));
      },
      { io: BLOCK },
    );
    const damage = damageOf(diagnoses);
    expect(damage.map(({ offset, length }) => [offset, length])).toEqual([[at, 1]]);
    expect(damage[0]?.bits).toMatchObject({ direction: '0->1', count: 1 });
  });

  test('several at once, each with its kind and its bytes', async () => {
    const { diagnoses } = await planted(1, ({ bytes, earlier }) => {
      bytes.fill(0, 2 * BLOCK, 3 * BLOCK);
      put(bytes, 20 * BLOCK, blockOf(earlier[0] as Uint8Array, 20));
      return put(bytes, 60 * BLOCK + 1000, Uint8Array.of((bytes[60 * BLOCK + 1000] ?? 0) ^ 0x80));
    });
    expect(rangesOf(damageOf(diagnoses))).toEqual([
      ['zeroed', 2 * BLOCK, BLOCK],
      ['stale', 20 * BLOCK, BLOCK],
      ['flipped', 60 * BLOCK + 1000, 1],
    ]);
  });

  test('with the descriptor kept open from write to check, damage is found as well', async () => {
    const { diagnoses } = await planted(1, ({ bytes }) => bytes.fill(0, 0, 512), { reopen: false });
    expect(rangesOf(damageOf(diagnoses))).toEqual([['zeroed', 0, 512]]);
  });

  test('the trial stops at the first check that finds something', async () => {
    const { outcome } = await planted(0, ({ bytes }) => bytes.fill(0, 0, BLOCK));
    expect(outcome.tallies).toEqual([{ promise: 'read-back', tries: SIZE / IO, broken: 1 }]);
    expect(outcome.observations.length).toBe(1);
    expect(outcome.observations[0]?.rereads.map(({ how }) => how)).toEqual([
      'same-descriptor',
      'cache-dropped',
      'direct',
    ]);
  });
});
