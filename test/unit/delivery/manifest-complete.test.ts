// The rule that compares the file with its marker, on a real folder: planted (the marker was
// written too early), clean, near-miss (one byte), and how often the content is read for it.

import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderObserver } from '../../../src/delivery/folder-observer.ts';
import { encodeMarker, markerOf } from '../../../src/delivery/marker.ts';
import { RULES } from '../../../src/delivery/rules.ts';
import type { FolderContent, FolderLook, RuleWatch } from '../../../src/domain/delivery.ts';
import type { MediumConnection } from '../../../src/domain/medium.ts';
import { connectMedium } from '../../../src/medium/media.ts';
import { OperationError } from '../../../src/medium/operation-error.ts';

const PART = 65_536;
const BYTES = 8 * PART;
const WHOLE = Uint8Array.from({ length: BYTES }, (_, at) => (at * 31 + (at >> 8)) & 0xff);
const LAST = BYTES - PART;

let folder: string;
let connection: MediumConnection;
let observer: FolderObserver;
/** Of each read, what was read. */
let reads: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heisenwrite-manifest-complete-'));
  connection = await connectMedium(pathToFileURL(folder).href);
  const { client } = connection;
  observer = new FolderObserver({ client, path: '/', directory: null, sights: new Set() });
  reads = [];
});

afterEach(async () => {
  observer.close();
  await connection.client.close();
  rmSync(folder, { recursive: true });
});

function begun(rule: string, content: FolderContent | null = counted()): RuleWatch {
  const found = RULES.find(({ name }) => name === rule);
  if (!found) throw new Error(`no rule ${rule}`);
  const { signal } = new AbortController();
  return found.begin({ settleMs: 1, directory: null, content, signal });
}

function counted(): FolderContent {
  const { client } = connection;
  return {
    path: '',
    client: {
      status: (path) => client.status(path),
      read(path, offset, into) {
        reads.push(path);
        return client.read(path, offset, into);
      },
    },
  };
}

/** @param atMs moves the look on the clock of the rule */
async function seen(atMs?: number): Promise<FolderLook> {
  const look = await observer.look();
  return { ...look, atMs: atMs ?? Math.round(look.atMs) };
}

function put(name: string, bytes: Uint8Array): void {
  writeFileSync(join(folder, name), bytes);
}

function mark(name: string, bytes: Uint8Array, length = bytes.length): void {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  put(markerOf(name), encodeMarker({ name, bytes: length, sha256 }));
}

function patch(name: string, offset: number, bytes: Uint8Array): void {
  const file = openSync(join(folder, name), 'r+');
  writeSync(file, bytes, 0, bytes.length, offset);
  closeSync(file);
}

/** Whole seconds, as SFTP gives them. */
function stampTime(name: string): void {
  utimesSync(join(folder, name), 1_700_000_000, 1_700_000_000);
}

const contentReads = (name: string) => reads.filter((path) => path === `/${name}`).length;

describe('planted: the marker is written before the last part', () => {
  it('of a file that has its length already: fools marker-present alone', async () => {
    const [credulous, isReady] = [begun('marker-present'), begun('manifest-complete')];
    put('a', new Uint8Array(BYTES));
    patch('a', 0, WHOLE.subarray(0, LAST));
    mark('a', WHOLE);
    const early = await seen();
    expect(await credulous('a', early)).toBe(true);
    expect(await isReady('a', early)).toBe(false);
    expect(contentReads('a')).toBeGreaterThan(0);
    patch('a', LAST, WHOLE.subarray(LAST));
    // The clock of the rule goes on, as a write may leave the time of a write just before it.
    expect(await isReady('a', await seen(early.atMs + 2000))).toBe(true);
  });

  it('of one that still grows: it is not even read', async () => {
    const [credulous, isReady] = [begun('marker-present'), begun('manifest-complete')];
    put('a', WHOLE.subarray(0, LAST));
    mark('a', WHOLE);
    const early = await seen();
    expect([await credulous('a', early), await isReady('a', early)]).toEqual([true, false]);
    expect(contentReads('a')).toBe(0);
    patch('a', LAST, WHOLE.subarray(LAST));
    expect(await isReady('a', await seen())).toBe(true);
  });

  it('and the last part comes within the second that its time of modification tells', async () => {
    const isReady = begun('manifest-complete');
    put('a', new Uint8Array(BYTES));
    mark('a', WHOLE);
    stampTime('a');
    const first = await seen();
    expect(await isReady('a', first)).toBe(false);
    put('a', WHOLE);
    stampTime('a');
    expect(await isReady('a', await seen(first.atMs + 1999))).toBe(false);
    expect(await isReady('a', await seen(first.atMs + 2000))).toBe(true);
  });
});

