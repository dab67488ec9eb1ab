// Levels as people write them, and what is said when they are not levels.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, formatSize } from '../../../src/base/quantities.ts';
import type { Level } from '../../../src/domain/cell.ts';
import { HeisenwriteError } from '../../../src/domain/errors.ts';
import type { FactorDeclaration, FactorKind } from '../../../src/domain/plan.ts';
import { levelText, parseLevel } from '../../../src/plan/level.ts';
import { nearest } from '../../../src/plan/nearest.ts';

function factor(kind: FactorKind, parts: Partial<FactorDeclaration> = {}): FactorDeclaration {
  return { name: 'it', kind, about: '', fallback: 0, ...parts };
}

function refusal(declaration: FactorDeclaration, written: Level): HeisenwriteError {
  try {
    parseLevel(declaration, written, 'here');
  } catch (error) {
    if (error instanceof HeisenwriteError) return error;
    throw error;
  }
  throw new Error(`${written} was taken`);
}

const UNIT = factor('size', { name: 'unit', min: 512, max: 2 ** 20, powerOfTwo: true });

describe('sizes', () => {
  test('a size is the same as text, as text with a space, and as a number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 9, max: 20 }), (shift) => {
        const bytes = 2 ** shift;
        expect(parseLevel(UNIT, formatSize(bytes), '')).toBe(bytes);
        expect(parseLevel(UNIT, String(bytes), '')).toBe(bytes);
        expect(parseLevel(UNIT, bytes, '')).toBe(bytes);
      }),
    );
  });

  test('decimal units are refused, with the binary one that may be meant', () => {
    expect(refusal(UNIT, '4kB')).toMatchObject({ code: 'invalid-size' });
    expect(refusal(UNIT, '4kB').message).toBe(
      'here: "4kB" is not a size; did you mean "4KiB"? (an example: 4KiB)',
    );
    expect(refusal(UNIT, '1MB').message).toContain('did you mean "1MiB"?');
    expect(parseLevel(UNIT, '4K', '')).toBe(4096);
  });

  test.each([-1, 4096.5, Number.NaN, Number.POSITIVE_INFINITY, '', 'big', '-4KiB', '1e3', true])(
    '%s is not a size',
    (written) => {
      expect(refusal(factor('size'), written).code).toBe('invalid-size');
      expect(refusal(factor('size'), written).message).toContain(`"${written}" is not a size`);
    },
  );

  test('bounds and powers of two are said as sizes', () => {
    expect(refusal(UNIT, '256B').message).toBe('here: unit must be from 512B to 1MiB, not 256B');
    expect(refusal(UNIT, '2MiB').message).toContain('from 512B to 1MiB, not 2MiB');
    expect(refusal(UNIT, 6144).message).toBe('here: unit must be a power of two, not 6KiB');
  });
});

describe('counts, durations, flags and choices', () => {
  test('counts are whole', () => {
    const count = factor('count', { min: 1, max: 16 });
    expect(parseLevel(count, '16', '')).toBe(16);
    expect(refusal(count, 2.5).message).toContain('"2.5" is not a count (an example: 2)');
    expect(refusal(count, '4KiB').code).toBe('unknown-level');
    expect(refusal(count, 17).message).toContain('from 1 to 16, not 17');
  });

  test('durations are milliseconds', () => {
    const duration = factor('duration', { max: 10_000 });
    expect(parseLevel(duration, '1.5s', '')).toBe(1500);
    expect(parseLevel(duration, 20, '')).toBe(20);
    expect(refusal(duration, '20').message).toContain('(an example: 10ms)');
    expect(refusal(duration, '1h').message).toContain(`not ${formatDuration(3_600_000)}`);
  });

  test('flags', () => {
    for (const yes of [true, 'true', 'yes', 'on']) {
      expect(parseLevel(factor('flag'), yes, '')).toBe(true);
    }
    for (const no of [false, 'false', 'no', 'off']) {
      expect(parseLevel(factor('flag'), no, '')).toBe(false);
    }
    expect(refusal(factor('flag'), 'ja').message).toContain('(levels: true, false)');
  });

  test('a choice that is not there names the nearest and all', () => {
    const choice = factor('choice', { name: 'mode', choices: ['buffered', 'sync', 'direct'] });
    expect(parseLevel(choice, 'sync', '')).toBe('sync');
    expect(refusal(choice, 'dirct')).toMatchObject({
      code: 'unknown-level',
      message:
        'here: "dirct" is not a level of mode; did you mean "direct"? ' +
        '(levels: buffered, sync, direct)',
    });
    expect(refusal(choice, 'telepathic').message).not.toContain('did you mean');
  });
});

test('a level is written as it can be read again', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), fc.nat(100_000_000), (bytes, ms) => {
      const [size, duration] = [factor('size'), factor('duration')];
      expect(parseLevel(size, levelText(size, bytes), '')).toBe(bytes);
      expect(parseLevel(duration, levelText(duration, ms), '')).toBe(ms);
    }),
  );
  expect(levelText(factor('size'), 4096)).toBe('4KiB');
  expect(levelText(factor('size'), 1_600 * 1024)).toBe('1638400');
  expect(levelText(factor('duration'), 150)).toBe('150ms');
});

test('the nearest is a slip away, or nothing', () => {
  expect(nearest('witer', ['reader', 'writer'])).toBe('writer');
  expect(nearest('UNIT', ['unit'])).toBe('unit');
  expect(nearest('xyzzy', ['reader', 'writer'])).toBeNull();
  expect(nearest('x', [])).toBeNull();
});
