// Spans and times as text, and back.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  formatSeconds,
  formatSpan,
  parseSpan,
  parseTime,
} from '../../../src/recorder/time-text.ts';

it('gives a span in the largest unit that it fills', () => {
  const spans = [0, 812, 1e3, 871.4, 1_234_567, 10.5e9, -2.5e6];
  expect(spans.map(formatSpan)).toEqual([
    ...['0ns', '812ns', '1us', '871ns', '1.23ms', '10.5s', '-2.5ms'],
  ]);
});

it('reads spans of every unit, and nothing else', () => {
  const texts = ['3ns', '250us', '1.5 ms', '2s', '5m', '1h', '5', 'ms', '-1s', '1d'];
  expect(texts.map(parseSpan)).toEqual([
    ...[3, 250e3, 1.5e6, 2e9, 300e9, 3600e9, null, null, null, null],
  ]);
});

it('reads every time that it prints, to the nanosecond', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 63n }),
      fc.bigInt({ min: 0n, max: 2n ** 62n }),
      (ns, baseNs) => {
        expect(parseTime(formatSeconds(ns), baseNs)).toBe(ns);
        expect(parseTime(`+${formatSeconds(ns)}`, baseNs)).toBe(baseNs + ns);
      },
    ),
  );
  expect(parseTime(formatSeconds(-1n), 10n)).toBe(9n);
  expect(parseTime('1500ms', 10n)).toBe(1_500_000_010n);
  expect(parseTime('sender 12:7', 0n)).toBeNull();
});