describe('clean', () => {
  it.each([0, 1, BYTES])('a file of %i bytes whose marker follows it', async (bytes) => {
    const isReady = begun('manifest-complete');
    put('a', WHOLE.subarray(0, bytes));
    expect(await isReady('a', await seen())).toBe(false);
    expect(reads).toEqual([]);
    mark('a', WHOLE.subarray(0, bytes));
    expect(await isReady('a', await seen())).toBe(true);
  });

  it('is ready from then on without being read again', async () => {
    const isReady = begun('manifest-complete');
    put('a', WHOLE);
    mark('a', WHOLE);
    const { atMs } = await seen();
    expect(await isReady('a', await seen(atMs))).toBe(true);
    const once = contentReads('a');
    for (const ms of [10, 5000]) expect(await isReady('a', await seen(atMs + ms))).toBe(true);
    expect(contentReads('a')).toBe(once);
  });
});

describe('near-miss', () => {
  it('one byte differs: never ready, however often it is looked at, and read twice', async () => {
    const isReady = begun('manifest-complete');
    put('a', WHOLE);
    patch('a', LAST + 5, Uint8Array.of((WHOLE[LAST + 5] as number) ^ 1));
    mark('a', WHOLE);
    const { atMs } = await seen();
    for (let ms = 0; ms < 60_000; ms += 500) {
      expect(await isReady('a', await seen(atMs + ms))).toBe(false);
    }
    const perReading = Math.ceil(BYTES / (4 * 2 ** 20));
    expect(contentReads('a')).toBe(2 * perReading);
  });

  it('one byte more, or less, than the marker says: never read', async () => {
    const isReady = begun('manifest-complete');
    put('a', WHOLE);
    for (const length of [BYTES - 1, BYTES + 1]) {
      mark('a', WHOLE, length);
      expect(await isReady('a', await seen())).toBe(false);
    }
    expect(contentReads('a')).toBe(0);
  });

  it('a marker of another name, half a marker, and none of ours', async () => {
    const isReady = begun('manifest-complete');
    put('a', WHOLE);
    mark('b', WHOLE);
    expect(await isReady('a', await seen())).toBe(false);
    const sha256 = createHash('sha256').update(WHOLE).digest('hex');
    const marker = encodeMarker({ name: 'a', bytes: BYTES, sha256 });
    const others = [
      encodeMarker({ name: 'b', bytes: BYTES, sha256 }),
      marker.subarray(0, marker.length / 2),
      new Uint8Array(0),
      Buffer.from(`{"bytes":${BYTES}}`),
    ];
    for (const other of others) {
      put('a.ready', other);
      expect(await isReady('a', await seen())).toBe(false);
    }
    expect(contentReads('a')).toBe(0);
    put('a.ready', marker);
    expect(await isReady('a', await seen())).toBe(true);
  });

  it('a time that was set back is another time, too: it is read again', async () => {
    const isReady = begun('manifest-complete');
    put('a', new Uint8Array(BYTES));
    mark('a', WHOLE);
    expect(await isReady('a', await seen())).toBe(false);
    put('a', WHOLE);
    utimesSync(join(folder, 'a'), 1_600_000_000.5, 1_600_000_000.5);
    expect(await isReady('a', await seen())).toBe(true);
    expect(statSync(join(folder, 'a')).mtimeMs).toBe(1_600_000_000_500);
  });
});

describe('a medium', () => {
  it('that tells no time is read again every two seconds while it differs', async () => {
    const isReady = begun('manifest-complete');
    put('a', new Uint8Array(BYTES));
    mark('a', WHOLE);
    const { atMs } = await seen();
    const timeless = async (ms: number): Promise<FolderLook> => {
      const look = await seen(atMs + ms);
      const entries = [...look.files].map(
        ([name, file]) => [name, { ...file, modifiedMs: null }] as const,
      );
      return { ...look, files: new Map(entries) };
    };
    expect(await isReady('a', await timeless(0))).toBe(false);
    expect(await isReady('a', await timeless(2000))).toBe(false);
    put('a', WHOLE);
    expect(await isReady('a', await timeless(3999))).toBe(false);
    expect(await isReady('a', await timeless(4000))).toBe(true);
  });

  it('that does not answer is an error; a file that went away is only not ready', async () => {
    put('a', WHOLE);
    mark('a', WHOLE);
    const { client } = connection;
    const failed = new OperationError('read', '/a', 'ETIMEDOUT', 'nobody answers');
    const read = async (path: string, offset: number, into: Uint8Array) => {
      if (path === '/a') throw failed;
      return client.read(path, offset, into);
    };
    const status = (path: string) => client.status(path);
    const look = await seen();
    const failing = begun('manifest-complete', { client: { read, status }, path: '' });
    await expect(failing('a', look)).rejects.toBe(failed);
    rmSync(join(folder, 'a'));
    const isReady = begun('manifest-complete');
    expect(await isReady('a', look)).toBe(false);
    expect(await isReady('a', await seen())).toBe(false);
  });

  it('whose files may not be opened never has a ready one', async () => {
    put('a', WHOLE);
    mark('a', WHOLE);
    expect(await begun('manifest-complete', null)('a', await seen())).toBe(false);
  });
});
