// WRITEs that the NFS proxy acknowledges and holds, between our client of libnfs and a real
// nfs-ganesha: carried out before a COMMIT (`delayed`), or as in the memory of a server that
// crashes (`unsynced`).

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { MediumFile } from '../../src/domain/medium.ts';
import { content, type FaultyNfs, manner, read, withFaultyNfs } from './faulty-nfs.ts';
import { requireOrSkip } from './requirements.ts';

const PART = 64 * 1024;
const PARTS = 4;
const SIZE = PARTS * PART;
const GOOD = content(SIZE);
const OTHER = content(SIZE, 99);

function nfsTest(name: string, body: (setting: FaultyNfs) => Promise<void>): void {
  test(name, async (context) => {
    requireOrSkip(context, 'root', 'ganesha');
    await withFaultyNfs(body);
  });
}

async function inParts(file: MediumFile, bytes: Buffer): Promise<void> {
  for (let at = 0; at < SIZE; at += PART) await file.write(at, bytes.subarray(at, at + PART));
}

async function errnoOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'it succeeded',
    (error: { errno?: string; message: string }) => error.errno ?? error.message,
  );
}

nfsTest('delayed: the server has it after the COMMIT, and not before', async (nfs) => {
  const client = await nfs.connect();
  const file = await client.create('/a', manner('unstable'));
  nfs.plant(`delayed:offset=${PART}-,until=fsync`);
  await inParts(file, GOOD);
  expect(nfs.stored('a').equals(GOOD.subarray(0, PART))).toBe(true);
  expect(nfs.receipts()).toHaveLength(PARTS - 1);
  await file.sync();
  expect(nfs.stored('a').equals(GOOD)).toBe(true);
  await file.close();
});

nfsTest('delayed: what was written meanwhile is written over, in either order', async (nfs) => {
  const client = await nfs.connect();
  for (const [until, last] of [
    ['fsync', OTHER],
    ['reversed', GOOD],
  ] as const) {
    const file = await client.create(`/${until}`, manner('unstable'));
    nfs.plant(`delayed:until=${until}`);
    await inParts(file, GOOD);
    await inParts(file, OTHER);
    await file.sync();
    expect(nfs.stored(until).equals(last), until).toBe(true);
    await file.close();
  }
});

nfsTest('delayed: what cannot be carried out is told at the COMMIT', async (nfs) => {
  const client = await nfs.connect();
  const file = await client.create('/a', manner('unstable'));
  nfs.plant('delayed');
  await file.write(0, GOOD);
  await nfs.server.setAccess('read-only');
  await sleep(500);
  expect(await errnoOf(file.sync())).toMatch(/^NFS3ERR_(ROFS|ACCES)$/);
});

nfsTest('unsynced: what was committed or looked at stays, the rest is lost', async (nfs) => {
  const client = await nfs.connect();
  const file = await client.create('/a', manner('unstable'));
  const seen = await client.create('/seen', manner('unstable'));
  nfs.plant('unsynced:signal=SIGUSR2');
  await file.write(0, GOOD.subarray(0, PART));
  await file.sync();
  await file.write(PART, GOOD.subarray(PART));
  await seen.write(0, GOOD);
  // Before it crashes a server shows what it has in memory.
  expect((await read(client, '/seen', SIZE)).equals(GOOD)).toBe(true);
  expect(nfs.stored('a')).toHaveLength(PART);
  nfs.faults.signalled('SIGUSR2');
  const [receipt, ...more] = nfs.receipts();
  expect(more).toEqual([]);
  expect(receipt).toMatchObject({ path: '/a', kind: 'unsynced', offset: PART });
  // A client that keeps to the protocol learns of it, and writes it again.
  expect(await errnoOf(file.sync())).toBe('NFS3ERR_VERIFIER');
  expect(nfs.stored('a').equals(GOOD.subarray(0, PART))).toBe(true);
  expect(nfs.stored('seen').equals(GOOD)).toBe(true);
  nfs.plant();
  await file.write(PART, GOOD.subarray(PART));
  await file.sync();
  expect(nfs.stored('a').equals(GOOD)).toBe(true);
});

nfsTest('unsynced: without a crash, and for durable WRITEs, nothing is lost', async (nfs) => {
  const client = await nfs.connect();
  nfs.plant('unsynced:signal=SIGUSR2');
  for (const stability of ['unstable', 'file-sync'] as const) {
    const file = await client.create(`/${stability}`, manner(stability));
    await inParts(file, GOOD);
    if (stability === 'file-sync') nfs.faults.signalled('SIGUSR2');
    await file.close();
    expect((await read(client, `/${stability}`, SIZE)).equals(GOOD)).toBe(true);
    expect(nfs.stored(stability).equals(GOOD)).toBe(true);
  }
  expect(nfs.receipts()).toEqual([]);
});

nfsTest('what is held outlives its fault and its client, until the next COMMIT', async (nfs) => {
  const client = await nfs.connect();
  const file = await client.create('/a', manner('unstable'));
  nfs.plant('delayed');
  await file.write(0, GOOD);
  nfs.plant();
  await client.close();
  expect(nfs.stored('a')).toHaveLength(0);
  const other = await nfs.connect();
  const same = await other.open('/a', manner('unstable'));
  await same.write(SIZE, Buffer.from('end'));
  await same.sync();
  expect(nfs.stored('a').equals(Buffer.concat([GOOD, Buffer.from('end')]))).toBe(true);
});

nfsTest('delayed: a durable WRITE, which no COMMIT follows, is carried out', async (nfs) => {
  const client = await nfs.connect();
  nfs.plant('delayed');
  const file = await client.create('/a', manner('file-sync'));
  await file.write(0, GOOD);
  expect(nfs.stored('a').equals(GOOD)).toBe(true);
  expect(nfs.receipts()).toEqual([]);
});
