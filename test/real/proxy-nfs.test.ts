// The NFS proxy between our client of libnfs and a real nfs-ganesha: each fault planted, found by
// what the client says or by what the server has; the calls beside it clean.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { verifyFile } from '../../src/diagnose/files.ts';
import type { MediumFile } from '../../src/domain/medium.ts';
import { writeStampedFile } from '../../src/stamp/stamped-file.ts';
import { content, type FaultyNfs, manner, read, withFaultyNfs, write } from './faulty-nfs.ts';
import { requireOrSkip } from './requirements.ts';

const KIB = 1024;
const SIZE = 256 * KIB;
const GOOD = content(SIZE);

function nfsTest(name: string, body: (setting: FaultyNfs) => Promise<void>): void {
  test(name, async (context) => {
    requireOrSkip(context, 'root', 'ganesha');
    await withFaultyNfs(body);
  });
}

async function errnoOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'it succeeded',
    (error: { errno?: string; message: string }) => error.errno ?? error.message,
  );
}

async function writeAndSync(file: MediumFile): Promise<void> {
  await file.write(0, GOOD);
  await file.sync();
}

/** First and last place, exclusive, at which two contents differ; null where they do not. */
function difference(a: Buffer, b: Buffer): readonly [number, number] | null {
  let from = 0;
  const length = Math.max(a.length, b.length);
  while (from < length && a[from] === b[from]) from++;
  if (from === length) return null;
  let to = length;
  while (a[to - 1] === b[to - 1]) to--;
  return [from, to];
}

nfsTest('without faults everything passes, and names are learnt', async (nfs) => {
  const client = await nfs.connect();
  await client.makeDirectory('/deep/down');
  await write(client, '/deep/down/a', GOOD);
  await client.rename('/deep/down/a', '/deep/b');
  expect(await read(client, '/deep/b', SIZE)).toEqual(GOOD);
  expect(await client.length('/deep/b')).toBe(SIZE);
  expect(nfs.receipts()).toEqual([]);
  // What was looked up while nothing was set is known once something is.
  nfs.plant('errno:op=read,errno=EIO,path=/deep/b');
  expect(await errnoOf(read(client, '/deep/b', SIZE))).toBe('NFS3ERR_IO');
  await client.removeTree('/deep');
  expect(nfs.counts()).toMatchObject({ untouched: 0 });
  expect(nfs.notes).toEqual([]);
});

nfsTest('a call fails with the status of an errno, and nothing is done', async (nfs) => {
  const client = await nfs.connect();
  await write(client, '/a', GOOD);
  const refused = async (fault: string, call: () => Promise<unknown>) => {
    nfs.plant(fault);
    const errno = await errnoOf(call());
    expect(nfs.receipts(), fault).toHaveLength(1);
    return errno;
  };
  const other = content(SIZE, 9);
  const open = await client.open('/a', manner('unstable'));
  const faults: [string, string, () => Promise<unknown>][] = [
    ['errno:op=write,errno=EACCES', 'NFS3ERR_ACCES', () => open.write(0, other)],
    ['errno:op=fsync,errno=ENOSPC', 'NFS3ERR_NOSPC', () => writeAndSync(open)],
    ['errno:op=truncate,errno=EDQUOT', 'NFS3ERR_DQUOT', () => open.truncate(5)],
    ['errno:op=read,errno=EIO', 'NFS3ERR_IO', () => read(client, '/a', 10)],
    ['errno:op=getattr,errno=SERVERFAULT', 'NFS3ERR_SERVERFAULT', () => client.length('/a')],
    ['errno:op=create,errno=EROFS', 'NFS3ERR_ROFS', () => client.create('/b', manner('any'))],
    ['errno:op=rename,errno=EXDEV', 'NFS3ERR_XDEV', () => client.rename('/a', '/b')],
    ['errno:op=unlink,errno=EPERM', 'NFS3ERR_PERM', () => client.removeTree('/a')],
    ['errno:op=mkdir,errno=ENAMETOOLONG', 'NFS3ERR_NAMETOOLONG', () => client.makeDirectory('/d')],
  ];
  for (const [fault, errno, call] of faults) expect(await refused(fault, call), fault).toBe(errno);
  nfs.plant();
  expect(await client.names('/')).toEqual(['a']);
  expect(difference(nfs.stored('a'), GOOD)).toBeNull();
  await open.write(0, other);
  await open.close();
  expect(difference(nfs.stored('a'), other)).toBeNull();
});

