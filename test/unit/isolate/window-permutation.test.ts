// The test of alignment against a plain count over every shift, by its false alarms on trains that
// come in bursts (where a test of independent failures alarms falsely), and on planted causes.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../src/base/assert.ts';
import { createRng, type Rng } from '../../../src/base/rng.ts';
import { type ProvocationWindow, permuteWindows } from '../../../src/isolate/window-permutation.ts';

const rng = createRng('window-permutation');

function isInside(timeMs: number, windows: readonly ProvocationWindow[]): boolean {
  return windows.some(({ fromMs, toMs }) => timeMs >= fromMs && timeMs < toMs);
}

/** Failures inside for each shift of the windows by 0, 1, ... ms. */
function everyShift(
  failures: readonly number[],
  windows: readonly ProvocationWindow[],
  span: number,
) {
  return Array.from(
    { length: span },
    (_, shift) =>
      failures.filter((failure) => isInside((failure - shift + span) % span, windows)).length,
  );
}

const alignments = fc.integer({ min: 2, max: 60 }).chain((span) =>
  fc.record({
    span: fc.constant(span),
    failures: fc.array(
      fc.oneof(
        fc.integer({ min: 0, max: span - 1 }),
        // Exact in binary: a shift must not round a failure over the edge of a window.
        fc.integer({ min: 0, max: 8 * (span - 1) }).map((eighths) => eighths / 8),
      ),
      { maxLength: 8 },
    ),
    windows: fc.array(
      fc
        .tuple(fc.integer({ min: -5, max: span + 5 }), fc.integer({ min: 0, max: 20 }))
        .map(([fromMs, length]) => ({ fromMs, toMs: fromMs + length })),
      { maxLength: 6 },
    ),
  }),
);

describe('permuteWindows', () => {
  test('one failure in a window of 10 of 100 ms: 10 of 100 alignments', () => {
    const result = permuteWindows([25], [{ fromMs: 20, toMs: 30 }], 100, { rng });
    expect(result).toEqual({ observed: 1, expected: 0.1, pValue: 0.1, shifts: 99 });
  });

  test('a window holds its first ms and not its last', () => {
    const windows = [{ fromMs: 20, toMs: 30 }];
    expect(permuteWindows([20], windows, 100, { rng }).observed).toBe(1);
    expect(permuteWindows([30], windows, 100, { rng }).observed).toBe(0);
    expect(permuteWindows([29.999], windows, 100, { rng }).observed).toBe(1);
  });

  test('overlapping windows count once; what reaches beyond the span is cut', () => {
    const windows = [
      { fromMs: 40, toMs: 60 },
      { fromMs: -10, toMs: 10 },
      { fromMs: 50, toMs: 70 },
      { fromMs: 95, toMs: 300 },
    ];
    const result = permuteWindows([55, 97, 5], windows, 100, { rng });
    expect(result).toMatchObject({ observed: 3, expected: (3 * 45) / 100 });
  });

  test('nothing to align gives p = 1', () => {
    expect(permuteWindows([], [{ fromMs: 1, toMs: 2 }], 10, { rng }).pValue).toBe(1);
    expect(permuteWindows([3], [], 10, { rng }).pValue).toBe(1);
    expect(permuteWindows([3], [{ fromMs: 0, toMs: 10 }], 10, { rng }).pValue).toBe(1);
  });

  test('equals the plain count over every shift', () => {
    fc.assert(
      fc.property(alignments, ({ span, failures, windows }) => {
        const result = permuteWindows(failures, windows, span, { rng });
        const cut = windows.map(({ fromMs, toMs }) => ({ fromMs, toMs: Math.min(toMs, span) }));
        const inside = everyShift(failures, cut, span);
        expect(result.observed).toBe(inside[0]);
        const asMany = inside.filter((count) => count >= result.observed).length;
        expect(result.pValue).toBeCloseTo(asMany / span, 12);
        if (failures.every(Number.isInteger)) {
          const mean = inside.reduce((sum, count) => sum + count, 0) / span;
          expect(result.expected).toBeCloseTo(mean, 10);
        }
      }),
    );
  });

  test('a span of a month costs no more than its failures and windows', () => {
    const span = 30 * 24 * 3_600_000;
    const windows = Array.from({ length: 700 }, (_, hour) => {
      const fromMs = hour * 3_600_000 + rng.integer(0, 3_000_000);
      return { fromMs, toMs: fromMs + 60_000 };
    });
    const failures = windows.slice(100, 120).map(({ fromMs }) => fromMs + 30_000);
    const result = permuteWindows(failures, windows, span, { rng });
    expect(result.shifts).toBe(span - 1);
    expect(result.pValue).toBeLessThan(1e-4);
  });

  test('drawn shifts come near to all shifts; a seed fixes and changes them', () => {
    const windows = [
      { fromMs: 100, toMs: 220 },
      { fromMs: 400, toMs: 430 },
    ];
    const failures = [110, 150, 300, 420];
    const all = permuteWindows(failures, windows, 1000, { rng });
    const drawn = (seed: string) =>
      permuteWindows(failures, windows, 1000, { rng: createRng(seed), pairsMax: 0, shifts: 4000 });
    expect(drawn('a')).toEqual(drawn('a'));
    expect(drawn('a').pValue).not.toBe(drawn('b').pValue);
    expect(drawn('a')).toMatchObject({ observed: all.observed, expected: all.expected });
    const error = Math.sqrt((all.pValue * (1 - all.pValue)) / 4000);
    expect(Math.abs(drawn('a').pValue - all.pValue)).toBeLessThan(4 * error);
  });

  test('drawn shifts never give p = 0, and spans beyond 2^32 ms are drawn from as well', () => {
    const windows = [{ fromMs: 1e12, toMs: 1e12 + 10 }];
    const result = permuteWindows([1e12 + 5], windows, 2e12, { rng, pairsMax: 0, shifts: 99 });
    expect(result.pValue).toBe(1 / 100);
  });

  test('impossible times are refused', () => {
    expect(() => permuteWindows([10], [], 10, { rng })).toThrow(InvariantError);
    expect(() => permuteWindows([-1], [], 10, { rng })).toThrow(InvariantError);
    expect(() => permuteWindows([], [], 10.5, { rng })).toThrow(InvariantError);
    expect(() => permuteWindows([], [{ fromMs: 3, toMs: 2 }], 10, { rng })).toThrow(InvariantError);
  });
});

