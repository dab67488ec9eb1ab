// Bounds as they are printed: rounded so that what is read still holds.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { binomialInterval } from '../../../src/base/binomial-interval.ts';
import { formatPercentBound, roundToTwoDigits } from '../../../src/base/quantities.ts';

test('an upper bound is rounded up, a lower one down', () => {
  const high = binomialInterval(0, 116).high ?? 1;
  expect(formatPercentBound(high, 'up')).toBe('2.6%');
  expect(formatPercentBound(high, 'down')).toBe('2.5%');
  expect(formatPercentBound(0.9991, 'down')).toBe('99%');
  expect(formatPercentBound(1.23e-7, 'up')).toBe('1.3e-5%');
});

test('what needs no rounding is left alone, also where the computer cannot write it', () => {
  for (const rounding of ['up', 'down'] as const) {
    expect(formatPercentBound(0.07, rounding)).toBe('7%');
    expect(formatPercentBound(0.0029, rounding)).toBe('0.29%');
    expect(formatPercentBound(1, rounding)).toBe('100%');
    expect(formatPercentBound(0, rounding)).toBe('0%');
  }
});

test('never on the wrong side, and never further off than two digits allow', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-12, max: 1e12, noNaN: true }), (value) => {
      const [up, down] = [roundToTwoDigits(value, 'up'), roundToTwoDigits(value, 'down')];
      expect(up).toBeGreaterThanOrEqual(value * (1 - 1e-10));
      expect(down).toBeLessThanOrEqual(value * (1 + 1e-10));
      expect(up / down).toBeLessThanOrEqual(1.1 + 1e-9);
    }),
  );
});
