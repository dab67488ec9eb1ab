// Guarantees from promise counts: which sizes share a sentence, what the sentence says, its bound,
// and that a mode that was never tried is not claimed.

import { describe, expect, test } from 'vitest';
import { binomialInterval } from '../../../src/base/binomial-interval.ts';
import type { Levels } from '../../../src/domain/cell.ts';
import type { CellReport, Guarantee } from '../../../src/domain/hunt-report.ts';
import { PROMISES, type PromiseName } from '../../../src/domain/promise.ts';
import { guaranteeGroups } from '../../../src/report/guarantee-groups.ts';
import { adviceFor, modeWords, sizeOf } from '../../../src/report/guarantee-words.ts';
import { guaranteesOf } from '../../../src/report/guarantees.ts';
import { knownOf } from '../../../src/report/known-behaviour.ts';
import { cellReport, huntReport } from '../../fixtures/report/builder.ts';

type Counts = readonly [levels: Levels, promise: PromiseName, tries: number, broken: number];

function cellsOf(...counts: readonly Counts[]): CellReport[] {
  return counts.map(([levels, promise, tries, broken], index) =>
    cellReport(index, {
      levels,
      trials: 1,
      promises: [{ promise, tries, broken, expected: promise === 'read-back' }],
    }),
  );
}

function of(fileSystem: string, ...counts: readonly Counts[]): Guarantee[] {
  return guaranteesOf(cellsOf(...counts), { place: fileSystem });
}

const BUFFERED = { workload: 'mailbox', writer: 'buffered', reader: 'buffered' };

