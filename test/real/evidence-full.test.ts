// A real file system of a few MiB that fills while a hunt appends: a clear error, and nothing that
// was recorded before is lost.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HeisenwriteError } from '../../src/domain/errors.ts';
import { createHuntDirectory } from '../../src/evidence/hunt-directory.ts';
import { openEvidence } from '../../src/evidence/sqlite-store.ts';
import { HEADER, sampleTrial } from '../unit/evidence/sample-records.ts';
import { requireOrSkip } from './requirements.ts';

function mounted<T>(options: string, act: (place: string) => Promise<T>): Promise<T> {
  const root = mkdtempSync('/var/tmp/heisenwrite-test-');
  const place = join(root, 'place');
  mkdirSync(place);
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', place]);
  expect(mount.status).toBe(0);
  return act(place).finally(() => {
    spawnSync('umount', ['--lazy', place]);
    rmSync(root, { recursive: true });
  });
}

test('a disk that fills while a trial is recorded', async (context) => {
  requireOrSkip(context, 'root');
  await mounted('size=8M', async (place) => {
    const store = await openEvidence(place, { create: true });
    await store.begin(HEADER);
    let trial = 0;
    let failure: unknown = null;
    while (failure === null && trial < 5000) {
      trial++;
      await store.appendTrial(sampleTrial(trial, 5)).catch((error: unknown) => {
        failure = error;
      });
    }
    expect(failure).toBeInstanceOf(HeisenwriteError);
    expect(failure).toMatchObject({ code: 'no-space' });
    const recorded: number[] = [];
    for await (const stored of store.trials()) recorded.push(stored.trial);
    expect(recorded.length).toBe(trial - 1);
    expect(await store.trial(trial - 1)).toEqual(sampleTrial(trial - 1, 5));
    await store.close();
    const again = await openEvidence(place, { create: false });
    expect((await again.unjudged()).length).toBe(trial - 1);
    await again.close();
  });
});

test('places without space, without inodes and mounted read-only are refused', async (context) => {
  requireOrSkip(context, 'root');
  await mounted('size=2M', async (place) => {
    expect(() => createHuntDirectory(place, 'a')).toThrow(/has 2MiB free, and the hunt needs 4MiB/);
    expect(readdirSync(place)).toEqual([]);
  });
  await mounted('size=64M,nr_inodes=70', async (place) => {
    createHuntDirectory(place, 'a');
    for (let at = 0; at < 10; at++) writeFileSync(join(place, `${at}`), '');
    expect(() => createHuntDirectory(place, 'b')).toThrow(/inodes left/);
  });
  await mounted('size=64M,ro', async (place) => {
    expect(() => createHuntDirectory(place, 'a')).toThrow(
      expect.objectContaining({ code: 'place-not-writable' }),
    );
  });
});
