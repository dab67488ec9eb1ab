// Walks damaged bytes once and cuts them into maximal runs that one hypothesis explains: as meant,
// zeros, never filled, bytes of another place, generation or file, and the rest. It says nothing
// about kinds of damage; those are concluded from the pieces (see conclusion.ts).

import { POISON_WORD } from '../stamp/layout.ts';
import { firstDifference, matchesAgain, PLAIN_MATCH_BYTES } from './comparison.ts';
import type { Hypothesis } from './hypothesis.ts';
import { type ObservedBytes, readClipped } from './observed-bytes.ts';

/** A place from which on a hypothesis may hold. */
export interface Anchor {
  readonly at: number;
  readonly hypothesis: Hypothesis;
}

export interface Origins {
  /** The first anchor with from <= at < limit. */
  next(from: number, limit: number): Anchor | null;
}

/** Bytes [from, to) of the file that was found; pieces come in ascending order. */
export interface Piece {
  readonly cause: 'placed' | 'zeros' | 'untouched' | 'rest';
  readonly from: number;
  readonly to: number;
  /** Of `placed`: what explains it. Else what ought to be there as far as is known. */
  readonly hypothesis: Hypothesis;
}

export interface Segmentation {
  readonly observed: ObservedBytes;
  readonly right: Hypothesis;
  readonly origins: Origins;
}

/** How far one step looks ahead; a longer rest is given in several pieces. */
const LOOK_AHEAD_BYTES = 64 * 1024;
const NEAR_BYTES = 256;
const SECTOR_BYTES = 512;
/** Fewer zeros than these, or bits cleared among right ones, are not called zeroed. */
const ZEROS_MIN = 8;
/** So many zeros are a run of their own even when what follows is damaged too. */
const ZEROS_ALONE_MIN = 64;

/** Pieces of [from, to), not beyond the end, that are not right. @param before held until `from` */
export function* segment(
  { observed, right, origins }: Segmentation,
  from: number,
  to: number,
  before = right,
): Generator<Piece> {
  let current = before;
  let cursor = from;
  while (cursor < to) {
    const wrong = agreeUntil(observed, current, cursor, to);
    if (current.role !== 'right' && wrong > cursor) {
      yield { cause: 'placed', from: cursor, to: wrong, hypothesis: current };
    }
    if (wrong >= to) return;
    const step = explain({ observed, right, origins }, current, wrong, to);
    if (step.piece) yield step.piece;
    if (step.at > wrong && !step.piece) {
      const around = [step.baseline, current, step.hypothesis];
      const hypothesis = nearest(observed, around, wrong, step.at);
      yield { cause: 'rest', from: wrong, to: step.at, hypothesis };
    }
    cursor = step.at;
    current = step.piece ? holding(observed, right, step.hypothesis, cursor, to) : step.hypothesis;
  }
}

/** After a piece without an origin: what is meant, unless what held before it holds longer. */
function holding(
  observed: ObservedBytes,
  right: Hypothesis,
  before: Hypothesis,
  from: number,
  to: number,
): Hypothesis {
  if (before === right) return right;
  const until = Math.min(to, from + PLAIN_MATCH_BYTES);
  const longer = (one: Hypothesis) => agreeUntil(observed, one, from, until);
  return longer(before) > longer(right) ? before : right;
}

/** What a short rest is compared with: what most of its bytes agree with, the first of equals. */
function nearest(
  observed: ObservedBytes,
  around: readonly Hypothesis[],
  from: number,
  to: number,
): Hypothesis {
  const until = Math.min(to, from + PLAIN_MATCH_BYTES);
  const seen = observed.read(from, until);
  const agreeing = (one: Hypothesis) => {
    const predicted = one.bytes(from, until);
    return seen.reduce((sum, byte, index) => sum + (byte === predicted[index] ? 1 : 0), 0);
  };
  const tried = [...new Set(around)].map((one) => ({ one, same: agreeing(one) }));
  return tried.reduce((best, next) => (next.same > best.same ? next : best)).one;
}

