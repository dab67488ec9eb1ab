// The bytes that an upload was given, against a table with one entry for each byte.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OperationError } from '../../../src/medium/operation-error.ts';
import { Spans } from '../../../src/medium/s3-spans.ts';

const LENGTH = 64;

/** The errno and offset that `act` is refused with, or null. */
function refusalOf(act: () => void): { errno: string; offset: number | undefined } | null {
  try {
    act();
    return null;
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { errno: error.errno, offset: error.offset };
  }
}

describe('spans', () => {
  test('an overlap is refused, a gap is named, the end is known', () => {
    const pair = fc.tuple(fc.nat(LENGTH), fc.nat(LENGTH));
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 40 }), (pairs) => {
        const spans = new Spans();
        const given = new Array<boolean>(LENGTH).fill(false);
        for (const [one, other] of pairs) {
          const [from, to] = [Math.min(one, other), Math.max(one, other)];
          const isTwice = given.slice(from, to).includes(true);
          const refused = refusalOf(() => spans.take('Write', '/x', from, to));
          expect(refused).toEqual(isTwice ? { errno: 'EINVAL', offset: from } : null);
          if (!isTwice) given.fill(true, from, to);
          expect(spans.end).toBe(given.lastIndexOf(true) + 1);
        }
        const gap = given.indexOf(false);
        const hasGap = gap >= 0 && gap < spans.end;
        const refused = refusalOf(() => spans.refuseGap('Close', '/x'));
        expect(refused).toEqual(hasGap ? { errno: 'EINVAL', offset: gap } : null);
      }),
    );
  });
});
