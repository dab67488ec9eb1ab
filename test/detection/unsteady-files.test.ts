// `verify` and `diagnose` of a file that somebody fills, appends to, replaces or touches meanwhile:
// they refuse, as what was read accuses nobody; and of one that is only read, they do not.

import {
  chmodSync,
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { FileDiagnosisOptions } from '../../src/diagnose/file-diagnosis.ts';
import { diagnoseFiles, verifyFile } from '../../src/diagnose/files.ts';
import { changed, scratch, stampedBytes } from './damaged-files.ts';

const files = scratch();
afterAll(files.remove);

const MIB = 2 ** 20;
const SIZE = 70 * MIB;
const WHOLE = stampedBytes(SIZE);
const HALF = changed(WHOLE, (copy) => copy.fill(0, 30 * MIB));

function written(path: string, bytes: Uint8Array, at: number): void {
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, bytes, 0, bytes.length, at);
  closeSync(descriptor);
}

/** The first report of progress is the moment in which `act` is done. */
function once(act: () => void): FileDiagnosisOptions {
  let done = false;
  const onProgress = () => {
    if (!done) act();
    done = true;
  };
  return { onProgress };
}

const CHANGES: [string, (path: string) => void, string][] = [
  ['filled in place', (path) => written(path, WHOLE.subarray(30 * MIB), 30 * MIB), 'written to'],
  ['appended to', (path) => writeFileSync(path, 'more', { flag: 'a' }), 'bytes long'],
  ['replaced', (path) => renameSync(files.put(WHOLE), path), 'replaced'],
  ['removed', (path) => rmSync(path), 'removed'],
  [
    'written to, with its old time of modification set again',
    (path) => {
      const { atime, mtime } = statSync(path);
      written(path, WHOLE.subarray(30 * MIB), 30 * MIB);
      utimesSync(path, atime, mtime);
    },
    'while it was read',
  ],
];

/** Written whole milliseconds ago, so that setting it again loses nothing. */
function settled(bytes: Uint8Array): string {
  const path = files.put(bytes);
  utimesSync(path, 1000, 1000);
  return path;
}

describe.each(CHANGES)(
  'a file that is %s meanwhile is refused',
  { timeout: 60_000 },
  (_what, act, words) => {
    it.each<[string, FileDiagnosisOptions]>([
      ['whole', {}],
      ['a range', { range: { from: 0, to: SIZE } }],
    ])('by verify, %s', async (_scope, options) => {
      const path = settled(HALF);
      const refused = verifyFile(path, { ...options, ...once(() => act(path)) });
      await expect(refused).rejects.toMatchObject({ code: 'read-failed' });
      await expect(refused).rejects.toThrow(words);
    });

    it('by diagnose, either of the two', async () => {
      for (const which of [0, 1] as const) {
        const pair = [settled(HALF), settled(WHOLE)] as const;
        const refused = diagnoseFiles(
          ...pair,
          once(() => act(pair[which])),
        );
        await expect(refused).rejects.toMatchObject({ code: 'read-failed' });
        await expect(refused).rejects.toThrow(words);
      }
    });
  },
);

describe('a file that nobody writes to is judged', { timeout: 60_000 }, () => {
  it('also right after it was written, and while others read it', async () => {
    const path = files.put(WHOLE);
    const reading = once(() => readFileSync(path));
    expect((await verifyFile(path, reading)).verdict).toBe('clean');
    const bad = files.put(HALF);
    expect(
      (
        await verifyFile(
          bad,
          once(() => readFileSync(bad)),
        )
      ).verdict,
    ).toBe('damaged');
  });

  it('also when its permissions had changed before', async () => {
    const path = files.put(WHOLE);
    chmodSync(path, 0o600);
    expect((await verifyFile(path)).verdict).toBe('clean');
  });
});