interface Step {
  /** From here on `hypothesis` is tried. */
  readonly at: number;
  readonly hypothesis: Hypothesis;
  /** What a rest before `at` is compared with. */
  readonly baseline: Hypothesis;
  readonly piece?: Piece;
}

function explain(all: Segmentation, current: Hypothesis, wrong: number, to: number): Step {
  const { observed, right, origins } = all;
  const limit = Math.min(to, wrong + LOOK_AHEAD_BYTES);
  const again = resumeSoon(observed, right, current, wrong, limit);
  if (again?.at === wrong) return { ...again, baseline: again.hypothesis };
  const filled = untouchedUntil(observed, right, wrong, to);
  if (filled > wrong) return pieceUntil(filled, 'untouched', wrong, current, right);
  let next = again?.at ?? limit;
  const anchor = origins.next(wrong, next);
  const start = anchor ? backTo(observed, anchor, wrong) : next;
  const cleared = zerosUntil(all, current, wrong, to, start);
  if (cleared > wrong) {
    const longer = anchor && start === wrong && agreeUntil(observed, anchor.hypothesis, wrong, to);
    if (!longer || longer < cleared) {
      return pieceUntil(cleared, 'zeros', wrong, current, right);
    }
  }
  if (anchor) next = start;
  const other = laterPiece(observed, right, wrong, next);
  if (other < next) return { at: other, hypothesis: right, baseline: current };
  if (anchor) return { at: start, hypothesis: anchor.hypothesis, baseline: right };
  if (again) return { ...again, baseline: again.hypothesis };
  return { at: limit, hypothesis: right, baseline: current };
}

function pieceUntil(
  at: number,
  cause: Piece['cause'],
  from: number,
  current: Hypothesis,
  right: Hypothesis,
): Step {
  const baseline = current.role === 'right' ? right : current;
  const piece = { cause, from, to: at, hypothesis: baseline };
  return { at, hypothesis: right, baseline, piece };
}

/** First byte in [from, to) that is not as predicted, or `to`. */
export function agreeUntil(
  observed: ObservedBytes,
  hypothesis: Hypothesis,
  from: number,
  to: number,
): number {
  let step = 4096;
  for (let at = from; at < to; ) {
    const until = Math.min(to, at + step);
    const index = firstDifference(observed.read(at, until), hypothesis.bytes(at, until));
    if (index >= 0) return at + index;
    at = until;
    step = Math.min(LOOK_AHEAD_BYTES, step * 4);
  }
  return to;
}

/** As `resume`, but looks near first: most damage is short, and far predictions are costly. */
function resumeSoon(
  observed: ObservedBytes,
  right: Hypothesis,
  current: Hypothesis,
  from: number,
  limit: number,
): Anchor | null {
  for (let at = from, step = NEAR_BYTES; at < limit; step *= 16) {
    const until = Math.min(limit, at + step);
    const found = resume(observed, right, current, at, until);
    if (found) return found;
    at = until;
  }
  return null;
}

/** Where what is meant, or else what held before, holds again. */
function resume(
  observed: ObservedBytes,
  right: Hypothesis,
  current: Hypothesis,
  from: number,
  limit: number,
): Anchor | null {
  const to = Math.min(observed.end, limit + PLAIN_MATCH_BYTES);
  const seen = observed.read(from, to);
  const tried = current === right ? [right] : [right, current];
  const predicted = tried.map((hypothesis) => hypothesis.bytes(from, to));
  const atEnd = to === observed.end;
  for (let index = 0; index < limit - from; index++) {
    for (let which = 0; which < predicted.length; which++) {
      const bytes = predicted[which] as Uint8Array;
      if (seen[index] !== bytes[index] || !matchesAgain(seen, bytes, index, atEnd)) continue;
      return { at: from + index, hypothesis: tried[which] as Hypothesis };
    }
  }
  return null;
}

