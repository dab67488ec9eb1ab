// From evidence to report: what is counted as what, and which verdict follows. The evidence is a
// list in memory, so that every odd course of a hunt can be laid out.

import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../src/base/assert.ts';
import type { Cell } from '../../../src/domain/cell.ts';
import type { Rig } from '../../../src/domain/hunt-report.ts';
import type { EvidenceStore, HuntHeader, StoredTrial } from '../../../src/domain/ports.ts';
import type { Diagnosis, Judgement, Verdict } from '../../../src/domain/trial.ts';
import { compileReport } from '../../../src/report/compile-report.ts';
import { HEADER, sampleFinding } from '../evidence/sample-records.ts';

const CELLS: readonly Cell[] = [
  { index: 0, levels: { workload: 'roundtrip', size: 4096 } },
  { index: 1, levels: { workload: 'roundtrip', size: 65_536 } },
];

const PASSED: Rig = { passed: true, checks: [{ name: 'space', passed: true, detail: 'enough' }] };
const FAILED: Rig = { passed: false, checks: [{ name: 'space', passed: false, detail: 'none' }] };

const TORN: Diagnosis = {
  observation: 0,
  promise: 'unit-atomic',
  damage: [
    { kind: 'torn', offset: 0, length: 8, because: '' },
    { kind: 'torn', offset: 64, length: 8, because: '' },
    { kind: 'zeroed', offset: 128, length: 8, because: '' },
  ],
  layer: 'transient',
  layerBecause: '',
};

function trial(
  number: number,
  verdict: Verdict | null,
  parts: Partial<Judgement> & { cell?: number; failures?: StoredTrial['outcome']['failures'] } = {},
): StoredTrial {
  const { cell = 0, failures = [], ...judgement } = parts;
  return {
    trial: number,
    cell: CELLS[cell] as Cell,
    seed: `s/${number}`,
    startedAtMs: 0,
    durationMs: 500,
    outcome: {
      opportunities: { reads: 10, writes: 5, bytesRead: 100, bytesWritten: 50 },
      tallies: [{ promise: 'read-back', tries: 10, broken: verdict === 'damaged' ? 1 : 0 }],
      failures,
    },
    observations: 0,
    judgement: verdict && { verdict, damage: [], described: [], ...judgement },
  };
}

interface Laid {
  readonly trials?: readonly StoredTrial[];
  readonly rigs?: readonly Rig[];
  readonly stops?: Awaited<ReturnType<EvidenceStore['stops']>>;
  readonly findings?: Awaited<ReturnType<EvidenceStore['findings']>>;
  readonly header?: Partial<HuntHeader>;
  readonly cells?: readonly Cell[];
}

function compiled({
  trials = [],
  rigs = [PASSED],
  stops = [],
  findings = [],
  header,
  ...laid
}: Laid) {
  const refused = () => Promise.reject(new InvariantError('a report writes nothing'));
  const store: EvidenceStore = {
    begin: refused,
    appendTrial: refused,
    appendJudgement: refused,
    dropBytes: refused,
    appendFinding: refused,
    appendRig: refused,
    appendStop: refused,
    unjudged: refused,
    close: refused,
    header: async () => ({ ...HEADER, ...header }),
    trials: async function* () {
      yield* trials;
    },
    findings: async () => findings,
    rigs: async () => rigs,
    stops: async () => stops,
  };
  return compileReport(
    store,
    laid.cells ?? CELLS,
    {},
    { add: () => {}, signature: () => null },
    { add: () => {}, facts: () => null },
  );
}

function several(count: number, verdict: Verdict): StoredTrial[] {
  return Array.from({ length: count }, (_, at) => trial(at + 1, verdict));
}

describe('verdicts', () => {
  test.each<[string, Laid, Verdict]>([
    ['no trial', {}, 'unknown'],
    ['clean trials', { trials: several(3, 'clean') }, 'clean'],
    ['no rig check', { trials: several(3, 'clean'), rigs: [] }, 'unknown'],
    ['a rig check failed once', { trials: several(3, 'clean'), rigs: [FAILED, PASSED] }, 'unknown'],
    ['only unknown trials', { trials: several(3, 'unknown') }, 'unknown'],
    ['a twentieth unknown', { trials: [...several(19, 'clean'), trial(20, 'unknown')] }, 'clean'],
    ['more unknown', { trials: [...several(18, 'clean'), trial(19, 'unknown')] }, 'unknown'],
    ['one failed', { trials: [...several(9, 'clean'), trial(10, 'failed')] }, 'failed'],
    ['damage outweighs', { trials: [trial(1, 'failed'), trial(2, 'damaged')] }, 'damaged'],
    ['damage, rig failed later', { trials: several(1, 'damaged'), rigs: [FAILED] }, 'damaged'],
    ['recorded, never judged', { trials: [trial(1, null)] }, 'unknown'],
  ])('%s: %s', async (_, laid, verdict) => {
    expect((await compiled(laid)).verdict).toBe(verdict);
  });
});

