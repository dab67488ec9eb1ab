// Levels are written by the kind of their factor, the same on every surface; where the kind is not
// known, by the number.

import { describe, expect, test } from 'vitest';
import type { Level } from '../../../src/domain/cell.ts';
import type { FactorKind } from '../../../src/domain/plan.ts';
import { reportJunit } from '../../../src/report/junit.ts';
import { factorKinds, levelsWords, levelText, NO_KINDS } from '../../../src/report/level-words.ts';
import { summaryLines } from '../../../src/report/summary.ts';
import { cellReport, factorsOf, huntReport } from '../../fixtures/report/builder.ts';

const of = (kind: FactorKind, level: Level, factor = 'f') =>
  levelText(factor, level, new Map([[factor, kind]]));

describe('levelText', () => {
  test.each<[FactorKind, Level, string]>([
    ['size', 4096, '4KiB'],
    ['size', 512, '512B'],
    ['size', 0, '0B'],
    ['size', 1536, '1.5KiB'],
    ['size', 1_600 * 1024, '1600KiB'],
    ['size', 1_000_000, '1000000B'],
    ['duration', 150, '150ms'],
    ['duration', 0, '0ms'],
    ['duration', 2048, '2048ms'],
    ['duration', 30_000, '30s'],
    ['duration', 125_000, '125s'],
    ['count', 1024, '1024'],
    ['choice', 'direct', 'direct'],
    ['flag', true, 'true'],
  ])('%s %s is %s', (kind, level, text) => {
    expect(of(kind, level)).toBe(text);
  });

  test('a chunk of 0 bytes is the whole unit, also where the kind is not known', () => {
    expect(of('size', 0, 'chunk')).toBe('whole');
    expect(levelText('chunk', 0, NO_KINDS)).toBe('whole');
    expect(of('size', 512, 'chunk')).toBe('512B');
  });

  test('without a kind the number decides, and names of objects are no kinds', () => {
    expect(levelText('size', 4096, NO_KINDS)).toBe('4KiB');
    expect(levelText('constructor', 150, NO_KINDS)).toBe('150');
    expect(levelText('__proto__', 'x', NO_KINDS)).toBe('x');
  });
});

test('a cell has one name on the terminal and in JUnit', () => {
  const cells = [0, 512].map((chunk, index) =>
    cellReport(index, {
      levels: { workload: 'mailbox', unit: 1024, chunk, stall: 150, readers: 2048 },
      trials: 400,
      damaged: chunk === 0 ? 0 : 200,
      promises: [
        { promise: 'unit-atomic', expected: true, tries: 400, broken: chunk === 0 ? 0 : 200 },
      ],
    }),
  );
  const kinds = { unit: 'size', chunk: 'size', stall: 'duration', readers: 'count' } as const;
  const report = huntReport(cells, { verdict: 'damaged', factors: factorsOf(cells, kinds) });
  const name = 'workload=mailbox unit=1KiB chunk=whole stall=150ms readers=2048';
  expect(levelsWords(cells[0]?.levels ?? {}, factorKinds(report))).toBe(name);
  expect(reportJunit(report)).toContain(`name="${name}"`);
  expect(summaryLines(report, { color: false, width: 100 }).join('\n')).toContain(
    'only with chunk=512B; with chunk=whole 0 of 400 trials',
  );
});
