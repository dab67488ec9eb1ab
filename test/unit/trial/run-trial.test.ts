// One trial: a directory of its own, everything that a workload needs, and `unknown` with a reason
// whenever the tester or the environment breaks.

import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import { directoryTrials } from '../../../src/cli/trials-place.ts';
import type { TrialOutcome } from '../../../src/domain/trial.ts';
import type { TrialSetting, Workload } from '../../../src/domain/workload.ts';
import { ActorPool } from '../../../src/trial/actor-pool.ts';
import { runTrial } from '../../../src/trial/run-trial.ts';
import { inDirectory } from '../../fixtures/actors/trial-setting.ts';
import { declared } from '../plan/workshop.ts';

const OUTCOME: TrialOutcome = {
  opportunities: { reads: 1, writes: 2, bytesRead: 3, bytesWritten: 4 },
  tallies: [{ promise: 'read-back', tries: 1, broken: 0 }],
  observations: [],
  failures: [],
};

function order(trialsDirectory: string, run: Workload['run'], trial = 3) {
  return {
    trial,
    cell: { index: 5, levels: { workload: 'w' } },
    levels: { workload: 'w', size: 1 },
    workload: declared('w', [], { run }),
    rng: createRng('seed').fork(`trial-${trial}`),
    hunt: '00112233445566ff',
    place: directoryTrials(trialsDirectory),
  };
}

describe('runTrial', () => {
  test('the workload gets an empty directory, its levels, and file numbers of its own', () =>
    inDirectory(async (directory) => {
      const settings: TrialSetting[] = [];
      const run: Workload['run'] = async (setting) => {
        settings.push(setting);
        expect(readdirSync(setting.directory)).toEqual([]);
        return OUTCOME;
      };
      const record = await runTrial(order(directory, run), new ActorPool());
      await runTrial(order(directory, run, 4), new ActorPool());
      expect(record).toMatchObject({
        trial: 3,
        cell: { index: 5, levels: { workload: 'w' } },
        seed: 'seed/trial-3',
        outcome: OUTCOME,
      });
      expect(record.durationMs).toBeGreaterThanOrEqual(0);
      expect(settings.map((each) => each.directory)).toEqual([
        join(directory, 'trial-3'),
        join(directory, 'trial-4'),
      ]);
      expect(settings[0]).toMatchObject({ trial: 3, levels: { size: 1 }, firstFile: 24 });
      expect(settings[1]?.firstFile).toBe(32);
    }));

  test('a workload that rejects is unknown, with the first line of the reason', () =>
    inDirectory(async (directory) => {
      const run = () => Promise.reject(new Error('the reader died\n    at some.ts:1'));
      const { outcome } = await runTrial(order(directory, run), new ActorPool());
      expect(outcome).toEqual({
        opportunities: { reads: 0, writes: 0, bytesRead: 0, bytesWritten: 0 },
        tallies: [],
        observations: [],
        failures: [],
        unknown: 'the reader died',
      });
    }));

  test('a directory that cannot be made is unknown, and the workload is not run', () =>
    inDirectory(async (directory) => {
      mkdirSync(join(directory, 'trial-3'));
      let ran = false;
      const run = () => {
        ran = true;
        return Promise.resolve(OUTCOME);
      };
      const taken = await runTrial(order(directory, run), new ActorPool());
      expect(taken.outcome.unknown).toMatch(/EEXIST/);
      const absent = await runTrial(order(join(directory, 'none'), run), new ActorPool());
      expect(absent.outcome.unknown).toMatch(/ENOENT/);
      expect(ran).toBe(false);
      expect(existsSync(join(directory, 'none'))).toBe(false);
    }));
});
