// The most surprising thing comes first, in words that need no knowledge of this program.

import { describe, expect, test } from 'vitest';
import type { Levels } from '../../../src/domain/cell.ts';
import type { PromiseName } from '../../../src/domain/promise.ts';
import { guaranteesOf } from '../../../src/report/guarantees.ts';
import { bySurprise, surpriseWords } from '../../../src/report/surprise.ts';
import { cellReport } from '../../fixtures/report/builder.ts';

type Broken = readonly [levels: Levels, promise: PromiseName, broken: number];

function surveyed(...cells: readonly Broken[]) {
  const reports = cells.map(([levels, promise, broken], index) =>
    cellReport(index, {
      levels,
      trials: 1,
      promises: [{ promise, tries: 1000, broken, expected: false }],
    }),
  );
  return { cells: reports, guarantees: guaranteesOf(reports, { x: 'ext4' }) };
}

const UNIT = { workload: 'mailbox', unit: 4096, chunk: 0, writer: 'buffered', reader: 'buffered' };
const CHUNKS: Broken = [{ ...UNIT, chunk: 512, writer: 'direct' }, 'unit-atomic', 500];
const MIXED: Broken = [{ ...UNIT, writer: 'direct' }, 'unit-atomic', 9];
const ALIKE: Broken = [{ ...UNIT, unit: 65_536 }, 'unit-atomic', 3];
const IN_PLACE: Broken = [
  { workload: 'replace', publish: 'in-place', size: 4096 },
  'replace-atomic',
  990,
];
const APPENDS: Broken = [{ workload: 'append', record: 512, writers: 4 }, 'append-atomic', 1];
const SYNCED: Broken = [{ workload: 'roundtrip', size: 65_536 }, 'synced', 1];

describe('order', () => {
  test('broken by the medium, by its manual, by mixing modes, by the writer himself', () => {
    const { guarantees } = surveyed(CHUNKS, IN_PLACE, MIXED, ALIKE, APPENDS, SYNCED);
    expect(bySurprise(guarantees).map(({ broken }) => broken)).toEqual([1, 1, 3, 9, 990, 500]);
    expect(bySurprise(guarantees)[0]?.promise).toBe('synced');
  });

  test('what is kept is no surprise', () => {
    const kept = surveyed([UNIT, 'unit-atomic', 0]);
    expect(bySurprise(kept.guarantees)).toEqual([]);
    expect(surpriseWords(kept)).toBeNull();
  });
});

describe('words', () => {
  test.each<[string, Broken]>([
    ['a reader can see a 64KiB buffered write half done here (0.3% of reads)', ALIKE],
    ['a buffered reader can see a 4KiB O_DIRECT write half done here (0.9% of reads)', MIXED],
    [
      'a reader can see a 4KiB update that is written in chunks of 512B half done here ' +
        '(50% of reads)',
      CHUNKS,
    ],
    [
      'a 4KiB file that is rewritten in place can be read partial, empty or absent here ' +
        '(99% of reads)',
      IN_PLACE,
    ],
    [
      '512B records that several writers append with O_APPEND can be mixed or lost here ' +
        '(0.1% of records)',
      APPENDS,
    ],
    [
      'after fsync the medium can hold something else than was written here ' +
        '(0.1% of reads of one I/O)',
      SYNCED,
    ],
  ])('%s', (words, broken) => {
    expect(surpriseWords(surveyed(broken))).toBe(words);
  });

  test('the smallest size that was broken is named with its own rate, and the place', () => {
    const placed = (unit: number, broken: number): Broken => [
      { ...UNIT, place: 'spool', unit },
      'unit-atomic',
      broken,
    ];
    expect(surpriseWords(surveyed(placed(65_536, 700), placed(4096, 0), placed(16_384, 20)))).toBe(
      'a reader can see a 16KiB buffered write half done on spool (2% of reads)',
    );
  });
});
