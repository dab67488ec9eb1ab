// The checker's own memory. A bit that flips in the buffer that holds what was read would look just
// like damage on the medium, so a buffer of the same sort is written and read back, and the memory
// controller's own counters are asked.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatSize } from '../base/quantities.ts';

const PATTERNS = [0x00000000, 0xffffffff, 0xaaaaaaaa, 0x55555555];
/** Odd, so that every word of the addressed pass differs (the golden ratio of 2^32). */
const ADDRESS_MULTIPLIER = 0x9e3779b1;

/**
 * Writes all of `words` with five patterns, one of which depends on the place, and reads them
 * back.
 */
export function checkMemory(words: Uint32Array): { passed: boolean; detail: string } {
  const size = formatSize(words.length * 4);
  for (const pattern of PATTERNS) {
    for (let at = 0; at < words.length; at++) words[at] = pattern;
    const bad = firstOther(words, () => pattern);
    if (bad) return { passed: false, detail: `${size}: ${bad}` };
  }
  const addressed = (at: number) => Math.imul(at, ADDRESS_MULTIPLIER) >>> 0;
  for (let at = 0; at < words.length; at++) words[at] = addressed(at);
  const bad = firstOther(words, addressed);
  if (bad) return { passed: false, detail: `${size}: ${bad}` };
  return { passed: true, detail: `${size} kept ${PATTERNS.length + 1} patterns` };
}

function firstOther(words: Uint32Array, meant: (at: number) => number): string | null {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? 0;
    if (word !== meant(at)) {
      const hex = (value: number) => value.toString(16).padStart(8, '0');
      return `word ${at} was written as ${hex(meant(at))} and reads ${hex(word)}`;
    }
  }
  return null;
}

/** Sum of the uncorrected errors of all memory controllers; null where there are no counters. */
export function uncorrectedErrors(root = '/sys/devices/system/edac/mc'): number | null {
  try {
    const counts = readdirSync(root)
      .filter((name) => /^mc\d+$/.test(name))
      .map((name) => Number(readFileSync(join(root, name, 'ue_count'), 'utf8')));
    return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
  } catch {
    return null;
  }
}