/** How far back from its anchor a hypothesis holds, not further than `floor`. */
function backTo(observed: ObservedBytes, { at, hypothesis }: Anchor, floor: number): number {
  const seen = observed.read(floor, at);
  const predicted = hypothesis.bytes(floor, at);
  let index = at - floor;
  while (index > 0 && seen[index - 1] === predicted[index - 1]) index--;
  return floor + index;
}

/**
 * The end of a run of sectors that a read did not fill, or `from`. Buffers hold poison before a
 * read: in every word, or only in the last word of each sector (and of the whole), the others being
 * left from an earlier read; so a sector that ends with poison is judged as a whole.
 */
function untouchedUntil(
  observed: ObservedBytes,
  right: Hypothesis,
  from: number,
  to: number,
): number {
  let at = from;
  while (at < to) {
    const sectorEnd = Math.min(to, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES);
    if (isPoison(observed, right, sectorEnd - 8)) at = sectorEnd;
    else {
      const word = at - (at % 8);
      if (!isPoison(observed, right, word) || word + 8 > to) return at;
      at = word + 8;
    }
  }
  return at;
}

function isPoison(observed: ObservedBytes, right: Hypothesis, at: number): boolean {
  if (at < observed.start || at + 8 > observed.end) return false;
  const poison = (bytes: Uint8Array) =>
    new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true) === POISON_WORD;
  return poison(observed.read(at, at + 8)) && !poison(right.bytes(at, at + 8));
}

/** The end of a run of zeros that covers a whole damage of at least ZEROS_MIN bytes, or `from`. */
function zerosUntil(
  { observed, right, origins }: Segmentation,
  current: Hypothesis,
  from: number,
  to: number,
  placedAt: number,
): number {
  const end = zeroRunEnd(observed, from, to);
  if (end - from < ZEROS_MIN) return from;
  const baseline = current.role === 'right' ? right : current;
  const extent = Math.min(end, from + ZEROS_ALONE_MIN);
  const meant = baseline.bytes(from, extent);
  let last = meant.length - 1;
  while (last >= 0 && meant[last] === 0) last--;
  if (last + 1 < ZEROS_MIN) return from;
  if (end - from >= ZEROS_ALONE_MIN || end === observed.end || end === placedAt) return end;
  const later = Math.min(end + PLAIN_MATCH_BYTES, observed.end);
  const resumed = resume(observed, right, current, end, Math.min(later, end + 1));
  return resumed || origins.next(end, Math.min(to, end + 1)) ? end : from;
}

function zeroRunEnd(observed: ObservedBytes, from: number, to: number): number {
  for (let at = from; at < to; ) {
    const seen = readClipped(observed, at, Math.min(to, at + LOOK_AHEAD_BYTES));
    const index = seen.findIndex((byte) => byte !== 0);
    if (index >= 0) return at + index;
    at += seen.length;
  }
  return to;
}

/** Inside a rest: where a long run of zeros or a sector that was not filled begins, or `limit`. */
function laterPiece(
  observed: ObservedBytes,
  right: Hypothesis,
  from: number,
  limit: number,
): number {
  const seen = observed.read(from, limit);
  const meant = right.bytes(from, limit);
  let zeros = 0;
  for (let index = 0; index < seen.length; index++) {
    const at = from + index;
    if (at % SECTOR_BYTES === 0 && untouchedUntil(observed, right, at, limit) > at) return at;
    zeros = seen[index] === 0 ? zeros + 1 : 0;
    if (zeros < ZEROS_ALONE_MIN) continue;
    const first = index + 1 - zeros;
    const differs = meant.subarray(first, index + 1).findLastIndex((byte) => byte !== 0);
    if (first > 0 && differs >= ZEROS_MIN) return from + first;
  }
  return limit;
}
