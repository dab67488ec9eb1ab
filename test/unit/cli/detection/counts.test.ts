// The counting of the self-test: what is found, called right and invented, and the requirements,
// each with what must make it fail.

import { describe, expect, it } from 'vitest';
import {
  type ControlCounts,
  type CountedRow,
  countRow,
  requirementsOf,
  type Seen,
} from '../../../../src/cli/detection/counts.ts';
import type { DetectionRow, Expected } from '../../../../src/cli/detection/row.ts';

const rowOf = (expects: Expected): DetectionRow => ({
  fault: 'misdirect:op=write',
  workload: 'roundtrip',
  factors: {},
  expects,
});
const DAMAGE = rowOf({ outcome: 'damage', kinds: ['misdirected'], also: ['stale'] });
const FAILURE = rowOf({ outcome: 'failure', errnos: ['EIO'] });
const TOLD = rowOf({ outcome: 'told', because: 'it says so' });
const HARMLESS = rowOf({ outcome: 'harmless', because: 'nobody can see it' });

const damaged = (...kinds: Seen['kinds']): Seen => {
  return { planted: true, verdict: 'damaged', kinds, errnos: [] };
};
const failed = (...errnos: string[]): Seen => {
  return { planted: true, verdict: 'failed', kinds: [], errnos };
};
const CLEAN: Seen = { planted: true, verdict: 'clean', kinds: [], errnos: [] };
const UNKNOWN: Seen = { ...CLEAN, verdict: 'unknown', because: 'an actor died' };
const silent = (seen: Seen): Seen => ({ ...seen, planted: false });

const scores = (row: DetectionRow | null, ...seen: Seen[]) => {
  const { planted, found, right, invented, unknown } = countRow(row, seen);
  return [planted, found, right, invented, unknown];
};

describe('a fault that makes bytes wrong', () => {
  it('is right by its kind, alone or with what follows from it', () => {
    expect(scores(DAMAGE, damaged('misdirected'), damaged('misdirected', 'stale'))).toEqual([
      2, 2, 2, 0, 0,
    ]);
  });

  it('is found, and not right, by another kind, or by one too many', () => {
    const counts = countRow(DAMAGE, [damaged('stale'), damaged('misdirected', 'flipped')]);
    expect(counts).toMatchObject({ planted: 2, found: 2, right: 0, invented: 0 });
    expect(counts.called).toEqual({ stale: 1, misdirected: 1, flipped: 1 });
    expect(counts.firstWrong).toContain('stale');
  });

  it('is not found by a clean, failed or unknown trial', () => {
    expect(scores(DAMAGE, CLEAN, failed('EIO'), UNKNOWN)).toEqual([3, 0, 0, 0, 1]);
  });

  it('is not planted where it did not fire, and accused there it is invented', () => {
    expect(scores(DAMAGE, silent(CLEAN), silent(damaged('misdirected')))).toEqual([0, 0, 0, 1, 0]);
  });
});

describe('a fault of which the program is told', () => {
  it('must fail with its own error, and accuse no bytes', () => {
    expect(scores(FAILURE, failed('EIO'))).toEqual([1, 1, 1, 0, 0]);
    expect(scores(FAILURE, failed('ENOSPC'))).toEqual([1, 1, 0, 0, 0]);
    expect(scores(FAILURE, damaged('stale'), CLEAN)).toEqual([2, 0, 0, 1, 0]);
  });

  it('may be made good by the client, where it can, and accuses no bytes either', () => {
    expect(scores(TOLD, failed('ECONNRESET'), CLEAN, damaged('stale'))).toEqual([3, 0, 0, 1, 0]);
  });
});

it('a fault that nobody can see, and no fault at all, must be clean', () => {
  expect(scores(HARMLESS, CLEAN, failed('EIO'), damaged('stale'))).toEqual([3, 0, 0, 2, 0]);
  expect(scores(null, silent(CLEAN), silent(failed('EIO')))).toEqual([0, 0, 0, 1, 0]);
});

describe('the requirements', () => {
  const counted = (row: DetectionRow, ...seen: Seen[]): CountedRow => {
    return { medium: 'file', row, ...countRow(row, seen) };
  };
  const control = (...seen: Seen[]): ControlCounts => {
    return { medium: 'file', workload: 'w', trials: seen.length, ...countRow(null, seen) };
  };
  const held = (rows: CountedRow[], controls = [control(silent(CLEAN))]) =>
    requirementsOf(rows, controls).map(({ holds }) => holds);
  const good = counted(DAMAGE, ...Array.from({ length: 100 }, () => damaged('misdirected')));

  it('hold where all is found and named and nothing is invented', () => {
    expect(held([good, counted(FAILURE, failed('EIO')), counted(HARMLESS, CLEAN)])).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it('fail where one of a hundred is missed', () => {
    expect(held([good, counted(DAMAGE, CLEAN)])).toEqual([true, false, true, true]);
    expect(held([good, counted(DAMAGE, UNKNOWN)])).toEqual([true, false, true, true]);
  });

  it('allow one wrong name in a hundred, and not two', () => {
    const wrong = counted(DAMAGE, damaged('stale'));
    expect(held([good, wrong])).toEqual([true, true, true, true]);
    expect(held([good, wrong, wrong])).toEqual([true, true, false, true]);
  });

  it('fail where anything is accused in a clean trial, or nothing may be concluded of one', () => {
    expect(held([good], [control(silent(damaged('stale')))])).toEqual([true, true, true, false]);
    expect(held([good], [control(silent(UNKNOWN))])).toEqual([true, true, true, false]);
    expect(held([good, counted(HARMLESS, failed('EIO'))])).toEqual([true, true, true, false]);
    expect(held([good], [])).toEqual([true, true, true, false]);
  });

  it('fail where a fault was never planted, and name it', () => {
    const [first] = requirementsOf([good, counted(FAILURE)], [control(silent(CLEAN))]);
    expect(first).toMatchObject({ holds: false });
    expect(first?.detail).toContain('file misdirect:op=write');
    expect(held([])[0]).toBe(false);
  });
});
