// kill -9 at random moments, a few dozen times on the same evidence: every append that was
// acknowledged is there, none is invented, and the next run goes on.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createRng, freshSeed } from '../../../src/base/rng.ts';
import { openEvidence } from '../../../src/evidence/sqlite-store.ts';
import { CLEAN, HEADER, sampleTrial } from './sample-records.ts';

const KILLS = 36;
const CHILD = new URL('./appending-child.ts', import.meta.url).pathname;

/** What the child said before it was killed, `delayMs` after its first word. */
async function runAndKill(directory: string, mode: string, delayMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [CHILD, directory, mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    if (said === '') setTimeout(() => child.kill('SIGKILL'), delayMs);
    said += text;
  });
  const [code, signal] = await once(child, 'close');
  expect([code, signal]).toEqual([null, 'SIGKILL']);
  return said.split('\n').slice(0, -1);
}

function numbers(lines: readonly string[], word: string): number[] {
  return lines.filter((line) => line.startsWith(word)).map((line) => Number(line.split(' ')[1]));
}

test('kill -9 loses no acknowledged trial and invents none', async () => {
  const seed = process.env.HEISENWRITE_TEST_SEED ?? freshSeed();
  console.log(`kill test: HEISENWRITE_TEST_SEED=${seed}`);
  const rng = createRng(seed);
  const directory = mkdtempSync('/var/tmp/heisenwrite-test-');
  let acknowledged = 0;
  let judged = 0;
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const delayMs = rng.integer(0, 60);
      const said = await runAndKill(directory, kill === 0 ? 'create' : 'resume', delayMs);
      // What a run found when it began is as good as acknowledged: the next kill starts from there.
      acknowledged = Math.max(acknowledged, ...numbers(said, 'from'), ...numbers(said, 'trial'));
      judged = Math.max(judged, ...numbers(said, 'judged'));
      const store = await openEvidence(directory, { create: false, readOnly: true });
      expect(await store.header()).toEqual(HEADER);
      let last = 0;
      for await (const trial of store.trials()) {
        expect(trial.trial).toBe(last + 1);
        last = trial.trial;
        if (last <= judged) expect(trial.judgement).toEqual(CLEAN);
      }
      // One append may have been committed and not yet acknowledged when the signal came.
      expect(last - acknowledged).toBeGreaterThanOrEqual(0);
      expect(last - acknowledged).toBeLessThanOrEqual(1);
      // The first run may be killed before its first trial.
      const expected = last === 0 ? null : sampleTrial(last, last % 3);
      expect(await store.trial(last)).toEqual(expected);
      expect((await store.unjudged()).length).toBeLessThanOrEqual(1);
      await store.close();
    }
    expect(acknowledged).toBeGreaterThan(KILLS);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
