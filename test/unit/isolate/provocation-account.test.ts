// Failures beside windows: a planted connection is found, failures at random times are not called
// connected, and neither are failures that merely happen in trials, as windows do.

import { describe, expect, test } from 'vitest';
import { createRng, type Rng } from '../../../src/base/rng.ts';
import type { StoredTrial } from '../../../src/domain/ports.ts';
import { ProvocationAccount } from '../../../src/isolate/provocation-account.ts';
import { provocationReport } from '../../../src/report/provocation-words.ts';

const SPAN_MS = 300;
const EVERY_MS = 100;
const FOR_MS = 10;
const LEVEL = 'writer every=100ms for=10ms';

/** Begins at `fromMs` of the monotonic clock; the failure at `failureMs` of the trial. */
function stored(
  trial: number,
  fromMs: number,
  windows: readonly (readonly [number, number])[],
  failureMs: number | null,
  verdict: 'failed' | 'clean' | 'unknown' = failureMs === null ? 'clean' : 'failed',
): StoredTrial {
  const ns = (ms: number) => String(Math.round((fromMs + ms) * 1e6));
  const failure = { actor: 'writer-0', operation: 'write', file: 'x', errno: 'EIO', message: '' };
  return {
    trial,
    cell: { index: 0, levels: { stop: LEVEL } },
    seed: '',
    startedAtMs: 0,
    durationMs: SPAN_MS,
    observations: 0,
    outcome: {
      opportunities: { reads: 0, writes: 0, bytesRead: 0, bytesWritten: 0 },
      tallies: [],
      failures: failureMs === null ? [] : [{ ...failure, atNs: ns(failureMs) }],
      receipts: windows.map(([from, to]) => ({
        provocation: 'stop',
        what: 'SIGSTOP writer-0',
        atNs: ns(from),
        untilNs: ns(to),
        atMs: 0,
      })),
      provoked: { by: { stop: LEVEL }, fromNs: ns(0), untilNs: ns(SPAN_MS) },
    },
    judgement: { verdict, damage: [], described: [] },
  };
}

function windowsAt(phaseMs: number): (readonly [number, number])[] {
  return [0, 1, 2].map((at) => [phaseMs + at * EVERY_MS, phaseMs + at * EVERY_MS + FOR_MS]);
}

/** 40 trials with gaps between them. @param failure where it fails, given the first window */
function account(seed: string, failure: (phaseMs: number, rng: Rng) => number | null) {
  const rng = createRng(seed);
  const provoked = new ProvocationAccount(seed);
  for (let trial = 1; trial <= 40; trial++) {
    const phaseMs = rng.uniform() * (EVERY_MS - FOR_MS);
    provoked.add(stored(trial, trial * 1000, windowsAt(phaseMs), failure(phaseMs, rng)));
  }
  const facts = provoked.facts();
  expect(facts?.provocations).toHaveLength(1);
  return { facts, stop: facts?.provocations[0] as NonNullable<typeof facts>['provocations'][0] };
}

