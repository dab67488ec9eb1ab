// Whether the failures of a hunt fell into the windows of what a set-up did, more often than by
// chance.

import type { Rng } from '../../base/rng.ts';
import { openEvidence } from '../../evidence/sqlite-store.ts';
import { permuteWindows } from '../../isolate/window-permutation.ts';
import { plural } from '../../report/rate-words.ts';

/** In force in [fromNs, untilNs) of CLOCK_MONOTONIC. */
export interface CaseWindow {
  readonly what: string;
  readonly fromNs: bigint;
  readonly untilNs: bigint;
}

export interface WindowsMet {
  readonly failures: number;
  readonly inside: number;
  readonly expected: number;
  readonly pValue: number;
  readonly words: string;
}

const NS_PER_MS = 1_000_000;

/**
 * @param directory of the hunt
 * @param span of the hunt
 */
export async function meetWindows(
  directory: string,
  windows: readonly CaseWindow[],
  span: { readonly fromNs: bigint; readonly untilNs: bigint },
  rng: Rng,
): Promise<WindowsMet> {
  const sinceMs = (atNs: bigint) => Number(atNs - span.fromNs) / NS_PER_MS;
  const spanMs = Math.max(2, Math.ceil(sinceMs(span.untilNs)));
  const failuresMs = (await failuresNs(directory))
    .map(sinceMs)
    .filter((atMs) => atMs >= 0 && atMs < spanMs);
  const trains = windows
    .map(({ fromNs, untilNs }) => ({ fromMs: sinceMs(fromNs), toMs: sinceMs(untilNs) }))
    .filter(({ fromMs, toMs }) => toMs > 0 && fromMs < spanMs);
  const met = permuteWindows(failuresMs, trains, spanMs, { rng });
  const what = windows[0]?.what ?? 'what was done';
  const words =
    `${met.observed} of ${plural(failuresMs.length, 'failure')} fell into the ` +
    `${plural(trains.length, 'moment')} of ${what}; by chance it would be ` +
    `${met.expected.toFixed(1)} (p = ${met.pValue.toPrecision(1)}, windows shifted in a circle)`;
  return {
    failures: failuresMs.length,
    inside: met.observed,
    expected: met.expected,
    pValue: met.pValue,
    words,
  };
}

/** When the first call of each failing trial failed. */
async function failuresNs(directory: string): Promise<bigint[]> {
  const store = await openEvidence(directory, { create: false, readOnly: true });
  const times: bigint[] = [];
  try {
    for await (const { outcome } of store.trials()) {
      const [first] = outcome.failures;
      if (first) times.push(BigInt(first.atNs));
    }
  } finally {
    await store.close();
  }
  return times;
}
