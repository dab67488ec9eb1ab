// A real file system of a few MiB that fills while a hunt appends: a clear error, and nothing that
// was recorded before is lost.

import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HeisenwriteError } from '../../src/domain/errors.ts';
import { createHuntDirectory } from '../../src/evidence/hunt-directory.ts';
import { openEvidence } from '../../src/evidence/sqlite-store.ts';
import { HEADER, sampleTrial } from '../unit/evidence/sample-records.ts';
import { onTmpfs, remount } from './mounted-place.ts';
import { requireOrSkip } from './requirements.ts';

test('a disk that fills while a trial is recorded', async (context) => {
  requireOrSkip(context, 'root');
  await onTmpfs('size=8M', async (place) => {
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
    await expect(openEvidence(place, { create: false })).rejects.toMatchObject({
      code: 'no-space',
    });
    const reader = await openEvidence(place, { create: false, readOnly: true });
    expect((await reader.unjudged()).length).toBe(trial - 1);
    await reader.close();
    remount(place, 'size=64M');
    const again = await openEvidence(place, { create: false });
    expect((await again.unjudged()).length).toBe(trial - 1);
    await again.close();
  });
});

test('places without space, without inodes and mounted read-only are refused', async (context) => {
  requireOrSkip(context, 'root');
  await onTmpfs('size=2M', async (place) => {
    expect(() => createHuntDirectory(place, 'a')).toThrow(/has 2MiB free, and the hunt needs 4MiB/);
    expect(readdirSync(place)).toEqual([]);
  });
  await onTmpfs('size=64M,nr_inodes=70', async (place) => {
    createHuntDirectory(place, 'a');
    for (let at = 0; at < 10; at++) writeFileSync(join(place, `${at}`), '');
    expect(() => createHuntDirectory(place, 'b')).toThrow(/inodes left/);
  });
  await onTmpfs('size=64M,ro', async (place) => {
    expect(() => createHuntDirectory(place, 'a')).toThrow(
      expect.objectContaining({ code: 'place-not-writable' }),
    );
  });
});

test('evidence on a read-only file system can be read, and not written', async (context) => {
  requireOrSkip(context, 'root');
  await onTmpfs('size=64M', async (place) => {
    const store = await openEvidence(place, { create: true });
    await store.begin(HEADER);
    await store.appendTrial(sampleTrial(1, 2));
    await store.close();
    remount(place, 'ro');
    const reader = await openEvidence(place, { create: false, readOnly: true });
    expect(reader.notes).toEqual([expect.stringContaining('immutable')]);
    expect(await reader.unjudged()).toEqual([sampleTrial(1, 2)]);
    await reader.close();
    await expect(openEvidence(place, { create: false })).rejects.toMatchObject({
      code: 'place-not-writable',
    });
  });
});