describe('failures and windows', () => {
  test('planted: failures a moment after a window are connected', () => {
    const { stop } = account('planted', (phaseMs) => phaseMs + EVERY_MS + FOR_MS + 5);
    expect(stop).toMatchObject({ trials: 40, fired: 120, failures: 40, inside: 40 });
    expect(stop.pValue).toBeLessThan(0.01);
    expect(stop.expected).toBeLessThan(20);
    const { words } = provocationReport(stop);
    expect(words).toMatch(/^stop=writer every=100ms for=10ms: 40 of 40 timed failures began /);
    expect(words).toContain(' began while it was in force or within ');
  });

  test('planted: half of them by the window, the others at random', () => {
    const { stop } = account('half', (phaseMs, rng) =>
      rng.uniform() < 0.5 ? phaseMs + FOR_MS : rng.uniform() * SPAN_MS,
    );
    expect(stop.pValue).toBeLessThan(0.01);
  });

  test('near-miss: failures at random times of the same trials are called connected rarely', () => {
    const seeds = Array.from({ length: 60 }, (_, at) => `random-${at}`);
    const called = seeds.filter((seed) => {
      const { stop } = account(seed, (_phase, rng) => rng.uniform() * SPAN_MS);
      return (stop.pValue ?? 1) <= 0.01;
    });
    // 1 % of 60 by design; more than 4 has a chance of 1 in 3,000.
    expect(called.length).toBeLessThanOrEqual(4);
  });

  test('near-miss: few failures at random are no connection, in words', () => {
    const { stop } = account('words', (_phase, rng) =>
      rng.uniform() < 0.2 ? rng.uniform() * SPAN_MS : null,
    );
    expect(provocationReport(stop).words).toMatch(/by chance .* would, p = .*: no connection seen/);
  });

  test('damage is timed by the read that saw it, and words of no connection say so', () => {
    const { stop } = account('read', (_phase, rng) => rng.uniform() * SPAN_MS);
    expect(stop.failuresRead).toBe(0);
    expect(provocationReport(stop).words).toMatch(/: no connection seen$/);
    const later = /no connection seen, but they are timed by the read that saw the damage/;
    const read = { ...stop, failuresRead: stop.failures };
    expect(provocationReport(read).words).toMatch(later);
    const some = provocationReport({ ...stop, failuresRead: 3 }).words;
    expect(some).toMatch(/no connection seen, but 3 of them are timed by the read that saw/);
    const provoked = new ProvocationAccount('read');
    const { outcome, ...trial } = stored(1, 0, windowsAt(5), null);
    const damage = [
      { kind: 'zeroed', offset: 0, length: 1, because: '', atNs: '50000000' },
    ] as const;
    provoked.add({
      ...trial,
      outcome,
      judgement: { verdict: 'damaged', damage, described: [] },
    } as unknown as StoredTrial);
    expect(provoked.facts()?.provocations[0]).toMatchObject({ failures: 1, failuresRead: 1 });
  });

  test('clean: nothing failed, and unknown trials count for nothing', () => {
    const provoked = new ProvocationAccount('clean');
    expect(provoked.facts()).toBeNull();
    provoked.add(stored(1, 0, windowsAt(5), 7, 'unknown'));
    expect(provoked.facts()).toBeNull();
    provoked.add(stored(2, 500, windowsAt(5), null));
    const [stop] = provoked.facts()?.provocations ?? [];
    expect(stop).toMatchObject({ trials: 1, fired: 3, failures: 0, pValue: null });
    expect(provocationReport(stop as never).words).toMatch(/nothing failed meanwhile/);
  });

  test('a window that begins as the trial ends counts for nothing', () => {
    const provoked = new ProvocationAccount('late');
    provoked.add(
      stored(
        1,
        0,
        [
          [5, 15],
          [SPAN_MS + 0.3, SPAN_MS + 0.4],
        ],
        7,
      ),
    );
    expect(provoked.facts()?.provocations[0]).toMatchObject({ fired: 1, failures: 1, inside: 1 });
  });

  test('in force all the time it tells nothing by its time', () => {
    const provoked = new ProvocationAccount('always');
    provoked.add(stored(1, 0, [[0, SPAN_MS]], 100));
    const [stop] = provoked.facts()?.provocations ?? [];
    expect(stop?.pValue).toBeNull();
    expect(provocationReport(stop as never).words).toMatch(/compare the cells with and without it/);
  });
});

test('the time line shows a few trials, those with failures before others', () => {
  const { facts } = account('line', (phaseMs, rng) => (rng.uniform() < 0.1 ? phaseMs : null));
  const line = facts?.timeLine ?? [];
  expect(line).toHaveLength(12);
  expect(line.filter(({ failuresMs }) => failuresMs.length > 0).length).toBeGreaterThan(0);
  expect(line.every(({ windows }) => windows.length === 3)).toBe(true);
  expect(line.map(({ trial }) => trial)).toEqual(
    line.map(({ trial }) => trial).toSorted((a, b) => a - b),
  );
});
