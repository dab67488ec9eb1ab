// Counts with their bounds: a bound on "never" counts independent chances, never the reads alone,
// wherever it is printed.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binomialInterval } from '../../../src/base/binomial-interval.ts';
import { PROMISES } from '../../../src/domain/promise.ts';
import { huntAccount } from '../../../src/report/account.ts';
import {
  PROMISES_OF_WORKLOADS,
  promiseSums,
  untestedPromises,
} from '../../../src/report/promise-sums.ts';
import {
  boundText,
  countInterval,
  countWords,
  effectiveChances,
  rateText,
} from '../../../src/report/rate-words.ts';
import { WORKLOADS } from '../../../src/workload/workloads.ts';
import { cellReport, huntReport } from '../../fixtures/report/builder.ts';

const COUNTS = fc
  .tuple(fc.integer({ min: 1, max: 5000 }), fc.nat(), fc.nat())
  .map(([of, count, chances]) => ({ of, count: count % (of + 1), chances: chances % (of + 1) }));

describe('countInterval', () => {
  test('0 of many reads during few rewrites is bounded by the rewrites', () => {
    expect(countWords(0, 1_379_082, 'reads', 253)).toBe(
      '0 of 1,379,082 reads during 253 rewrites, under 1.2%',
    );
    expect(rateText(0, 1_379_082, 253)).toBe('<1.2%');
    expect(countWords(0, 300, 'trials')).toBe('0 of 300 trials, under 1%');
  });

  test('what is printed as a bound holds', () => {
    expect(countWords(0, 116, 'trials')).toBe('0 of 116 trials, under 2.6%');
    expect(boundText(1 / 305_000, 'up')).toBe('1 in 300,000');
    expect(boundText(1 / 305_000, 'down')).toBe('1 in 310,000');
    const { low, high } = countInterval(12, 3600);
    const said = /\(95% interval ([\d.]+)% to ([\d.]+)%\)/.exec(countWords(12, 3600, 'trials'));
    expect(Number(said?.[1]) / 100).toBeLessThanOrEqual(low as number);
    expect(Number(said?.[2]) / 100).toBeGreaterThanOrEqual(high as number);
  });

  test('no chance, no bound', () => {
    expect(countWords(0, 12, 'reads', 0)).toBe('0 of 12 reads during 0 rewrites');
    expect(rateText(0, 12, 0)).toBe('-');
  });

  test('the rate is that of all tries, and lies in an interval never narrower than theirs', () => {
    fc.assert(
      fc.property(COUNTS, ({ count, of, chances }) => {
        const { rate, low, high } = countInterval(count, of, chances);
        if (count === 0) return high === binomialInterval(0, chances).high;
        const alone = binomialInterval(count, of);
        expect(rate).toBe(count / of);
        expect(low).toBeLessThanOrEqual(alone.low as number);
        expect(high).toBeGreaterThanOrEqual(alone.high as number);
        return true;
      }),
    );
  });
});

test('chances of unlike cells do not lend each other certainty; those of like cells add up', () => {
  const like = { tries: 1000, chances: 50 };
  expect(effectiveChances([like, like, like])).toBe(150);
  const unlike = [
    { tries: 1_000_000, chances: 65 },
    { tries: 100_000, chances: 100_000 },
  ];
  expect(effectiveChances(unlike)).toBeLessThan(100);
  expect(effectiveChances([])).toBe(0);
});

describe('promises', () => {
  const cells = [100, 153].map((chances, index) =>
    cellReport(index, {
      levels: { workload: 'mailbox', unit: 4096, writer: index === 0 ? 'direct' : 'buffered' },
      trials: 5,
      promises: [
        { promise: 'unit-atomic', expected: true, tries: 600_000 + index, broken: 0, chances },
      ],
    }),
  );
  const report = huntReport(cells, { verdict: 'clean' });

  test('sums and the account of the terminal count chances', () => {
    expect(promiseSums(cells)[0]).toMatchObject({ tries: 1_200_001, chances: 253 });
    const kept = huntAccount(report).rows.find((row) => row.label === 'Kept');
    expect(kept?.lines).toEqual([
      'unit-atomic: 0 of 1,200,001 reads during 253 rewrites, under 1.2% over 2 cells',
    ]);
  });

  test('not tested is what was expected or of a workload of the plan, and nothing else', () => {
    expect(untestedPromises(report)).toEqual(['fresh-read']);
    const plan = {
      ...report.plan,
      expectations: [{ promise: 'synced', source: 'POSIX' }] as const,
    };
    expect(untestedPromises({ ...report, plan })).toEqual(['fresh-read', 'synced']);
  });

  test('what a workload tests is known here as the workload declares it', () => {
    expect(PROMISES_OF_WORKLOADS).toEqual(
      new Map(WORKLOADS.map(({ name, promises }) => [name, promises])),
    );
    const tested = new Set([...PROMISES_OF_WORKLOADS.values()].flat());
    expect(PROMISES.filter((promise) => !tested.has(promise))).toEqual([]);
  });
});
