// The rows of the self-test: every fault can be written and drawn, every level exists, and draws
// are decided by the seed alone.

import { describe, expect, it } from 'vitest';
import { createRng } from '../../../../src/base/rng.ts';
import { countRow } from '../../../../src/cli/detection/counts.ts';
import { TESTED_MEDIA } from '../../../../src/cli/detection/media.ts';
import { detectionLines, detectionReport } from '../../../../src/cli/detection/report.ts';
import { type DetectionRow, drawRow } from '../../../../src/cli/detection/row.ts';
import { parseFault } from '../../../../src/domain/fault-grammar.ts';
import { parseConstraint } from '../../../../src/plan/constraint.ts';
import { completeLevels } from '../../../../src/plan/expand.ts';
import { WORKLOADS } from '../../../../src/workload/workloads.ts';

const rows = TESTED_MEDIA.flatMap(({ name, rows }) =>
  rows.map((row) => [`${name} ${row.fault} ${row.case ?? ''}`, row] as const),
);

describe('each row', () => {
  it.each(rows)('%s', (_name, row) => {
    const { fault, levels } = drawRow(row, createRng('rows'));
    expect(fault).not.toMatch(/[{}]/);
    expect(parseFault(fault).text).toBe(fault);
    const workload = WORKLOADS.find(({ name }) => name === row.workload);
    const complete = workload ? completeLevels(levels, workload) : {};
    const names = workload?.factors.map(({ name }) => name) ?? [];
    expect(names).toEqual(expect.arrayContaining(Object.keys(row.factors)));
    for (const text of workload?.constraints ?? []) {
      expect([text, parseConstraint(text, names).holds(complete)]).toEqual([text, true]);
    }
  });
});

const row: DetectionRow = {
  fault: 'lost:op=write,offset={middle},skip={4..7}',
  case: 'of a rewrite',
  workload: 'roundtrip',
  factors: { size: 4096, io: 512, mode: ['buffered', 'direct'] },
  expects: { outcome: 'damage', kinds: ['zeroed', 'stale'], because: 'they look alike' },
};

describe('a draw', () => {
  it('takes an I/O between the first and the last, and numbers from their range', () => {
    const drawn = Array.from({ length: 50 }, (_, n) => drawRow(row, createRng(`draw-${n}`)));
    for (const { fault } of drawn) {
      const [, from, skip] = /offset=(\d+)-\d+,skip=(\d)$/.exec(fault) ?? [];
      expect(Number(from) % 512).toBe(0);
      expect(Number(from)).toBeGreaterThanOrEqual(512);
      expect(Number(from)).toBeLessThanOrEqual(6 * 512);
      expect(Number(skip)).toBeGreaterThanOrEqual(4);
      expect(Number(skip)).toBeLessThanOrEqual(7);
    }
    expect(new Set(drawn.map(({ fault }) => fault)).size).toBeGreaterThan(5);
    expect(new Set(drawn.map(({ levels }) => levels.mode))).toEqual(
      new Set(['buffered', 'direct']),
    );
  });

  it('is the same for the same seed', () => {
    expect(drawRow(row, createRng('a'))).toEqual(drawRow(row, createRng('a')));
  });
});

describe('the table', () => {
  const seen = (verdict: 'damaged' | 'clean') => ({
    planted: verdict === 'damaged',
    verdict,
    kinds: verdict === 'damaged' ? (['stale'] as const) : [],
    errnos: [],
  });
  const control = { medium: 'file', workload: 'roundtrip', trials: 1 };
  const media = [
    {
      name: 'file',
      about: 'a directory',
      skipped: null,
      rows: [{ medium: 'file', row, ...countRow(row, [seen('damaged')]) }],
      controls: [{ ...control, ...countRow(null, [seen('clean')]) }],
    },
    { name: 's3', about: 'a bucket', skipped: 'no radosgw', rows: [], controls: [] },
  ];

  it('says what was planted, found and said, why two names are right, and what was skipped', () => {
    const report = detectionReport(media, '1', 1);
    const text = detectionLines(report).join('\n');
    expect(report.holds).toBe(true);
    expect(text).toMatch(/lost:\S+ \(of a rewrite\) +1 +1 +1 +0 {2}stale 1 \(1\)/);
    expect(text).toContain('(1) they look alike');
    expect(text).toContain('nothing, 1 x roundtrip');
    expect(text).toContain('NOT TESTED: no radosgw');
    expect(text).not.toContain('not as it must be');
  });

  it('names what did not come out as it must', () => {
    const missed = { medium: 'file', row, ...countRow(row, [{ ...seen('clean'), planted: true }]) };
    const report = detectionReport([{ ...media[0], rows: [missed] } as never], '1', 1);
    expect(report.holds).toBe(false);
    const text = detectionLines(report).join('\n');
    expect(text).toContain('FAIL every planted fault that changes what a reader sees is found');
    expect(text).toMatch(/not as it must be: file, lost:.*: clean/);
  });
});
