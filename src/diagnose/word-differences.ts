// Damage seen as 64-bit words: what each should have been and what it was. Words lie at multiples
// of 8 bytes of the file; a cut one at an edge is filled up with bytes that do not differ.

import type { BitDamage, WordSample } from '../domain/damage.ts';
import type { Hypothesis } from './hypothesis.ts';
import type { ObservedBytes } from './observed-bytes.ts';

export interface WordDifference {
  /** File offset of the word, a multiple of 8. */
  readonly at: number;
  readonly expected: bigint;
  readonly observed: bigint;
  /** File offsets of the first and of the last byte that differ. */
  readonly first: number;
  readonly last: number;
}

/** The words of [from, to) that differ, in order. @param most stop after so many */
export function wordDifferences(
  observed: ObservedBytes,
  baseline: Hypothesis,
  from: number,
  to: number,
  most = Number.POSITIVE_INFINITY,
): WordDifference[] {
  const words: WordDifference[] = [];
  const start = from - (from % 8);
  const readFrom = Math.max(observed.start, start);
  const readTo = Math.min(observed.end, to + 7 - ((to + 7) % 8));
  if (readTo <= readFrom) return words;
  const found = observed.read(readFrom, readTo);
  const meant = baseline.bytes(readFrom, readTo);
  for (let at = start; at < readTo && words.length < most; at += 8) {
    const word = differenceAt(found, meant, at - readFrom, at);
    if (word) words.push(word);
  }
  return words;
}

function differenceAt(
  found: Uint8Array,
  meant: Uint8Array,
  index: number,
  at: number,
): WordDifference | null {
  let expected = 0n;
  let observed = 0n;
  let first = -1;
  let last = -1;
  for (let byte = 0; byte < 8; byte++) {
    const seen = found[index + byte] ?? 0;
    const wanted = meant[index + byte] ?? 0;
    if (seen === wanted) continue;
    if (first < 0) first = at + byte;
    last = at + byte;
  }
  if (first < 0) return null;
  for (let byte = 7; byte >= 0; byte--) {
    expected = (expected << 8n) | BigInt(meant[index + byte] ?? 0);
    observed = (observed << 8n) | BigInt(found[index + byte] ?? 0);
  }
  return { at, expected, observed, first, last };
}

export function countBits(value: bigint): number {
  let count = 0;
  for (let rest = value; rest > 0n; rest &= rest - 1n) count++;
  return count;
}

export function hexWord(value: bigint): string {
  return value.toString(16).padStart(16, '0');
}

export const SAMPLES_MAX = 8;

export function samplesOf(words: readonly WordDifference[]): WordSample[] {
  return words.slice(0, SAMPLES_MAX).map(({ at, expected, observed }) => ({
    offset: at,
    expected: hexWord(expected),
    observed: hexWord(observed),
  }));
}

export function bitsOf(words: readonly WordDifference[]): BitDamage {
  let mask = 0n;
  let cleared = false;
  let set = false;
  let count = 0;
  for (const { expected, observed } of words) {
    const changed = expected ^ observed;
    mask |= changed;
    count += countBits(changed);
    cleared ||= (changed & expected) > 0n;
    set ||= (changed & observed) > 0n;
  }
  return bitDamage(mask, cleared && set ? 'both' : set ? '0->1' : '1->0', count);
}

export function bitDamage(
  mask: bigint,
  direction: BitDamage['direction'],
  count: number,
): BitDamage {
  const bitsInWord = Array.from({ length: 64 }, (_, bit) => bit).filter(
    (bit) => ((mask >> BigInt(bit)) & 1n) === 1n,
  );
  return { xorMask: hexWord(mask), bitsInWord, direction, count };
}

/** The bits of several damages together. */
export function joinBits(all: readonly BitDamage[]): BitDamage {
  const mask = all.reduce((union, bits) => union | BigInt(`0x${bits.xorMask}`), 0n);
  const [first] = all as [BitDamage];
  const same = all.every((bits) => bits.direction === first.direction);
  const count = all.reduce((sum, bits) => sum + bits.count, 0);
  return bitDamage(mask, same ? first.direction : 'both', count);
}
