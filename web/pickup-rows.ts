// What the picture of an early pickup draws: on one time line the parts as they were written, the
// moment in which the rule said ready, the copy, and the moment in which the writer was done.

import { formatDuration, formatSize } from '../src/base/quantities.ts';
import type { EarlyPickups } from '../src/domain/delivery.ts';

export const PART_KINDS = ['in the copy', 'not in the copy'] as const;

export interface PartDot {
  readonly part: number;
  readonly atMs: number;
  readonly kind: (typeof PART_KINDS)[number];
  readonly words: string;
}

/** Times are milliseconds from the first call of the writer. */
export function pickupRows({ rule, example }: EarlyPickups) {
  const { writeMs, earlyMs, copyMs, parts, wrongParts, wrongPartsInAll, partBytes } = example;
  const readyMs = writeMs - earlyMs;
  const wrong = new Set(wrongParts);
  // Where not all wrong parts are named, those written after the pickup are not in the copy.
  const isWrong = (part: number, atMs: number) =>
    wrong.size === wrongPartsInAll ? wrong.has(part) : atMs > readyMs;
  const dots = parts.map(({ part, atMs }): PartDot => {
    const kind = isWrong(part, atMs) ? 'not in the copy' : 'in the copy';
    const what = `part ${part} (${formatSize(partBytes)})`;
    const words = `${what}, written at ${formatDuration(atMs)}: ${kind}`;
    return { part, atMs, kind, words };
  });
  const copyEndMs = readyMs + copyMs;
  return {
    dots,
    readyMs,
    copyEndMs,
    doneMs: writeMs,
    lastMs: Math.max(writeMs, copyEndMs),
    readyWords: `${rule} says ready`,
    doneWords: 'the writer is done',
  };
}
