// The plain lines and the live lines of a running hunt, on a clock that the test moves.

import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HuntHeader, HuntLimits, HuntListener } from '../../../src/domain/ports.ts';
import type { TrialRecord, Verdict } from '../../../src/domain/trial.ts';
import { liveLines } from '../../../src/report/live-lines.ts';
import { plainListener } from '../../../src/report/plain.ts';
import { HuntProgress } from '../../../src/report/progress.ts';
import { paints } from '../../../src/report/wrap.ts';
import { tornPlaces } from '../../fixtures/report/torn-places.ts';

const REPORT = tornPlaces();
const CELLS = REPORT.cells.map((cell) => ({ index: cell.cell, levels: cell.levels }));
const LIMITS: HuntLimits = { forMs: 60_000, trials: null, findings: null, spaceBytes: 1e9 };
const HEADER: HuntHeader = {
  hunt: REPORT.hunt,
  seed: REPORT.seed,
  version: '0.1.0',
  planJson: '{}',
  planName: 'torn',
  planHash: REPORT.plan.hash,
  expectations: [],
  places: REPORT.places,
  directory: REPORT.directory,
  replay: REPORT.replay,
  startedAtMs: 0,
  facts: {},
};

function record(trial: number, cell: number): TrialRecord {
  return {
    trial,
    cell: CELLS[cell] as (typeof CELLS)[number],
    seed: 's',
    startedAtMs: 0,
    durationMs: 250,
    outcome: {
      opportunities: { reads: 1, writes: 1, bytesRead: 2 ** 20, bytesWritten: 0 },
      tallies: [],
      observations: [],
      failures: [],
    },
  };
}

function judge(listener: HuntListener | HuntProgress, trial: number, cell: number, as: Verdict) {
  const judgement = { verdict: as, damage: [], described: [] };
  if (listener instanceof HuntProgress) listener.judged(record(trial, cell), judgement);
  else listener.trialJudged(record(trial, cell), judgement);
}

describe('plain lines', () => {
  let written = '';
  const output = () =>
    new Writable({
      write(chunk, _, done) {
        written += String(chunk);
        done();
      },
    });

  beforeEach(() => {
    written = '';
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('first of a kind in full, the others one in ten seconds, all counted at the end', () => {
    const listener = plainListener(output());
    listener.begun(HEADER, CELLS, LIMITS);
    const [first, second, third] = REPORT.findings;
    if (!first || !second || !third) throw new Error('the fixture has findings');
    listener.found(first);
    listener.found(second);
    vi.advanceTimersByTime(10_001);
    listener.found(third);
    listener.ended(REPORT);
    const lines = written.trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('found:'))).toHaveLength(2);
    expect(lines.filter((line) => line.startsWith('  replay'))).toHaveLength(1);
    expect(written).toContain('(and 1 before it)');
    expect(lines.at(-1)).toBe(`1 further finding of the kinds told above: see ${REPORT.directory}`);
    expect(lines.at(-2)).toMatch(/^ended after 10s: damaged, .*; 0 trials, 0 damaged; /);
  });

  test('a sign of life every ten seconds, none after the end', () => {
    const listener = plainListener(output());
    listener.begun(HEADER, CELLS, LIMITS);
    judge(listener, 1, 0, 'clean');
    vi.advanceTimersByTime(30_000);
    expect(written.match(/1 trial, 0 damaged/g)).toHaveLength(3);
    listener.ended(REPORT);
    const atEnd = written;
    vi.advanceTimersByTime(60_000);
    expect(written).toBe(atEnd);
  });

  test('in the last second it is silent, so that the end is told once', () => {
    const listener = plainListener(output());
    listener.begun(HEADER, CELLS, { ...LIMITS, forMs: 20_000 });
    vi.advanceTimersByTime(20_000);
    listener.ended(REPORT);
    expect(written.match(/ left: /g)).toHaveLength(1);
    expect(written).not.toContain('0ms');
    expect(written.match(/^ended after 20s: /gm)).toHaveLength(1);
  });

  test('a closed log harms nothing', () => {
    const closed = output();
    closed.destroy(new Error('EPIPE'));
    const listener = plainListener(closed);
    expect(() => {
      listener.begun(HEADER, CELLS, LIMITS);
      listener.note('still hunting');
      listener.ended(REPORT);
    }).not.toThrow();
  });
});

describe('live lines', () => {
  function running(): HuntProgress {
    let nowMs = 0;
    const progress = new HuntProgress(() => nowMs);
    progress.begin(HEADER, CELLS, LIMITS);
    for (let trial = 1; trial <= 90; trial++) judge(progress, trial, trial % 36, 'clean');
    judge(progress, 91, 20, 'damaged');
    if (REPORT.findings[0]) progress.found(REPORT.findings[0]);
    nowMs = 10_000;
    return progress;
  }

  test.each([
    [40, 12],
    [80, 24],
    [200, 50],
    [20, 4],
  ])('%i columns and %i rows are never exceeded', (columns, rows) => {
    const lines = liveLines(running(), { columns, rows }, paints(false));
    expect(lines.length).toBeLessThan(rows);
    for (const line of lines) expect(line.length).toBeLessThan(columns);
  });

  test('80 columns of a survey: described cells first, long names keep their room', () => {
    const levels = CELLS.map(({ index, levels: before }) => ({
      index,
      levels: {
        ...before,
        order: index % 2 ? 'sequential' : 'random',
        pattern: index % 3 ? 'stamp' : 'alternating',
      },
    }));
    const progress = new HuntProgress(() => 0);
    progress.begin(HEADER, levels, LIMITS);
    const diagnosis = {
      observation: 0,
      promise: 'unit-atomic' as const,
      damage: [],
      layer: 'transient' as const,
      layerBecause: '',
    };
    const cell = levels[17] as (typeof levels)[number];
    progress.judged(
      { ...record(1, 17), cell },
      { verdict: 'clean', damage: [], described: [diagnosis] },
    );
    const lines = liveLines(progress, { columns: 80, rows: 24 }, paints(false));
    expect(lines[1]).toContain('1 trial, 0 damaged, 1 described;');
    expect(lines[2]).toMatch(/^cell +trials +damaged +described/);
    expect(lines[3]).toMatch(/^xfs\/16KiB\/buffered\/direct\/sequential\/stamp +1 +0 +1/);
  });

  test('damaged cells come first, the hidden ones are counted, time left is told', () => {
    const lines = liveLines(running(), { columns: 100, rows: 14 }, paints(false));
    expect(lines[0]).toContain('50s left');
    expect(lines[3]).toContain('xfs');
    expect(lines[3]).toMatch(/ 1 /);
    expect(lines.join('\n')).toContain('... and 30 more');
  });
});
