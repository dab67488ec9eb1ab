// Every kind of fault that a mount plants, through the kernel: what programs are told, what they
// see, and what is in the directory below; and that nothing happens where its condition is not met.

import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FaultMount, startFaultMount, until } from './fault-mounts.ts';
import { attempt, filesOn } from './mounted-files.ts';
import { missing, requireOrSkip } from './requirements.ts';

const OLD = Buffer.alloc(16_384, 'o');
const NEW = Buffer.alloc(16_384, 'n');
const ONES = Buffer.alloc(8, 0xff);

describe('a fault of a mount', () => {
  let mount: FaultMount & { end(): Promise<void> };
  beforeAll(async () => {
    if (missing('fuse') === null) mount = await startFaultMount(['--seed', 'kinds']);
  });
  afterAll(() => mount?.end());
  beforeEach((context) => requireOrSkip(context, 'fuse'));
  afterEach(async () => {
    await mount.clear();
    await mount.receipts();
    for (const name of readdirSync(mount.below)) rmSync(join(mount.below, name));
  });
  const { path, below, put, write, read } = filesOn(() => mount);

  it.each(['EACCES', 'EIO', 'ENOSPC', 'ESTALE', 'EDQUOT', 'EROFS'])(
    'refuses with %s, and nothing is done',
    async (errno) => {
      put(OLD);
      await mount.set(`errno:op=write,errno=${errno},count=1`);
      expect(write(NEW)).toBe(errno);
      expect(below()).toEqual(OLD);
      expect(write(NEW)).toBe(NEW.length);
      expect(below()).toEqual(NEW);
    },
  );

  it('refuses each call that it names, and no other', async () => {
    const calls: Record<string, () => unknown> = {
      open: () => closeSync(openSync(path(), 'r')),
      create: () => closeSync(openSync(path('new'), 'wx')),
      read: () => read(10),
      write: () => write(NEW.subarray(0, 4)),
      fsync: () => withFile((fd) => fsyncSync(fd)),
      close: () => withFile(() => undefined),
      getattr: () => statSync(path()),
      truncate: () => withFile((fd) => ftruncateSync(fd, 5)),
      rename: () => renameSync(path(), path('other')),
    };
    const withFile = (use: (fd: number) => void) => {
      const fd = openSync(path(), 'r+');
      try {
        use(fd);
      } finally {
        closeSync(fd);
      }
    };
    for (const [op, call] of Object.entries(calls)) {
      put(OLD);
      await mount.set(`errno:op=${op},errno=EIO,path=file`, `errno:op=${op},errno=EIO,path=new`);
      const said = attempt(call);
      expect(said, op).toBe('EIO');
      expect(below(), op).toEqual(OLD);
      await mount.clear();
      expect(attempt(call), op).not.toBe('EIO');
      for (const name of readdirSync(mount.below)) rmSync(join(mount.below, name));
    }
  });

  it('carries a call out and calls it failed', async () => {
    put(OLD);
    await mount.set('forwarded:op=write,errno=EIO,count=1');
    expect(write(NEW)).toBe('EIO');
    expect(below()).toEqual(NEW);
  });

  it.each(['close', 'fsync'] as const)('loses a write and says so at %s only', async (at) => {
    put(OLD);
    await mount.set(`late:errno=EDQUOT,at=${at},count=1`);
    const fd = openSync(path(), 'r+');
    expect(writeSync(fd, NEW)).toBe(NEW.length);
    expect(attempt(() => fsyncSync(fd))).toBe(at === 'fsync' ? 'EDQUOT' : undefined);
    expect(attempt(() => fsyncSync(fd))).toBe(undefined);
    expect(attempt(() => closeSync(fd))).toBe(at === 'close' ? 'EDQUOT' : undefined);
    expect(below()).toEqual(OLD);
  });

  it('writes and reads short, and says so', async () => {
    put(OLD);
    await mount.set('short:bytes=100,count=1,op=write', 'short:op=read,count=1');
    // Node writes the rest at once by itself, so that only the mount knows.
    expect(write(NEW)).toBe(NEW.length);
    write(NEW.subarray(0, 200));
    expect(await mount.receipts()).toMatchObject([
      { offset: 0, length: NEW.length, what: `100 of ${NEW.length} bytes written` },
    ]);
    expect(read(4096).length).toBe(2048);
    expect(read(4096).length).toBe(4096);
    expect(below()).toEqual(NEW);
  });

  it('flips the bits of a mask in a word of a write', async () => {
    put(OLD);
    await mount.set('flip:op=write,mask=0xff00000000000001,word=2,count=1');
    write(NEW);
    const wrong = Buffer.from(NEW);
    wrong[16] = (wrong[16] as number) ^ 0x01;
    wrong[23] = (wrong[23] as number) ^ 0xff;
    expect(below()).toEqual(wrong);
    const [receipt] = await mount.receipts();
    expect(receipt).toMatchObject({
      kind: 'flip',
      operation: 'write',
      path: '/file',
      offset: 0,
      length: NEW.length,
      what: 'word 2 ^ 0xff00000000000001',
    });
  });

  it('flips only words that are all ones, in the first 32 bits', async () => {
    const data = Buffer.alloc(4096, 'x');
    for (const word of [7, 130, 400]) ONES.copy(data, word * 8);
    put(OLD);
    await mount.set('flip:op=write,content=ones,mask=0xffffffff,count=1');
    write(NEW);
    expect(below()).toEqual(NEW);
    write(data);
    const changed = [...below().subarray(0, 4096)].flatMap((byte, at) =>
      byte === data[at] ? [] : [at],
    );
    const word = (changed[0] as number) / 8;
    expect([7, 130, 400]).toContain(word);
    expect(changed).toEqual([0, 1, 2, 3].map((at) => word * 8 + at));
    expect(below().subarray(word * 8, word * 8 + 8)).toEqual(
      Buffer.from([0, 0, 0, 0, 255, 255, 255, 255]),
    );
  });

  it('flips what a reader sees, and not what is stored', async () => {
    put(OLD);
    await mount.set('flip:op=read,mask=0xff,word=1,count=1');
    const seen = read(4096);
    expect(seen.equals(OLD.subarray(0, 4096))).toBe(false);
    expect(seen[8]).toBe((OLD[8] as number) ^ 0xff);
    expect(below()).toEqual(OLD);
    expect(read(4096)).toEqual(OLD.subarray(0, 4096));
  });

  it('zeroes a range of what is written, or of what is read', async () => {
    put(OLD);
    await mount.set('zero:op=write,at=512,bytes=1KiB,count=1');
    write(NEW);
    expect(below()).toEqual(Buffer.from(NEW).fill(0, 512, 1536));
    await mount.clear();
    put(OLD);
    await mount.set('zero:op=read,at=10,bytes=5,count=1');
    expect(read(20)).toEqual(Buffer.from(OLD.subarray(0, 20)).fill(0, 10, 15));
    expect(below()).toEqual(OLD);
  });

  it('loses a write that reports success', async () => {
    put(OLD);
    await mount.set('lost:skip=1,count=1');
    expect([write(NEW.subarray(0, 8)), write(NEW.subarray(0, 8), 8)]).toEqual([8, 8]);
    expect(below().subarray(0, 16).toString()).toBe('nnnnnnnnoooooooo');
  });

  it('loses what was written since the last fsync, as a crash does', async () => {
    put(OLD);
    await mount.set('unsynced:signal=SIGUSR1');
    const fd = openSync(path(), 'r+');
    writeSync(fd, NEW, 0, 100, 0);
    fsyncSync(fd);
    writeSync(fd, NEW, 0, 100, 50);
    writeSync(fd, NEW, 0, 100, OLD.length);
    expect(read(200, 0).toString()).toBe('n'.repeat(150) + 'o'.repeat(50));
    mount.signal('SIGUSR1');
    const wanted = Buffer.concat([NEW.subarray(0, 100), OLD.subarray(100)]);
    await until(() => below().equals(wanted), 'the crash has undone what was not synced');
    expect(read(OLD.length + 200)).toEqual(wanted);
    closeSync(fd);
    expect((await mount.receipts()).map(({ kind, path: at }) => [kind, at])).toEqual([
      ['unsynced', '/file'],
    ]);
  });

  it('reads what was there before the last write', async () => {
    put(OLD);
    await mount.set('stale:op=read,count=1');
    write(NEW.subarray(0, 4096), 4096);
    // Nothing older is known here, so it waits for a read that it can falsify.
    expect(read(4096)).toEqual(OLD.subarray(0, 4096));
    expect(read(8192)).toEqual(OLD.subarray(0, 8192));
    expect(read(8192, 4096)).toEqual(Buffer.concat([NEW.subarray(0, 4096), OLD.subarray(0, 4096)]));
    expect(below().subarray(4096, 8192)).toEqual(NEW.subarray(0, 4096));
  });

  it('reads what was there before the file was cut and written anew', async () => {
    put(OLD);
    await mount.set('stale:op=read,count=1');
    writeFileSync(path(), NEW.subarray(0, 4096));
    expect(read(8192)).toEqual(OLD.subarray(0, 8192));
    expect(read(8192)).toEqual(NEW.subarray(0, 4096));
  });

  it('says the size that a file had before its last write', async () => {
    put(OLD);
    await mount.set('stale:op=getattr');
    write(NEW, OLD.length);
    expect([statSync(path()).size, below().length]).toEqual([OLD.length, 2 * OLD.length]);
    await mount.clear();
    expect(statSync(path()).size).toBe(2 * OLD.length);
  });

  it('writes at another place', async () => {
    put(OLD);
    await mount.set('misdirect:op=write,by=8KiB,count=1');
    expect(write(NEW.subarray(0, 4096), 4096)).toBe(4096);
    const wanted = Buffer.from(OLD);
    NEW.copy(wanted, 12_288, 0, 4096);
    expect(below()).toEqual(wanted);
  });

  it('reads from another place', async () => {
    put(Buffer.concat([OLD, NEW]));
    await mount.set('misdirect:op=read,count=1');
    expect(read(OLD.length, OLD.length)).toEqual(OLD);
    expect(read(OLD.length, OLD.length)).toEqual(NEW);
  });

  it('tears a write', async () => {
    put(OLD);
    await mount.set('torn:bytes=1000,count=1');
    expect(write(NEW)).toBe(NEW.length);
    expect(below()).toEqual(Buffer.concat([NEW.subarray(0, 1000), OLD.subarray(1000)]));
  });

  it('delays writes until close, while readers through the mount see them', async () => {
    put(OLD);
    await mount.set('delayed:until=close');
    const fd = openSync(path(), 'r+');
    writeSync(fd, NEW, 0, 4096, 1000);
    writeSync(fd, NEW, 0, 10, OLD.length + 5);
    expect(below()).toEqual(OLD);
    const seen = Buffer.alloc(OLD.length + 15);
    OLD.copy(seen);
    NEW.copy(seen, 1000, 0, 4096);
    NEW.copy(seen, OLD.length + 5, 0, 10);
    expect(read(40_000)).toEqual(seen);
    expect(statSync(path()).size).toBe(seen.length);
    fsyncSync(fd);
    expect(below()).toEqual(OLD);
    closeSync(fd);
    expect(below()).toEqual(seen);
  });

  it('delays writes until fsync, or reverses them at close', async () => {
    put(OLD);
    await mount.set('delayed:until=fsync');
    const fd = openSync(path(), 'r+');
    writeSync(fd, 'one', 0);
    expect(below()).toEqual(OLD);
    fsyncSync(fd);
    expect(below().toString().slice(0, 4)).toBe('oneo');
    await mount.clear();
    await mount.set('delayed:until=reversed');
    writeSync(fd, 'first', 0);
    writeSync(fd, 'second', 0);
    closeSync(fd);
    expect(below().toString().slice(0, 7)).toBe('firstdo');
  });
});
