// A smaller trial in words: what became smaller, how often it fails beside the first one, what was
// tried, and that an unfinished search does not claim to be finished.

import { describe, expect, test } from 'vitest';
import type { FactorKind } from '../../../src/domain/plan.ts';
import type { ShrinkReport, ShrinkTry, TimedCount } from '../../../src/domain/shrink.ts';
import { shrinkLines } from '../../../src/report/shrink-lines.ts';
import { shrinkExit, shrinkInWords, speedText } from '../../../src/report/shrink-words.ts';

const KINDS = new Map<string, FactorKind>([
  ['unit', 'size'],
  ['time', 'duration'],
  ['readers', 'count'],
]);
const START = { workload: 'mailbox', unit: 65_536, time: 200, readers: 1 };
const SHORT = { ...START, time: 10 };
const SMALL = { ...SHORT, unit: 4096 };

const count = (failures: number, trials: number, seconds: number): TimedCount => ({
  failures,
  trials,
  seconds,
});

function tried(parts: Partial<ShrinkTry>): ShrinkTry {
  return {
    factor: 'time',
    aim: 'cheaper',
    levels: SHORT,
    against: START,
    candidate: count(20, 100, 2),
    incumbent: count(9, 10, 2),
    decision: 'accepted',
    ...parts,
  };
}

const TRIED: readonly ShrinkTry[] = [
  tried({}),
  tried({
    factor: 'readers',
    aim: 'stronger',
    levels: { ...SHORT, readers: 2 },
    decision: 'rejected',
  }),
  tried({ factor: 'unit', levels: SMALL }),
  tried({ factor: '', aim: 'confirmation', levels: SMALL }),
];

function shrunk(parts: Partial<ShrinkReport> = {}): ShrinkReport {
  const facts: Omit<ShrinkReport, 'words' | 'schema'> = {
    start: START,
    shrunk: SMALL,
    confirmed: true,
    rates: { start: count(9, 10, 2), shrunk: count(20, 100, 2) },
    tried: TRIED,
    trials: 450,
    unknown: 0,
    of: '5f0c2a9b1d3e4f60',
    claim: 'The failure needs reader=buffered.',
    hunt: '51d0',
    directory: '/mnt/x/heisenwrite-51d0',
    seed: 's',
    seconds: 20,
    stopped: 'nothing smaller is left to try',
    plan: '/mnt/x/heisenwrite-51d0/replay.json',
    replay: 'heisenwrite hunt /mnt/x/heisenwrite-51d0/replay.json',
    ...parts,
  };
  return { schema: 'heisenwrite.shrink/1', words: shrinkInWords(facts, KINDS), ...facts };
}

const text = (report: ShrinkReport, width = 100) =>
  shrinkLines(report, KINDS, { color: false, width }).join('\n');
const flat = (report: ShrinkReport) => text(report).replace(/\s+/g, ' ');

describe('shrinkLines', () => {
  test('what became smaller, at which rates, and the plan that shows it', () => {
    const said = flat(shrunk());
    expect(said).toContain('SHRUNK: unit 64KiB -> 4KiB, time 200ms -> 10ms.');
    expect(said).toContain('It fails 10 times a second (20 of 100 trials in 2.0s)');
    expect(said).toContain('came from 4.5 times a second (9 of 10 trials in 2.0s)');
    expect(said).toContain('replay.json');
    expect(said).toContain('unit=4KiB cheaper 20 of 100 10 4.5 (9 of 10) accepted');
    expect(said).toContain('all of it, again confirmed');
    expect(said).toContain('accepted from 0.5 times its rate on, stronger ones from 2 times');
  });

  test('the strongest provocation, or that there was none', () => {
    expect(flat(shrunk())).toContain(
      'No provocation raised the rate to 2 times (tried: readers=2)',
    );
    const stronger = tried({
      factor: 'readers',
      aim: 'stronger',
      levels: { ...SHORT, readers: 4 },
      candidate: count(30, 100, 2),
      incumbent: count(9, 100, 2),
    });
    expect(flat(shrunk({ tried: [stronger] }))).toContain(
      'The strongest provocation is readers=4, 3.3 times as often as without.',
    );
  });

  test('a provocation without which nothing failed is no infinite factor', () => {
    const stronger = tried({
      factor: 'readers',
      aim: 'stronger',
      levels: { ...SHORT, readers: 4 },
      incumbent: count(0, 13, 2),
    });
    const said = flat(shrunk({ tried: [stronger, stronger] }));
    expect(said).toContain('provocation is readers=4, not seen without it: 0 of 13.');
    expect(said).not.toContain('Infinity');
  });

  test('an unfinished search says so', () => {
    const open = shrunk({ confirmed: false, tried: TRIED.slice(0, 1), stopped: 'time was up' });
    expect(flat(open)).toContain('SHRUNK, not confirmed yet: ');
    expect(flat(open)).toContain('Exit code 1: it fails; a smaller trial is not confirmed');
    expect(flat(open)).toContain('(9 of 10 trials in 2.0s), but not in turn with it.');
    expect(flat(shrunk())).toContain('(9 of 10 trials in 2.0s), in turn with it.');
    const early = { shrunk: START, tried: [tried({ decision: 'open' })], confirmed: false };
    expect(flat(shrunk(early))).toContain('OPEN: nothing could be compared yet');
    expect(flat(shrunk(early))).toContain('undecided');
  });

  test('where nothing smaller fails as often, the plan has the trial as it was', () => {
    const same = { shrunk: START, tried: [tried({ decision: 'rejected' })], confirmed: false };
    expect(flat(shrunk(same))).toContain('NOT SHRUNK: nothing smaller fails as often');
  });

  test.each([60, 78, 100])('fits %i columns, but for paths and commands', (width) => {
    for (const line of text(shrunk(), width).split('\n')) {
      if (!line.includes('/mnt')) expect(line.length, line).toBeLessThanOrEqual(width);
    }
  });
});

test('speeds with two digits, and a bound where nothing failed', () => {
  expect(speedText(count(9, 10, 2))).toBe('4.5');
  expect(speedText(count(1, 100, 77))).toBe('0.013');
  expect(speedText(count(4000, 9000, 2))).toBe('2,000');
  expect(speedText(count(0, 10, 2))).toBe('under 1.5');
  expect(speedText(count(0, 0, 0))).toBe('-');
});

test('exit codes', () => {
  const none = count(0, 10, 2);
  expect(shrinkExit(shrunk()).code).toBe(1);
  expect(shrinkExit(shrunk({ stopped: 'interrupted' })).code).toBe(130);
  const silent = { tried: [], rates: { start: none, shrunk: none } };
  expect(shrinkExit(shrunk(silent)).code).toBe(3);
});