nfsTest('JUKEBOX is waited for, and a stale handle looked up anew', async (nfs) => {
  const client = await nfs.connect();
  await write(client, '/a', GOOD);
  nfs.plant('errno:op=read,errno=JUKEBOX,count=2', 'errno:op=read,errno=ESTALE,count=1');
  expect(difference(await read(client, '/a', SIZE), GOOD)).toBeNull();
  expect(nfs.receipts().map(({ what }) => what)).toEqual(['JUKEBOX', 'JUKEBOX', 'ESTALE']);
});

nfsTest('a call is carried out and fails', async (nfs) => {
  const client = await nfs.connect();
  nfs.plant('forwarded:op=write,errno=EIO');
  expect(await errnoOf(write(client, '/a', GOOD, 'file-sync'))).toBe('NFS3ERR_IO');
  expect(difference(nfs.stored('a'), GOOD)).toBeNull();
  nfs.plant('forwarded:op=unlink,errno=EIO');
  expect(await errnoOf(client.removeTree('/a'))).toBe('NFS3ERR_IO');
  expect(await client.names('/')).toEqual([]);
});

nfsTest('what is written is changed on its way, and acknowledged', async (nfs) => {
  const client = await nfs.connect();
  const stored = async (fault: string) => {
    nfs.plant(fault);
    await write(client, '/a', GOOD);
    expect(nfs.receipts()).toHaveLength(1);
    return nfs.stored('a');
  };
  expect(difference(await stored('flip:op=write,word=100,mask=0xffff'), GOOD)).toEqual([800, 802]);
  const zeroed = await stored('zero:op=write,at=4KiB,bytes=512');
  expect(zeroed.subarray(4 * KIB, 4 * KIB + 512)).toEqual(Buffer.alloc(512));
  const torn = await stored('torn:op=write,bytes=100KiB');
  expect(difference(torn, GOOD.subarray(0, 100 * KIB))).toBeNull();
  expect(
    difference(
      await stored('misdirect:op=write,by=8KiB'),
      Buffer.concat([Buffer.alloc(8 * KIB), GOOD]),
    ),
  ).toBeNull();
  expect(await stored('lost:op=write')).toHaveLength(0);
});

nfsTest('damage is found, and called right, by a stamped file alone', async (nfs) => {
  const client = await nfs.connect();
  const folder = mkdtempSync(join(tmpdir(), 'heisenwrite-stamped-'));
  const generation = async (number: number) => {
    const shape = { blockBytes: 4 * KIB, generation: number, pattern: 'stamp', seed: '1' } as const;
    const path = join(folder, String(number));
    await writeStampedFile(path, { ...shape, sizeBytes: SIZE });
    return readFileSync(path);
  };
  const kinds = async () => {
    const { damage } = await verifyFile(join(nfs.server.exported, 'stamped'));
    return damage.map(({ kind, offset, length }) => [kind, offset, length]);
  };
  const [older, newer] = [await generation(1), await generation(2)];
  rmSync(folder, { recursive: true });
  const rewrite = async (fault: string) => {
    nfs.plant();
    await write(client, '/stamped', older);
    nfs.plant(fault);
    const file = await client.open('/stamped', manner('any'));
    for (let at = 0; at < SIZE; at += 8 * KIB) {
      await file.write(at, newer.subarray(at, at + 8 * KIB));
    }
    await file.close();
    return kinds();
  };
  const inRange = 'op=write,path=/stamped,offset=16KiB-20KiB';
  expect(await rewrite('errno:op=write,errno=EIO,path=/other')).toEqual([]);
  expect(await rewrite(`lost:${inRange}`)).toEqual([['stale', 16 * KIB, 8 * KIB]]);
  expect(await rewrite(`torn:${inRange},bytes=4KiB`)).toEqual([['stale', 20 * KIB, 4 * KIB]]);
  expect(await rewrite(`zero:${inRange}`)).toEqual([['zeroed', 16 * KIB, 8 * KIB]]);
  const flipped = await rewrite(`flip:${inRange},word=100,mask=0x10`);
  expect(flipped.map(([kind]) => kind)).toEqual(['flipped']);
  const misdirected = await rewrite(`misdirect:${inRange}`);
  expect(misdirected.map(([kind]) => kind)).toContain('misdirected');
});

nfsTest('a short WRITE says so, and the client sends the rest', async (nfs) => {
  const client = await nfs.connect();
  nfs.plant('short:op=write,bytes=1000,count=3');
  await write(client, '/a', GOOD);
  expect(nfs.receipts().map(({ offset }) => offset)).toEqual([0, 1000, 2000]);
  expect(difference(nfs.stored('a'), GOOD)).toBeNull();
});