describe('counts', () => {
  test('unknown trials enter no rate, no tally and no opportunity', async () => {
    const report = await compiled({
      trials: [trial(1, 'clean'), trial(2, 'damaged'), trial(3, 'unknown'), trial(4, null)],
    });
    expect(report.trials).toEqual({ clean: 1, damaged: 1, failed: 0, unknown: 2 });
    expect(report.cells[0]).toMatchObject({ trials: 4, damaged: 1, unknown: 2, rate: 0.5 });
    expect(report.cells[0]?.promises[0]).toMatchObject({ tries: 20, broken: 1, expected: true });
    expect(report.opportunities).toEqual({
      reads: 20,
      writes: 10,
      bytesRead: 200,
      bytesWritten: 100,
    });
    expect(report.unknowns).toEqual([
      { because: 'no reason was recorded', count: 1 },
      { because: 'recorded and not judged: the hunt was killed in between', count: 1 },
    ]);
  });

  test('a cell that was never tried says so, and claims no rate', async () => {
    const report = await compiled({ trials: [trial(1, 'clean')] });
    expect(report.cells.length).toBe(2);
    expect(report.cells[1]).toMatchObject({ trials: 0, rate: null, low: null, high: null });
    expect(report.cells[0]).toMatchObject({ trials: 1, rate: 0, low: 0, high: 0.95 });
    expect(report.factors).toEqual([
      { factor: 'workload', levels: ['roundtrip'] },
      { factor: 'size', levels: [4096, 65_536] },
    ]);
  });

  test('a kind counts once a diagnosis, however many ranges it has', async () => {
    const report = await compiled({
      trials: [
        trial(1, 'clean', { described: [TORN] }),
        trial(2, 'damaged', { damage: [TORN, TORN] }),
      ],
    });
    const promise = report.cells[0]?.promises.find((each) => each.promise === 'unit-atomic');
    expect(promise?.kinds).toEqual([
      { promise: 'unit-atomic', kind: 'torn', count: 3 },
      { promise: 'unit-atomic', kind: 'zeroed', count: 3 },
    ]);
    expect(promise?.expected).toBe(false);
  });

  test('time to the first damage counts the trial time of its own cell', async () => {
    const report = await compiled({
      trials: [
        trial(1, 'clean'),
        trial(2, 'clean', { cell: 1 }),
        trial(3, 'damaged'),
        trial(4, 'damaged'),
      ],
    });
    expect(report.cells.map((cell) => cell.firstDamageSeconds)).toEqual([1, null]);
  });

  test('failures are gathered by call and errno', async () => {
    const failure = (operation: string, errno: string) => ({
      actor: 'writer-0',
      operation,
      file: 'data',
      errno,
      message: `${errno} at ${operation}`,
      atNs: '1',
    });
    const report = await compiled({
      trials: [
        trial(1, 'failed', { failures: [failure('write', 'EIO'), failure('write', 'EIO')] }),
        trial(2, 'failed', { failures: [failure('close', 'EIO')] }),
      ],
    });
    expect(report.failures).toEqual([
      { operation: 'write', errno: 'EIO', count: 2, example: 'EIO at write' },
      { operation: 'close', errno: 'EIO', count: 1, example: 'EIO at close' },
    ]);
  });

  test('departing trials without a finding of their own are counted', async () => {
    const trials = [1, 2, 3].map((number) => trial(number, 'damaged', { damage: [TORN] }));
    const report = await compiled({ trials, findings: [sampleFinding(1)] });
    expect(report.findingsNotKept).toBe(2);
  });
});

describe('the course of the hunt', () => {
  test('one that was killed has no end, and lasted as long as its trials', async () => {
    const report = await compiled({ trials: several(4, 'clean') });
    expect(report).toMatchObject({ endedAt: null, seconds: 2 });
    expect(report.stopped).toMatch(/^not ended: it was killed, or is still running$/);
  });

  test('one that was resumed lasted as long as all its runs, and ended as the last', async () => {
    const stops = [
      { reason: 'interrupted', atMs: 1000, trialSeconds: 7 },
      { reason: 'time was up', atMs: 60_000, trialSeconds: 30 },
    ];
    const report = await compiled({ trials: several(1, 'clean'), stops });
    expect(report).toMatchObject({ seconds: 37, stopped: 'time was up' });
    expect(report.endedAt).toBe('1970-01-01T00:01:00.000Z');
  });

  test('one that was resumed after its last stop and then killed did not end', async () => {
    const stops = [{ reason: 'interrupted', atMs: 1000, trialSeconds: 7 }];
    const trials = [trial(1, 'clean'), { ...trial(2, 'clean'), startedAtMs: 2000 }];
    const report = await compiled({ trials, stops });
    expect(report).toMatchObject({ endedAt: null, seconds: 7 });
    expect(report.stopped).toMatch(/^not ended/);
  });

  test('a check that failed at any time stays failed; else its last result counts', async () => {
    const later: Rig = { passed: true, checks: [{ name: 'clock', passed: true, detail: 'later' }] };
    const clock: Rig = { passed: true, checks: [{ name: 'clock', passed: true, detail: 'first' }] };
    const report = await compiled({
      trials: several(1, 'clean'),
      rigs: [FAILED, clock, PASSED, later],
    });
    expect(report.rig).toEqual({
      passed: false,
      checks: [
        { name: 'space', passed: false, detail: 'none' },
        { name: 'clock', passed: true, detail: 'later' },
      ],
    });
  });

  test('the file systems of several places are told apart by label', async () => {
    const header = {
      places: { a: '/a', b: '/b' },
      facts: { 'a: file system': 'ext4', 'b: file system': 'xfs' },
    };
    const cell = { workload: 'mailbox', unit: 4096, writer: 'buffered', reader: 'buffered' };
    const placed = ['a', 'b'].map((place, index) => ({ index, levels: { ...cell, place } }));
    const trials = placed.map((each, at) => ({
      ...trial(at + 1, 'clean'),
      cell: each,
      outcome: {
        ...trial(at + 1, 'clean').outcome,
        tallies: [{ promise: 'unit-atomic' as const, tries: 900, broken: at }],
      },
    }));
    const report = await compiled({ trials, header, cells: placed });
    expect(report.guarantees.map(({ words }) => words)).toEqual([
      expect.stringMatching(/^a: .*though ext4 does not promise it/),
      expect.stringMatching(/^b: .*torn, 1 of 900 reads/),
    ]);
  });
});
