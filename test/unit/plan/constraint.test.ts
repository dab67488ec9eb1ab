// The grammar of constraints: what they mean over all levels (properties), and that a text that is
// almost right is refused with the likely mistake instead of silently forbidding every cell.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatSize } from '../../../src/base/quantities.ts';
import { HeisenwriteError } from '../../../src/domain/errors.ts';
import { parseConstraint } from '../../../src/plan/constraint.ts';

const FACTORS = ['unit', 'chunk', 'writer', 'stall', 'reopen'];
const BYTES = fc.integer({ min: 0, max: 2 ** 21 });
const SPACES = fc.constantFrom('', ' ', '  ');

function refusal(text: string): HeisenwriteError {
  try {
    parseConstraint(text, FACTORS);
  } catch (error) {
    if (error instanceof HeisenwriteError) return error;
    throw error;
  }
  throw new Error(`"${text}" was taken`);
}

describe('what a constraint means', () => {
  const ORDERS = {
    '<=': (a: number, b: number) => a <= b,
    '>=': (a: number, b: number) => a >= b,
    '<': (a: number, b: number) => a < b,
    '>': (a: number, b: number) => a > b,
    '=': (a: number, b: number) => a === b,
    '!=': (a: number, b: number) => a !== b,
  } as const;
  const OPERATOR = fc.constantFrom(...(Object.keys(ORDERS) as (keyof typeof ORDERS)[]));

  test('two factors compare as their numbers, whatever the spaces', () => {
    fc.assert(
      fc.property(BYTES, BYTES, OPERATOR, SPACES, (chunk, unit, operator, space) => {
        const constraint = parseConstraint(`chunk${space}${operator}${space}unit`, FACTORS);
        expect(constraint.holds({ chunk, unit })).toBe(ORDERS[operator](chunk, unit));
      }),
    );
  });

  test('a factor compares with a size as it is written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 11 }), BYTES, (shift, unit) => {
        const constraint = parseConstraint(`unit <= ${formatSize(512 * 2 ** shift)}`, FACTORS);
        expect(constraint.holds({ unit })).toBe(unit <= 512 * 2 ** shift);
      }),
    );
  });

  test('divides means without remainder, and 0 divides nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4096 }), BYTES, (chunk, unit) => {
        const constraint = parseConstraint('chunk divides unit', FACTORS);
        expect(constraint.holds({ chunk, unit })).toBe(unit % chunk === 0);
        expect(constraint.holds({ chunk: 0, unit })).toBe(false);
      }),
    );
  });

  test('an implication forbids only where its first part holds', () => {
    const constraint = parseConstraint('writer = direct and chunk != 0 => chunk >= 512', FACTORS);
    expect(constraint.holds({ writer: 'direct', chunk: 256 })).toBe(false);
    expect(constraint.holds({ writer: 'direct', chunk: 512 })).toBe(true);
    expect(constraint.holds({ writer: 'direct', chunk: 0 })).toBe(true);
    expect(constraint.holds({ writer: 'buffered', chunk: 256 })).toBe(true);
    expect(constraint.factors).toEqual(['writer', 'chunk', 'chunk']);
  });

  test('flags and durations are written as in a plan', () => {
    expect(parseConstraint('reopen = true', FACTORS).holds({ reopen: true })).toBe(true);
    expect(parseConstraint('reopen = true', FACTORS).holds({ reopen: false })).toBe(false);
    expect(parseConstraint('stall <= 10ms', FACTORS).holds({ stall: 10 })).toBe(true);
    expect(parseConstraint('stall <= 10ms', FACTORS).holds({ stall: 11 })).toBe(false);
    expect(parseConstraint('stall < 1s', FACTORS).holds({ stall: 999 })).toBe(true);
  });

  test('a clause about a factor that the cell has not got holds', () => {
    expect(parseConstraint('chunk <= unit', FACTORS).holds({ unit: 512 })).toBe(true);
  });
});

describe('what is refused', () => {
  test.each(['', 'unit', 'unit <=', '<= unit', 'unit ~ 4', 'chunk == unit', 'chunk==unit'])(
    '"%s" is not of the form, and the message shows the form',
    (text) => {
      expect(refusal(text).code).toBe('invalid-plan');
      expect(refusal(text).message).toContain('is not of the form "chunk <= unit"');
    },
  );

  test.each(['a => b => c', 'chunk < unit => ', '=> chunk < unit', 'chunk < unit or unit > 4'])(
    '"%s" is refused',
    (text) => {
      expect(refusal(text).message).toContain(text);
    },
  );

  test('a constraint without any factor lists the factors', () => {
    expect(refusal('chnk = 4').message).toBe(
      'constraint "chnk = 4" names no factor; factors are unit, chunk, writer, stall, reopen',
    );
  });

  test('a misspelt factor beside a right one is named, with the likely one', () => {
    expect(refusal('chunk <= untit').message).toBe(
      'constraint "chunk <= untit": "untit" is neither a factor nor a number; did you mean ' +
        '"unit"? (factors: unit, chunk, writer, stall, reopen)',
    );
    expect(refusal('writer = direct => chunk >= 512x').message).toContain('"512x" is neither');
  });

  test('no text at all breaks the parser', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        try {
          parseConstraint(text, FACTORS);
        } catch (error) {
          expect(error).toBeInstanceOf(HeisenwriteError);
        }
      }),
    );
  });
});
