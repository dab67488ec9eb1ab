// A file system that cannot share memory, as some network and FUSE mounts: strace makes mmap of the
// log's index fail with ENODEV, and the evidence has to do with a rollback journal.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEvidence } from '../../src/evidence/sqlite-store.ts';
import { requireOrSkip } from './requirements.ts';

const SCRIPT = `
const { openEvidence } = await import(process.argv[1]);
const store = await openEvidence(process.argv[2], { create: true });
await store.appendStop('first', 1, 1);
await store.close();
const again = await openEvidence(process.argv[2], { create: false });
await again.appendStop(again.notes.join(), 2, 2);
await again.close();
`;

test('without shared memory the evidence is as safe, and says how it is kept', async (context) => {
  requireOrSkip(context, 'strace');
  const directory = mkdtempSync('/var/tmp/heisenwrite-test-');
  try {
    const store = new URL('../../src/evidence/sqlite-store.ts', import.meta.url).href;
    const indexes = ['evidence.sqlite.creating-shm', 'evidence.sqlite-shm'];
    const traced = spawnSync(
      'strace',
      [
        ...['-f', '-qq', '-o', join(directory, 'trace')],
        ...indexes.flatMap((name) => ['-P', join(directory, name)]),
        ...['-e', 'trace=mmap', '-e', 'inject=mmap:error=ENODEV'],
        ...[process.execPath, '--input-type=module', '-e', SCRIPT, store, directory],
      ],
      { encoding: 'utf8' },
    );
    expect(traced.stderr).toBe('');
    expect(traced.status).toBe(0);
    const reader = await openEvidence(directory, { create: false, readOnly: true });
    const stops = await reader.stops();
    expect(stops.map(({ reason }) => reason)).toEqual([
      'first',
      expect.stringContaining('rollback journal'),
    ]);
    await reader.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