const SPAN_MS = 100_000;

/** Times in bursts of `size` within 300 ms. */
function bursts(random: Rng, count: number, size: number): number[] {
  return Array.from({ length: count }, () => random.integer(0, SPAN_MS - 1)).flatMap((start) =>
    Array.from({ length: size }, () => (start + random.integer(0, 299)) % SPAN_MS),
  );
}

function windowsAt(starts: readonly number[]): ProvocationWindow[] {
  return starts.map((fromMs) => ({ fromMs, toMs: fromMs + 400 }));
}

/** P(X >= observed) were each failure inside by itself with probability `share`. */
function independentTail(observed: number, failures: number, share: number): number {
  let [term, sum] = [(1 - share) ** failures, 0];
  for (let inside = 0; inside <= failures; inside++) {
    if (inside >= observed) sum += term;
    term *= (((failures - inside) / (inside + 1)) * share) / (1 - share);
  }
  return sum;
}

describe('trains in bursts', () => {
  test('false alarms at 5 % are 5 %, where independent failures would give far more', () => {
    const random = createRng('bursts');
    const sets = 1000;
    let [alarms, independentAlarms] = [0, 0];
    for (let set = 0; set < sets; set++) {
      const failures = bursts(random, 4, 6);
      const windows = windowsAt(bursts(random, 8, 3));
      const { observed, expected, pValue } = permuteWindows(failures, windows, SPAN_MS, { rng });
      if (pValue <= 0.05) alarms++;
      const share = expected / failures.length;
      if (independentTail(observed, failures.length, share) <= 0.05) independentAlarms++;
    }
    expect(alarms).toBeLessThan(sets * (0.05 + 3 * Math.sqrt((0.05 * 0.95) / sets)));
    expect(independentAlarms).toBeGreaterThan(sets * 0.12);
  });

  test('failures that a provocation causes are seen, and that of another is not', () => {
    const random = createRng('planted');
    let [seen, mistaken] = [0, 0];
    for (let set = 0; set < 100; set++) {
      const guilty = windowsAt(bursts(random, 30, 1));
      const innocent = windowsAt(bursts(random, 30, 1));
      const failures = random
        .shuffle(guilty)
        .slice(0, 6)
        .map(({ fromMs }) => (fromMs + random.integer(0, 399)) % SPAN_MS);
      if (permuteWindows(failures, guilty, SPAN_MS, { rng }).pValue <= 0.01) seen++;
      if (permuteWindows(failures, innocent, SPAN_MS, { rng }).pValue <= 0.01) mistaken++;
    }
    expect(seen).toBeGreaterThan(95);
    expect(mistaken).toBeLessThan(5);
  });
});