nfsTest('only all-ones words, only unstable writes: near misses stay clean', async (nfs) => {
  const client = await nfs.connect();
  const ones = Buffer.from(GOOD);
  ones.fill(0xff, 4096, 4104);
  nfs.plant('flip:op=write,content=ones,mask=0xffffffff,without=O_SYNC');
  await write(client, '/no-ones', GOOD);
  await write(client, '/stable', ones, 'file-sync');
  expect(nfs.receipts()).toEqual([]);
  await write(client, '/ones', ones, 'unstable');
  expect(nfs.receipts()).toMatchObject([{ what: 'word 512 ^ 0xffffffff', path: '/ones' }]);
  expect(difference(nfs.stored('ones'), ones)).toEqual([4096, 4100]);
});

nfsTest('the verifier changes between WRITE and COMMIT, as after a restart', async (nfs) => {
  const client = await nfs.connect();
  const file = await client.create('/a', manner('unstable'));
  nfs.plant('verifier:op=fsync,count=1');
  await file.write(0, GOOD);
  const refused = file.sync();
  await expect(refused).rejects.toThrow(/write verifier changed from [0-9a-f]{16} to/);
  expect(await errnoOf(refused)).toBe('NFS3ERR_VERIFIER');
  // It is written again, and the new verifier stays, even when no fault is set.
  await file.write(0, GOOD);
  nfs.plant();
  await file.sync();
  await file.close();
  expect(difference(nfs.stored('a'), GOOD)).toBeNull();
});

nfsTest('a lost COMMIT has the right verifier; an error is told late', async (nfs) => {
  const client = await nfs.connect();
  nfs.plant('lost:op=fsync');
  await write(client, '/a', GOOD);
  expect(nfs.receipts()).toHaveLength(1);
  nfs.plant('late:op=write,errno=EIO,count=1');
  expect(await errnoOf(write(client, '/a', GOOD))).toBe('NFS3ERR_IO');
  expect(nfs.stored('a')).toHaveLength(0);
});

nfsTest('what is read is changed, and the server has what was written', async (nfs) => {
  const client = await nfs.connect();
  await write(client, '/a', GOOD);
  const seen = async (fault: string) => {
    nfs.plant(fault);
    const bytes = await read(client, '/a', SIZE);
    expect(nfs.receipts().length, fault).toBeGreaterThan(0);
    return difference(bytes, GOOD);
  };
  expect(await seen('flip:op=read,word=3,mask=0xff')).toEqual([24, 25]);
  expect(await seen('zero:op=read,at=1000,bytes=1')).toEqual([1000, 1001]);
  expect(await seen('short:op=read,bytes=100KiB,count=1')).toBeNull();
  expect(difference(nfs.stored('a'), GOOD)).toBeNull();
  nfs.plant('misdirect:op=read');
  const second = new Uint8Array(4 * KIB);
  await client.read('/a', 64 * KIB, second);
  expect(difference(Buffer.from(second), GOOD.subarray(60 * KIB, 64 * KIB))).toBeNull();
});

nfsTest('a READ is stale, and so are attributes', async (nfs) => {
  const client = await nfs.connect();
  nfs.plant('stale:op=read');
  const file = await client.create('/a', manner('any'));
  await file.write(0, GOOD);
  expect(difference(await read(client, '/a', SIZE), GOOD)).toBeNull();
  const other = content(8 * KIB, 99);
  await file.write(16 * KIB, other);
  await file.sync();
  expect(difference(await read(client, '/a', SIZE), GOOD)).toBeNull();
  expect(nfs.receipts()).toHaveLength(1);
  expect(difference(nfs.stored('a').subarray(16 * KIB, 24 * KIB), other)).toBeNull();
  nfs.plant('stale:op=getattr');
  expect(await client.length('/a')).toBe(SIZE);
  await file.truncate(5);
  expect(await client.length('/a')).toBe(SIZE);
  nfs.plant();
  expect(await client.length('/a')).toBe(5);
  await file.close();
});

nfsTest('WRITE is refused for a while after SIGHUP, as by a mount daemon', async (nfs) => {
  const client = await nfs.connect();
  const file = await client.create('/a', manner('any'));
  nfs.plant('errno:op=write,errno=EACCES,signal=SIGHUP,for=2s');
  await file.write(0, GOOD);
  expect(nfs.faults.signalled('SIGHUP')).toBe(1);
  expect(await errnoOf(file.write(0, GOOD))).toBe('NFS3ERR_ACCES');
  expect(difference(await read(client, '/a', SIZE), GOOD)).toBeNull();
  await sleep(2100);
  await file.write(0, GOOD);
  nfs.faults.signalled('SIGHUP');
  expect(await errnoOf(file.write(0, GOOD))).toBe('NFS3ERR_ACCES');
  await sleep(2100);
  await file.close();
});
