// The case `lost-fragment` end to end, by the command that everybody uses: found, isolated,
// explained from the recordings of a receiver that aborted, fixed and proven.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCorosync } from '../../src/fleet/corosync.ts';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { caseRan } from './case-runs.ts';
import { heisenwrite, reportIn } from './command-line.ts';
import { requireOrSkip } from './requirements.ts';

const LIMIT_MS = 15 * 60_000;

test(
  'lost-fragment, from the first failure to the proof of its fix',
  () =>
    inDirectory(async (place) => {
      const words = ['lost-fragment', '--place', place, '--seed', 'lost'];
      const { report, exitCode, said } = await caseRan(words, place);
      expect(exitCode, said).toBe(0);
      expect(report.steps.map(({ step, shown }) => `${step} ${shown}`)).toEqual(
        ['found', 'isolated', 'explained', 'fixed', 'proven'].map((step) => `${step} true`),
      );
      const explained = report.steps[2]?.words.join(' ') ?? '';
      expect(explained).toContain('the receiver of checkpoints aborted (SIGABRT)');
      expect(explained).toMatch(/message 82 \(28 bytes\) was sent and never delivered/);
      expect(explained).toMatch(/message 81, sent with 1462 bytes, was delivered with 1490/);
      expect(report.kept).toBeNull();
    }),
  LIMIT_MS,
);

test(
  'the same hunt on a real corosync stays silent, with its bound',
  async (context) => {
    requireOrSkip(context, 'corosync');
    const corosync = await startCorosync();
    try {
      await inDirectory(async (place) => {
        const plan = join(import.meta.dirname, '../../cases/lost-fragment/plan.json');
        const words = ['hunt', plan, place, '--factor', 'channel=cpg', '--for', '30s', '--json'];
        const report = reportIn(await heisenwrite(words, place));
        expect(report.verdict).toBe('clean');
        expect(report.trials).toMatchObject({ damaged: 0, failed: 0, unknown: 0 });
        expect(report.words.join(' ')).toMatch(/at 95% certainty, under \d/);
      });
    } finally {
      await corosync.stop();
    }
  },
  LIMIT_MS,
);
