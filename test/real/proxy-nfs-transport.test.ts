// The NFS proxy where calls are late, answered twice, in another order or never, where records come
// in fragments and connections end, and NFSv4 as libnfs's own programs speak it.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { monotonicMs } from '../../src/base/clock.ts';
import { content, type FaultyNfs, manner, read, withFaultyNfs, write } from './faulty-nfs.ts';
import { requireOrSkip } from './requirements.ts';

const SIZE = 256 * 1024;
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

async function roundTrip(nfs: FaultyNfs): Promise<void> {
  const client = await nfs.connect();
  await write(client, '/a', GOOD);
  expect((await read(client, '/a', SIZE)).equals(GOOD)).toBe(true);
  await client.rename('/a', '/b');
  expect(nfs.stored('b').equals(GOOD)).toBe(true);
}

for (const fault of ['duplicate', 'reorder', 'slice:bytes=1000', 'slice:op=write+read,bytes=64']) {
  nfsTest(`${fault}: what a client must bear changes nothing`, async (nfs) => {
    nfs.plant(fault);
    await roundTrip(nfs);
    expect(nfs.receipts().length).toBeGreaterThan(1);
  });
}

nfsTest('replies pass each other', async (nfs) => {
  const client = await nfs.connect();
  await write(client, '/a', GOOD);
  nfs.plant('reorder:op=read,count=1');
  const order: number[] = [];
  const piece = async (index: number) => {
    await client.read('/a', index * 4096, new Uint8Array(4096));
    order.push(index);
  };
  await Promise.all([piece(0), piece(1)]);
  expect(order).toEqual([1, 0]);
});

nfsTest('a call that is never answered runs into the limit of the client', async (nfs) => {
  const client = await nfs.connect({ limitMs: 1500 });
  const file = await client.create('/a', manner('file-sync'));
  nfs.plant('dropped:op=write');
  expect(await errnoOf(file.write(0, GOOD))).toBe('ETIMEDOUT');
  expect(nfs.stored('a').equals(GOOD)).toBe(true);
});

nfsTest('a call takes longer, and data pass at a rate', async (nfs) => {
  const client = await nfs.connect();
  const timed = async (fault: string, act: () => Promise<unknown>) => {
    nfs.plant(fault);
    const begunMs = monotonicMs();
    await act();
    return monotonicMs() - begunMs;
  };
  const writing = () => write(client, '/a', GOOD);
  expect(await timed('latency:op=write,time=300ms', writing)).toBeGreaterThan(290);
  expect(await timed('rate:op=write,bytes=512KiB', writing)).toBeGreaterThan(480);
  const reading = () => read(client, '/a', SIZE);
  expect(await timed('rate:op=read,bytes=512KiB', reading)).toBeGreaterThan(480);
  expect(nfs.stored('a').equals(GOOD)).toBe(true);
});

nfsTest('a connection ends within a call, and the client makes another', async (nfs) => {
  const client = await nfs.connect();
  await write(client, '/a', GOOD);
  for (const fault of [
    'cut:op=read,bytes=1000,count=1',
    'reset:op=read,count=1',
    'cut:op=getattr,count=1',
  ]) {
    nfs.plant(fault);
    const call = fault.includes('getattr') ? client.length('/a') : read(client, '/a', SIZE);
    expect(await errnoOf(call), fault).toMatch(/^E(CONNRESET|NOTCONN|PIPE)$/);
    expect(nfs.receipts(), fault).toHaveLength(1);
    expect((await read(client, '/a', SIZE)).equals(GOOD)).toBe(true);
  }
  nfs.plant('cut:op=write,bytes=1000,count=1');
  const file = await client.open('/a', manner('file-sync'));
  expect(await errnoOf(file.write(0, content(SIZE, 5)))).toMatch(/^E(CONNRESET|NOTCONN|PIPE)$/);
  // The server had the beginning of a record, which is no call.
  expect(nfs.stored('a').equals(GOOD)).toBe(true);
});

nfsTest('a server that is not there: the proxy says so and stays', async (nfs) => {
  await write(await nfs.connect(), '/a', GOOD);
  await nfs.server.kill();
  const port = Number(new URL(nfs.url).searchParams.get('nfsport'));
  const refused = once(connect(port, '127.0.0.1'), 'data');
  await expect(refused).rejects.toThrow(/ECONNRESET/);
  expect(nfs.notes.join()).toMatch(/^127.0.0.1:\d+ cannot be reached \(ECONNREFUSED\)/);
  await nfs.server.restart();
  expect((await read(await nfs.connect(), '/a', SIZE)).equals(GOOD)).toBe(true);
});

nfsTest('NFSv4: programs of libnfs, with faults in the operations of a COMPOUND', async (nfs) => {
  const { exported } = nfs.server;
  const port = new URL(nfs.url).searchParams.get('nfsport');
  const url = (name: string) => `nfs://127.0.0.1${exported}/${name}?version=4&nfsport=${port}`;
  const small = GOOD.subarray(0, 1500);
  writeFileSync(join(exported, 'big'), GOOD);
  writeFileSync(join(exported, 'local'), small);
  const copy = async (name: string) => {
    await execa('nfs-cp', [join(exported, 'local'), url(name)]);
    return nfs.stored(name);
  };
  const cat = () => execa('nfs-cat', [url('big')], { encoding: 'buffer', reject: false });
  expect((await copy('clean')).equals(small)).toBe(true);
  expect(Buffer.from((await cat()).stdout).equals(GOOD)).toBe(true);
  nfs.plant('zero:op=write,bytes=100,path=*/zeroed', 'flip:op=read,word=5,mask=0xff');
  expect((await copy('not-zeroed')).equals(small)).toBe(true);
  expect((await copy('zeroed')).subarray(0, 100)).toEqual(Buffer.alloc(100));
  const flipped = Buffer.from((await cat()).stdout);
  expect((flipped[40] as number) ^ (GOOD[40] as number)).toBe(0xff);
  nfs.plant('lost:op=write');
  expect(await copy('lost')).toHaveLength(0);
  nfs.plant('errno:op=read,errno=EIO');
  expect((await cat()).exitCode).not.toBe(0);
  nfs.plant('errno:op=write,errno=ENOSPC');
  const refused = execa('nfs-cp', [join(exported, 'local'), url('refused')]);
  await expect(refused).rejects.toThrow();
  expect(nfs.receipts()).toMatchObject([{ what: 'ENOSPC', path: `${exported}/refused` }]);
  nfs.plant('slice:bytes=100', 'duplicate:op=getattr');
  expect((await copy('sliced')).equals(small)).toBe(true);
  nfs.plant('torn:op=write,bytes=700');
  expect((await copy('torn')).equals(small.subarray(0, 700))).toBe(true);
});
