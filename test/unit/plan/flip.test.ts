// What --fixed makes of a cell: the level checked as everywhere, constraints kept, slips named.

import { describe, expect, test } from 'vitest';
import { brokenConstraint, flipLevels, parseFlips } from '../../../src/plan/flip.ts';
import { mailbox } from '../../../src/workload/mailbox.ts';
import { refusalOf } from './workshop.ts';

const LEVELS = { workload: 'mailbox', unit: 65_536, writer: 'buffered', reader: 'buffered' };
const flipped = (text: string, constraints: readonly string[] = []) =>
  flipLevels(LEVELS, parseFlips(text), mailbox, constraints);

describe('--fixed', () => {
  test('one level, several, and one that the cell did not name', () => {
    expect(flipped('writer=direct')).toEqual({ ...LEVELS, writer: 'direct' });
    expect(flipped('writer=direct,unit=4KiB')).toEqual({ ...LEVELS, writer: 'direct', unit: 4096 });
    expect(flipped('time=50ms')).toEqual({ ...LEVELS, time: 50 });
  });

  test.each([
    ['writer', /takes FACTOR=LEVEL, .* not "writer"/],
    ['writer=', /not "writer="/],
    ['=direct', /not "=direct"/],
    ['writer=direct,', /not ""/],
    ['writr=direct', /no factor "writr"; did you mean "writer"\?/],
    ['writer=dircet', /"dircet" is not a level of writer; did you mean "direct"\?/],
    ['unit=4kB', /"4kB" is not a size; did you mean "4KiB"\?/],
    ['unit=8MiB', /unit must be from 512B to 1MiB, not 8MiB/],
    ['chunk=128KiB', /the constraint "chunk <= unit" forbids it/],
  ])('%s is refused', (text, message) => {
    expect(refusalOf(() => flipped(text)).message).toMatch(message);
  });

  test("the plan's own constraints hold as well", () => {
    const constraints = ['writer = direct => unit <= 4KiB'];
    const refusal = refusalOf(() => flipped('writer=direct', constraints));
    expect(refusal).toMatchObject({ code: 'impossible-constraint', exitCode: 2 });
    expect(flipped('writer=direct,unit=4KiB', constraints).unit).toBe(4096);
  });
});

test('brokenConstraint fills in the defaults of the workload', () => {
  expect(brokenConstraint(LEVELS, mailbox, [])).toBeNull();
  expect(brokenConstraint(LEVELS, mailbox, ['time < 100'])).toBe('time < 100');
  expect(brokenConstraint({ ...LEVELS, chunk: 3000 }, mailbox, [])).toMatch(/chunk divides unit/);
});
