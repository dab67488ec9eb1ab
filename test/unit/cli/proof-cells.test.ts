// What a hunt knows of its own fix: fixed cells that failed in it, failing cells left aside, and
// rates that it excludes.

import { describe, expect, test } from 'vitest';
import { checkGivenRate, failuresOf } from '../../../src/cli/proof-cells.ts';
import { type PlacedPair, workloadOf } from '../../../src/cli/proof-sides.ts';
import type { StoredHunt } from '../../../src/cli/stored-hunt.ts';
import type { Levels } from '../../../src/domain/cell.ts';
import { countOf } from '../../../src/isolate/guilty-cells.ts';
import { completeLevels } from '../../../src/plan/expand.ts';
import { cellReport } from '../../fixtures/report/builder.ts';

const mailbox = (writer: string, reader: string): Levels => ({
  workload: 'mailbox',
  unit: 65_536,
  writer,
  reader,
});
const OLD = cellReport(0, { levels: mailbox('buffered', 'buffered'), trials: 150, damaged: 90 });
const FIXED = cellReport(1, { levels: mailbox('direct', 'buffered'), trials: 158, damaged: 7 });
const ASIDE = cellReport(2, { levels: mailbox('buffered', 'mmap'), trials: 150, damaged: 3 });
const CLEAN = cellReport(3, { levels: mailbox('direct', 'direct'), trials: 150 });
const HUNT = {
  header: { places: { here: '/nowhere/here' } },
  report: { cells: [OLD, FIXED, ASIDE, CLEAN] },
} as unknown as StoredHunt;

function pair(fixed: Levels, path = '/nowhere/here'): PlacedPair {
  const old = { levels: OLD.levels, path, guilty: countOf(OLD) };
  return { old, fixed: { levels: fixed, path } };
}

describe('failuresOf', () => {
  test('a fixed cell that failed in the hunt, whatever factors are named', () => {
    const complete = completeLevels(FIXED.levels, workloadOf(FIXED.levels));
    expect(Object.keys(complete).length).toBeGreaterThan(Object.keys(FIXED.levels).length);
    for (const levels of [FIXED.levels, complete]) {
      expect(failuresOf([pair(levels)], HUNT)).toEqual({
        failedBefore: [{ levels: FIXED.levels, trials: 158, failures: 7 }],
        notCovered: [{ levels: ASIDE.levels, trials: 150, failures: 3 }],
      });
    }
  });

  test('elsewhere it is another cell, and then the failing one is not covered', () => {
    const { failedBefore, notCovered } = failuresOf([pair(FIXED.levels, '/elsewhere')], HUNT);
    expect(failedBefore).toEqual([]);
    expect(notCovered.map(({ failures }) => failures)).toEqual([7, 3]);
  });

  test('a clean fixed cell has nothing against it', () => {
    expect(failuresOf([pair(CLEAN.levels)], HUNT).failedBefore).toEqual([]);
  });
});

describe('checkGivenRate', () => {
  const given = (rate: number | null, failures: number, trials: number) => () =>
    checkGivenRate(rate, { failures, trials }, 'X');

  test('above the upper bound of what the hunt counted it is refused', () => {
    expect(given(0.5, 1, 600)).toThrow(/in hunt X these cells failed in 1 of 600 trials/);
    expect(given(0.5, 0, 100)).toThrow(/--without-control 50%/);
    expect(given(0.5, 1, 600)).toThrow(
      expect.objectContaining({ code: 'invalid-option', exitCode: 2 }),
    );
  });

  test('what the hunt does not exclude may be given', () => {
    for (const check of [given(1 / 300, 1, 600), given(0.25, 0, 3), given(0.9, 0, 0)]) {
      expect(check).not.toThrow();
    }
    expect(given(null, 0, 1000)).not.toThrow();
  });
});