describe('guaranteesOf', () => {
  test('within a mode, the sizes never broken and those broken get a sentence each', () => {
    const guarantees = of(
      'btrfs',
      [{ ...BUFFERED, unit: 65_536 }, 'unit-atomic', 1000, 20],
      [{ ...BUFFERED, unit: 4096 }, 'unit-atomic', 30_000, 0],
      [{ ...BUFFERED, unit: 16_384 }, 'unit-atomic', 2000, 1],
    );
    expect(guarantees.map(({ kept, tries, broken }) => [kept, tries, broken])).toEqual([
      [true, 30_000, 0],
      [false, 3000, 21],
    ]);
    expect(guarantees[0]?.words).toMatch(
      /^one buffered write of 4KiB, read buffered: not seen torn in this hunt \(0 of 30,000 /,
    );
    expect(guarantees[1]?.words).toMatch(
      /^one buffered write of 16KiB, 64KiB, .*torn, 16KiB in .* of 2,000 reads; 64KiB in .* 1,000/,
    );
  });

  test('a larger size that happened to hold is no guarantee where a smaller one did not', () => {
    const guarantees = of(
      'ext4',
      [{ ...BUFFERED, unit: 4096 }, 'unit-atomic', 9000, 2],
      [{ ...BUFFERED, unit: 16_384 }, 'unit-atomic', 700, 0],
    );
    expect(guarantees.map(({ kept, tries, broken }) => [kept, tries, broken])).toEqual([
      [false, 9700, 2],
    ]);
    expect(guarantees[0]?.words).toMatch(/4KiB in 2 of 9,000 reads \(0.022%\); 16KiB in 0 of 700 /);
  });

  test('a bound counts rewrites, of which each had one chance, however many reads saw it', () => {
    const cells = [3, 7].map((index) =>
      cellReport(index, {
        levels: { ...BUFFERED, unit: 4096 },
        trials: 1,
        promises: [
          { promise: 'unit-atomic', tries: 500_000, broken: 0, chances: 150, expected: false },
        ],
      }),
    );
    const [guarantee] = guaranteesOf(cells, { place: 'xfs' });
    expect(guarantee).toMatchObject({ tries: 1_000_000, chances: 300, kept: true });
    expect(guarantee?.words).toMatch(/0 of 1,000,000 reads during 300 rewrites, under 1%\)/);
  });

  test('cells of the same size and mode are added, however their levels are written', () => {
    const guarantees = of(
      'xfs',
      [{ ...BUFFERED, unit: 4096 }, 'unit-atomic', 100, 0],
      [{ ...BUFFERED, unit: 4096, chunk: 4096 }, 'unit-atomic', 50, 0],
      [{ workload: 'mailbox', unit: 4096, chunk: 0 }, 'unit-atomic', 10, 0],
    );
    expect(guarantees.map(({ tries }) => tries)).toEqual([160]);
  });

  test.each([60, 299, 31_204])('0 of %i gives the one-sided bound of 95 %%', (tries) => {
    const [guarantee] = of('xfs', [{ ...BUFFERED, unit: 4096 }, 'unit-atomic', tries, 0]);
    const high = binomialInterval(0, tries).high as number;
    const said = Number(/under ([\d.]+)%/.exec(guarantee?.words ?? '')?.[1]);
    // Two digits are said, rounded up.
    expect(said).toBeGreaterThanOrEqual(high * 100);
    expect(said / (high * 100)).toBeLessThan(1.1);
    expect(guarantee?.bound).toBe(high);
  });

  test('chunks, programs, directions and places are modes of their own', () => {
    const guarantees = guaranteesOf(
      cellsOf(
        [{ ...BUFFERED, unit: 4096, place: 'a' }, 'unit-atomic', 90, 0],
        [{ ...BUFFERED, unit: 4096, place: 'b' }, 'unit-atomic', 90, 0],
        [{ ...BUFFERED, unit: 4096, chunk: 512, place: 'a' }, 'unit-atomic', 90, 0],
        [{ ...BUFFERED, unit: 4096, program: 'dd', place: 'a' }, 'unit-atomic', 90, 0],
        [{ ...BUFFERED, writer: 'direct', unit: 4096, place: 'a' }, 'unit-atomic', 90, 0],
      ),
      { a: 'ext4', b: 'xfs' },
    );
    expect(guarantees.length).toBe(5);
    expect(guarantees[0]?.words).toMatch(/^a: one buffered write of 4KiB, read buffered/);
    expect(guarantees[0]?.words).toMatch(/though ext4 does not promise it: it takes no lock/);
    expect(guarantees[0]?.known).toBeUndefined();
    expect(guarantees[1]?.known).toMatch(/^XFS holds the inode lock/);
    expect(guarantees[2]?.words).toMatch(/^a: 4KiB written in buffered chunks of 512B, read/);
    expect(guarantees[3]?.words).toMatch(/^a: one buffered write of 4KiB by dd, read/);
    expect(guarantees[4]?.words).toMatch(/^a: one O_DIRECT write of 4KiB, read buffered/);
  });

  test('fewer than 60 chances are no guarantee, however many reads there were', () => {
    const dd = { ...BUFFERED, program: 'dd', writer: 'direct', unit: 4096 };
    const tally = { promise: 'unit-atomic', tries: 71_390, broken: 0, expected: false } as const;
    const of = (chances: number) =>
      cellReport(0, { levels: dd, trials: 1, promises: [{ ...tally, chances }] });
    const [few] = guaranteesOf([of(1)], { place: 'ext4' });
    expect(few).toMatchObject({ enough: false, tries: 71_390, chances: 1 });
    expect(few?.known).toBeUndefined();
    expect(few?.words).toBe(
      'one O_DIRECT write of 4KiB by dd, read buffered: too few tries to say: ' +
        '0 of 71,390 reads during 1 rewrite',
    );
    expect(guaranteesOf([of(59)], { place: 'ext4' })[0]?.enough).toBe(false);
    const [enough] = guaranteesOf([of(60)], { place: 'ext4' });
    expect(enough?.enough).toBeUndefined();
    expect(enough?.bound).toBeLessThan(0.05);
    const report = huntReport([of(1)], { verdict: 'clean', guarantees: few ? [few] : [] });
    const groups = guaranteeGroups(report);
    expect(groups.kept).toEqual([]);
    expect(groups.notTested).toContain(few?.words);
  });

  test('a bound holds for each size alone, and a size hardly tried stands apart', () => {
    const [kept, few] = of(
      'xfs',
      [{ ...BUFFERED, unit: 4096 }, 'unit-atomic', 30_000, 0],
      [{ ...BUFFERED, unit: 16_384 }, 'unit-atomic', 116, 0],
      [{ ...BUFFERED, unit: 65_536 }, 'unit-atomic', 12, 0],
    );
    expect(kept?.words).toMatch(
      /write of 4KiB, 16KiB, .*never torn \(0 of 30,116 reads, under 2\.6% for each size\)$/,
    );
    expect(kept?.bound).toBe(binomialInterval(0, 116).high);
    expect(few?.words).toMatch(/write of 64KiB, .*too few tries to say: 0 of 12 reads$/);
  });

  test('what is broken has its rate and interval as numbers', () => {
    const [torn] = of('xfs', [{ ...BUFFERED, unit: 4096 }, 'unit-atomic', 1000, 20]);
    expect(torn).toMatchObject({ kept: false, ...binomialInterval(20, 1000) });
    expect(torn?.bound).toBeUndefined();
  });

  test('freshness kept in all modes is one sentence, and its bound holds in each', () => {
    const fresh = (reader: string, tries: number, broken = 0): Counts => [
      { ...BUFFERED, reader, unit: 4096 },
      'fresh-read',
      tries,
      broken,
    ];
    const words = (...counts: Counts[]) => of('xfs', ...counts).map((each) => each.words);
    expect(words(fresh('buffered', 9000), fresh('direct', 116))).toEqual([
      'in every mode a read that starts after an acknowledged write: never stale ' +
        '(0 of 9,116 reads, under 2.6% for each mode and size)',
    ]);
    expect(words(fresh('buffered', 9000, 4), fresh('direct', 116))[1]).toMatch(
      /^in every other mode a read that starts/,
    );
    expect(words(fresh('buffered', 9000), fresh('direct', 12))).toEqual([
      expect.stringMatching(/^in every other mode a read .*never stale \(0 of 9,000 reads/),
      expect.stringMatching(/^in modes that were hardly tried a read .*too few .* 0 of 12 reads$/),
    ]);
    const untried: Counts = [{ ...BUFFERED, unit: 65_536 }, 'fresh-read', 0, 0];
    expect(words(fresh('buffered', 9000), untried)[0]).toMatch(/^in every mode that was tried a /);
  });

  test('what was never tried is not claimed', () => {
    expect(of('xfs', [{ ...BUFFERED, unit: 4096 }, 'unit-atomic', 0, 0])).toEqual([]);
    expect(guaranteesOf([], { place: 'xfs' })).toEqual([]);
  });

  test('whether it was expected is said', () => {
    const roundtrip = { workload: 'roundtrip', size: 65_536, mode: 'direct' };
    const guarantees = of('ext4', [roundtrip, 'read-back', 500, 0], [roundtrip, 'synced', 5, 1]);
    expect(guarantees.map(({ expected, kept }) => [expected, kept])).toEqual([
      [true, true],
      [false, false],
    ]);
    expect(guarantees[0]?.words).toMatch(/^files of 64KiB written O_DIRECT, .*read back right/);
    expect(guarantees[1]?.words).toMatch(/^after fsync, files of 64KiB read past the cache/);
  });
});

describe('advice and what is known', () => {
  const MODES: readonly Levels[] = [
    { ...BUFFERED, unit: 4096 },
    { ...BUFFERED, unit: 4096, chunk: 512, program: 'dd' },
    { ...BUFFERED, unit: 4096, writer: 'direct' },
    { workload: 'append', record: 512 },
    { workload: 'replace', publish: 'rename' },
    { workload: 'replace', publish: 'in-place' },
    { workload: 'replace', publish: 'shared-temporary' },
    { workload: 'roundtrip', size: 4096 },
  ];

  test('a broken promise always has an advice, a kept one none', () => {
    for (const promise of PROMISES) {
      for (const levels of MODES) {
        const { mode } = sizeOf(promise, levels);
        expect(adviceFor(promise, true, mode)).toBeUndefined();
        expect(adviceFor(promise, false, mode)?.length).toBeGreaterThan(20);
        expect(modeWords(promise, mode, '4KiB')).not.toMatch(/undefined|NaN/);
      }
    }
  });

  test('advice fits the mode', () => {
    const advice = (levels: Levels) => {
      const promise = levels.workload === 'replace' ? 'replace-atomic' : 'unit-atomic';
      return adviceFor(promise, false, sizeOf(promise, levels).mode);
    };
    expect(advice(MODES[1] as Levels)).toMatch(/one call/);
    expect(advice(MODES[2] as Levels)).toMatch(/open writer and reader alike/);
    expect(advice(MODES[5] as Levels)).toMatch(/rename it into place/);
    expect(advice(MODES[6] as Levels)).toMatch(/name of its own/);
  });

  test('open(2) is cited for mixed modes alone, with no more than it says', () => {
    const known = (writer: string, reader: string) =>
      knownOf('ext4', 'unit-atomic', sizeOf('unit-atomic', { ...BUFFERED, writer, reader }).mode);
    expect(known('direct', 'buffered')).toMatch(/avoid mixing .* especially to overlapping byte/);
    expect(known('buffered', 'direct')).toBe(known('direct', 'buffered'));
    expect(known('direct', 'buffered')).not.toMatch(/page cache/);
    expect(known('direct', 'direct')).toBeUndefined();
  });

  test('btrfs alone turns O_DIRECT writes into buffered ones, where it has checksums', () => {
    const known = (type: string, reader = 'direct') =>
      knownOf(type, 'unit-atomic', { workload: 'mailbox', writer: 'direct', reader });
    expect(known('btrfs')).toMatch(/^by design: .*checksums.* nodatasum/);
    expect([known('ext4'), known('xfs')]).toEqual([undefined, undefined]);
    expect(known('btrfs', 'buffered')).toMatch(/^open\(2\)/);
  });

  test("chunks are the writer's own doing: no file system is blamed for them", () => {
    const { mode } = sizeOf('unit-atomic', MODES[1] as Levels);
    for (const type of ['ext4', 'xfs', 'btrfs', 'tmpfs']) {
      expect(knownOf(type, 'unit-atomic', mode)).toBeUndefined();
    }
    const oneWrite = sizeOf('unit-atomic', MODES[0] as Levels).mode;
    expect(knownOf('ext4', 'unit-atomic', oneWrite)).toMatch(/^by design/);
    expect(knownOf('unknown', 'unit-atomic', oneWrite)).toBeUndefined();
  });
});
