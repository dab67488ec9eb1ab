// Guarantees from promise counts: which sizes share a sentence, what the sentence says, its bound,
// and that a mode that was never tried is not claimed.

import { describe, expect, test } from 'vitest';
import { binomialInterval } from '../../../src/base/binomial-interval.ts';
import type { Levels } from '../../../src/domain/cell.ts';
import type { CellReport, Guarantee } from '../../../src/domain/hunt-report.ts';
import { PROMISES, type PromiseName } from '../../../src/domain/promise.ts';
import { adviceFor, knownOf, modeWords, sizeOf } from '../../../src/report/guarantee-words.ts';
import { guaranteesOf } from '../../../src/report/guarantees.ts';
import { cellReport } from '../../fixtures/report/builder.ts';

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
      /^one buffered write of 4KiB, read buffered: never torn \(0 of 30,000 reads, under 0\.01%/,
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
    expect(guarantee?.words).toMatch(/0 of 1,000,000 reads during 300 rewrites, under (0\.99|1)%/);
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

  test.each([10, 299, 31_204])('0 of %i gives the one-sided bound of 95 %%', (tries) => {
    const [guarantee] = of('xfs', [{ ...BUFFERED, unit: 4096 }, 'unit-atomic', tries, 0]);
    const high = binomialInterval(0, tries).high as number;
    const said = Number(/under ([\d.]+)%/.exec(guarantee?.words ?? '')?.[1]);
    // Two digits are said.
    expect(Math.abs(said / (high * 100) - 1)).toBeLessThan(0.05);
  });

  test('chunks, programs, directions and places are modes of their own', () => {
    const guarantees = guaranteesOf(
      cellsOf(
        [{ ...BUFFERED, unit: 4096, place: 'a' }, 'unit-atomic', 9, 0],
        [{ ...BUFFERED, unit: 4096, place: 'b' }, 'unit-atomic', 9, 0],
        [{ ...BUFFERED, unit: 4096, chunk: 512, place: 'a' }, 'unit-atomic', 9, 0],
        [{ ...BUFFERED, unit: 4096, program: 'dd', place: 'a' }, 'unit-atomic', 9, 0],
        [{ ...BUFFERED, writer: 'direct', unit: 4096, place: 'a' }, 'unit-atomic', 9, 0],
      ),
      { a: 'ext4', b: 'xfs' },
    );
    expect(guarantees.length).toBe(5);
    expect(guarantees[0]?.words).toMatch(/^a: one buffered write of 4KiB, read buffered/);
    expect(guarantees[0]?.known).toMatch(/^by design: ext4/);
    expect(guarantees[1]?.known).toMatch(/^XFS holds the inode lock/);
    expect(guarantees[2]?.words).toMatch(/^a: 4KiB written in buffered chunks of 512B, read/);
    expect(guarantees[3]?.words).toMatch(/^a: one buffered write of 4KiB by dd, read/);
    expect(guarantees[4]?.words).toMatch(/^a: one O_DIRECT write of 4KiB, read buffered/);
  });

  test('what was never tried is not claimed', () => {
    expect(of('xfs', [{ ...BUFFERED, unit: 4096 }, 'unit-atomic', 0, 0])).toEqual([]);
    expect(guaranteesOf([], { place: 'xfs' })).toEqual([]);
  });

  test('whether it was expected is said', () => {
    const roundtrip = { workload: 'roundtrip', size: 65_536, mode: 'direct' };
    const guarantees = of('ext4', [roundtrip, 'read-back', 5, 0], [roundtrip, 'synced', 5, 1]);
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
