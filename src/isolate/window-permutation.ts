// Did failures fall into the windows of a provocation (a sync, a cache drop, a network cut) more
// often than by chance? The whole train of windows is turned around the clock, so that windows that
// come in bursts and failures that come in bursts stay as they are, and only their alignment is
// left to chance. A test that treats failures as independent takes one burst for many witnesses.

import { assert } from '../base/assert.ts';
import type { Rng } from '../base/rng.ts';

/** In force from `fromMs` until just before `toMs`, in ms since the start of the span. */
export interface ProvocationWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface WindowPermutation {
  /** Failures inside a window. */
  readonly observed: number;
  /** Mean of that over all alignments: failures x share of the span that windows cover. */
  readonly expected: number;
  /** One-sided: so many or more by alignment alone. */
  readonly pValue: number;
  /** Alignments that were looked at, without the observed one. */
  readonly shifts: number;
}

export interface PermutationOptions {
  /** Draws the shifts where not all are looked at. */
  readonly rng: Rng;
  /** Failures x windows up to which all shifts are looked at; default 500,000. */
  readonly pairsMax?: number;
  /** Shifts that are drawn otherwise; default 9,999. */
  readonly shifts?: number;
}

/**
 * Circular-shift test (Lotwick & Silverman, J. R. Stat. Soc. B 44, 1982, on a circle of one
 * dimension): the windows are shifted by every whole ms of the span, what leaves at its end coming
 * in at its start. p = (1 + shifts with as many failures inside as observed or more) / (1 +
 * shifts), never 0 (Phipson & Smyth, Stat. Appl. Genet. Mol. Biol. 9, 2010).
 *
 * All shifts cost as much as failures x windows, however long the span is; beyond `pairsMax` shifts
 * are drawn from `rng` with replacement, which keeps p valid and makes it a little coarser.
 *
 * It supposes that neither train drifts over the span: where both grow more frequent with time,
 * they align without a cause. Windows at strictly equal distances can only show their phase.
 *
 * @param failuresMs times of failures in ms, each in [0, spanMs)
 * @param windows in any order; they may overlap (a failure counts once) and are cut to the span
 * @param spanMs whole ms, 2 or more
 */
export function permuteWindows(
  failuresMs: readonly number[],
  windows: readonly ProvocationWindow[],
  spanMs: number,
  { rng, pairsMax = 500_000, shifts = 9_999 }: PermutationOptions,
): WindowPermutation {
  assert(Number.isSafeInteger(spanMs) && spanMs >= 2, `impossible span: ${spanMs} ms`);
  assert(Number.isSafeInteger(shifts) && shifts >= 1, `impossible number of shifts: ${shifts}`);
  for (const failureMs of failuresMs) {
    assert(failureMs >= 0 && failureMs < spanMs, `a failure outside the span: ${failureMs} ms`);
  }
  const united = unite(windows, spanMs);
  const coveredMs = united.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const observed = countInside(failuresMs, united);
  const expected = (failuresMs.length * coveredMs) / spanMs;
  if (failuresMs.length * united.length <= pairsMax) {
    // The observed alignment is the shift by 0 and counts among them: it is the 1 of the formula.
    const pValue = countShifts(failuresMs, united, spanMs, observed) / spanMs;
    return { observed, expected, pValue, shifts: spanMs - 1 };
  }
  let asMany = 0;
  for (let drawn = 0; drawn < shifts; drawn++) {
    const shiftMs = rng.integer(1, spanMs - 1);
    const turned = failuresMs.map((failureMs) => before(failureMs, shiftMs, spanMs));
    if (countInside(turned, united) >= observed) asMany++;
  }
  return { observed, expected, pValue: (1 + asMany) / (1 + shifts), shifts };
}

/** Shifting the windows forward is shifting the failures back. */
function before(failureMs: number, shiftMs: number, spanMs: number): number {
  return failureMs >= shiftMs ? failureMs - shiftMs : failureMs - shiftMs + spanMs;
}

/** The same cover as disjoint windows in order of time, cut to the span. */
function unite(windows: readonly ProvocationWindow[], spanMs: number): ProvocationWindow[] {
  const united: { fromMs: number; toMs: number }[] = [];
  const inOrder = windows
    .map(({ fromMs, toMs }) => {
      assert(fromMs <= toMs, `a window that ends before it starts: ${fromMs} to ${toMs} ms`);
      return { fromMs: Math.max(0, fromMs), toMs: Math.min(spanMs, toMs) };
    })
    .filter(({ fromMs, toMs }) => fromMs < toMs)
    .sort((a, b) => a.fromMs - b.fromMs);
  for (const window of inOrder) {
    const last = united.at(-1);
    if (last && window.fromMs <= last.toMs) last.toMs = Math.max(last.toMs, window.toMs);
    else united.push(window);
  }
  return united;
}

function countInside(failuresMs: readonly number[], united: readonly ProvocationWindow[]): number {
  return failuresMs.filter((failureMs) => {
    let [low, high] = [0, united.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((united[middle] as ProvocationWindow).fromMs <= failureMs) low = middle + 1;
      else high = middle;
    }
    return low > 0 && failureMs < (united[low - 1] as ProvocationWindow).toMs;
  }).length;
}

/**
 * Of the shifts by 0 to spanMs - 1 ms, those with `observed` failures inside or more. A window puts
 * a failure inside for one run of shifts, (failure - to, failure - from], so the number inside
 * changes only where a run starts or ends: those places are sorted and walked along.
 */
function countShifts(
  failuresMs: readonly number[],
  united: readonly ProvocationWindow[],
  spanMs: number,
  observed: number,
): number {
  const starts: number[] = [];
  const ends: number[] = [];
  for (const failureMs of failuresMs) {
    for (const { fromMs, toMs } of united) {
      const start = Math.floor(failureMs - toMs) + 1;
      const end = Math.floor(failureMs - fromMs) + 1;
      starts.push(start < 0 ? start + spanMs : start);
      ends.push(end <= 0 ? end + spanMs : end);
      if (start < 0 && end > 0) {
        starts.push(0);
        ends.push(spanMs);
      }
    }
  }
  const sortedStarts = Float64Array.from(starts).sort();
  const sortedEnds = Float64Array.from(ends).sort();
  let [started, ended, asMany] = [0, 0, 0];
  for (let at = 0; at < spanMs; ) {
    while ((sortedStarts[started] ?? Infinity) <= at) started++;
    while ((sortedEnds[ended] ?? Infinity) <= at) ended++;
    const next = Math.min(sortedStarts[started] ?? spanMs, sortedEnds[ended] ?? spanMs, spanMs);
    if (started - ended >= observed) asMany += next - at;
    at = next;
  }
  return asMany;
}
