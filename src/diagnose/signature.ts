// What all the damage of a hunt, or of one file, has in common. It claims only what holds of every
// range; where ranges differ it says the range of the difference or nothing.

import {
  type BitDamage,
  DAMAGE_KINDS,
  type Damage,
  type DamageKind,
  LAYERS,
  type Layer,
  type Signature,
} from '../domain/damage.ts';
import { signatureWords } from './signature-words.ts';

export interface SignatureItem {
  readonly damage: readonly Damage[];
  /** I/O size of the trial that it was seen in, bytes; 0 where there was none. */
  readonly ioBytes: number;
  readonly layer: Layer;
}

/** A larger alignment says nothing about an I/O, and offset 0 would have none at all. */
const ALIGNMENT_MAX = 2 ** 20;
const EXPECTED_WORDS_MAX = 4;

/** @returns null where there is no damage */
export function signatureOf(all: readonly SignatureItem[]): Signature | null {
  const items = all.filter((item) => item.damage.length > 0);
  const damage = items.flatMap((item) => item.damage);
  if (damage.length === 0) return null;
  const layers = new Set(items.map((item) => item.layer));
  const offsets = damage.map((one) => one.offset);
  const lengths = damage.map((one) => one.length);
  const bits = unionOfBits(damage);
  const expectedWords = expectedWordsOf(damage);
  const facts = {
    kinds: kindsByFrequency(damage),
    ranges: damage.length,
    bytes: lengths.reduce((sum, length) => sum + length, 0),
    offsetAlignment: alignmentOf(offsets),
    lengthAlignment: alignmentOf(lengths),
    lengths: {
      min: lengths.reduce((least, length) => Math.min(least, length)),
      max: lengths.reduce((most, length) => Math.max(most, length)),
      distinct: new Set(lengths).size,
    },
    ioSizes: ioSizesOf(items, [...offsets, ...lengths]),
    ...(bits ? { bits } : {}),
    ...(expectedWords ? { expectedWords } : {}),
    layers: LAYERS.filter((layer) => layers.has(layer)),
  };
  return { words: signatureWords(facts, damage), ...facts };
}

/** The most frequent first; of equals, in the order of the vocabulary. */
function kindsByFrequency(damage: readonly Damage[]): DamageKind[] {
  const counts = new Map<DamageKind, number>();
  for (const { kind } of damage) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return DAMAGE_KINDS.filter((kind) => counts.has(kind)).toSorted(
    (a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0),
  );
}

/** The largest power of two, up to 1 MiB, that divides all of them. */
function alignmentOf(numbers: readonly number[]): number {
  let alignment = ALIGNMENT_MAX;
  for (const number of numbers) while (number % alignment !== 0) alignment /= 2;
  return alignment;
}

function ioSizesOf(items: readonly SignatureItem[], numbers: readonly number[]): number[] {
  const sizes = [...new Set(items.map((item) => item.ioBytes))].filter((size) => size > 0);
  return sizes
    .filter((size) => numbers.every((number) => number % size === 0))
    .sort((a, b) => a - b);
}

function unionOfBits(damage: readonly Damage[]): BitDamage | null {
  let mask = 0n;
  let count = 0;
  const directions = new Set<BitDamage['direction']>();
  for (const { bits } of damage) {
    if (!bits) continue;
    mask |= BigInt(`0x${bits.xorMask}`);
    count += bits.count;
    directions.add(bits.direction);
  }
  const [direction] = directions;
  if (direction === undefined) return null;
  const bitsInWord = Array.from({ length: 64 }, (_, bit) => bit).filter(
    (bit) => ((mask >> BigInt(bit)) & 1n) === 1n,
  );
  return {
    xorMask: mask.toString(16).padStart(16, '0'),
    bitsInWord,
    direction: directions.size === 1 ? direction : 'both',
    count,
  };
}

/** Null unless the samples show every damaged word, and these were meant to be few values. */
function expectedWordsOf(damage: readonly Damage[]): string[] | null {
  const values = new Set<string>();
  for (const { samples, offset, length } of damage) {
    const words = Math.floor((offset + Math.max(1, length) - 1) / 8) - Math.floor(offset / 8) + 1;
    if (!samples || samples.length === 0 || words > samples.length) return null;
    for (const { expected } of samples) values.add(expected);
    if (values.size > EXPECTED_WORDS_MAX) return null;
  }
  return [...values].sort();
}
