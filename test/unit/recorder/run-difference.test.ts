// What differs before failures: found when planted, silent on equal runs, and honest about chance.

import { expect, it } from 'vitest';
import type { FieldValue, RecordedEvent } from '../../../src/recorder/record-events.ts';
import { compareRuns, type DifferenceResult } from '../../../src/recorder/run-difference.ts';
import { featuresOf } from '../../../src/recorder/run-features.ts';

type Step = readonly [event: string, fields?: Record<string, FieldValue>, recording?: number];

const run = (steps: readonly Step[]) =>
  featuresOf(
    steps.map(
      ([event, fields = {}, recording = 0], index): RecordedEvent => ({
        ...{ writer: `w${recording}`, recording, sequence: index },
        ...{ timeNs: BigInt(1000 * index), event, fields },
      }),
    ),
  );

const words = ({ differences }: DifferenceResult) =>
  differences.map(({ split, kind, words }) => `${split} ${kind} ${words}`);

const ORDINARY: readonly Step[] = [['open'], ['send', { size: 100 }], ['recv'], ['close']];
const good = (count: number) => Array.from({ length: count }, () => run(ORDINARY));

it('is silent about runs that are alike', () => {
  const result = compareRuns(good(5), good(5));
  expect(result).toMatchObject({ good: 5, failed: 5, differences: [] });
  expect(result.compared).toBeGreaterThan(8);
});

it('ranks an event that comes with every failure first, with its counts', () => {
  const failing = run([...ORDINARY.slice(0, 2), ['retry'], ...ORDINARY.slice(2)]);
  const result = compareRuns(good(4), [failing, failing, failing, failing]);
  expect(result.differences[0]).toMatchObject({
    ...{ kind: 'event', words: 'retry', split: 'present', ochiai: 1 },
    ...{ failedWith: 4, goodWith: 0, failedMean: 1, goodMean: 0, firstNs: 2000 },
  });
  // All 4 failed of 8: 1 in (8 choose 4).
  expect(result.differences[0]?.chance).toBeCloseTo(1 / 70, 12);
});

it('finds a value, an order and what comes at once after what', () => {
  const empty = run([['open'], ['send', { size: 0 }], ['recv'], ['close']]);
  expect(words(compareRuns(good(3), [empty, empty, empty]))).toEqual([
    'present value send.size = 0',
    'absent value send.size = 100',
  ]);
  const early = run([['open'], ['recv'], ['send', { size: 100 }], ['close']]);
  expect(words(compareRuns(good(3), [early, early, early]))).toEqual(
    expect.arrayContaining([
      'present before recv, send',
      'absent before send, recv',
      'present follows open, recv',
      'absent follows send, recv',
    ]),
  );
});

it('does not call two writers one after the other a sequence', () => {
  const side = (step: Step, recording: number): Step => [step[0], step[1] ?? {}, recording];
  const one = run([side(['a'], 0), side(['b'], 1), side(['c'], 0)]);
  const other = run([side(['a'], 0), side(['c'], 0), side(['b'], 1)]);
  // Only the order across writers differs.
  expect(words(compareRuns([one, one], [other, other]))).toEqual([
    'present before c, b',
    'absent before b, c',
  ]);
});

it('finds what is only more often or less often there', () => {
  const retries = (count: number) =>
    run([...ORDINARY, ...Array.from({ length: count }, (): Step => ['retry'])]);
  const result = compareRuns([1, 2, 3].map(retries), [9, 10, 11].map(retries));
  expect(result.differences[0]).toMatchObject({
    ...{ kind: 'event', words: 'retry', split: 'more', than: 3, ochiai: 1 },
    ...{ failedMean: 10, goodMean: 2 },
  });
  const fewer = compareRuns([9, 10, 11].map(retries), [1, 2, 3].map(retries));
  expect(fewer.differences[0]).toMatchObject({ words: 'retry', split: 'fewer', than: 9 });
});

it('weighs what also happens in good runs by Ochiai, and passes over what is no more usual', () => {
  const some = run([...ORDINARY, ['retry']]);
  const plain = run(ORDINARY);
  const result = compareRuns([some, plain, plain, plain], [some, some, plain, some]);
  const retry = result.differences.find((one) => one.words === 'retry');
  // 3 of 4 failed, 1 good: 3 / sqrt(4 * 4).
  expect(retry).toMatchObject({ failedWith: 3, goodWith: 1 });
  expect(retry?.ochiai).toBeCloseTo(0.75, 12);
  const even = compareRuns([some, plain], [some, plain]);
  expect(words(even)).toEqual([]);
});

it('tells no runs apart by ids, and sees the size of numbers', () => {
  const ids = (from: number, size: number) =>
    run(Array.from({ length: 100 }, (_, id): Step => ['send', { id: from + id, size: size + id }]));
  const result = compareRuns([ids(0, 300), ids(100, 300)], [ids(200, 1100), ids(300, 1100)]);
  expect(words(result)).toContain('present size send.size at least 1024, below 2048');
  expect(words(result).filter((one) => one.includes('value'))).toEqual([]);
});
