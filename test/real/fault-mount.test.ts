// A fault mount without faults is the directory below it: random calls compared with a model, and
// real programs. What it refuses, and what it leaves behind, is in fault-mount-life.test.ts.

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRng, type Rng } from '../../src/base/rng.ts';
import { listing } from './command-line.ts';
import { withFaultMount } from './fault-mounts.ts';
import { requireOrSkip } from './requirements.ts';

const FILE_BYTES_MAX = 300_000;
const CALLS = 1500;

/** One file, written and read at random through both kinds of descriptors, beside a model. */
function compareWithModel(path: string, below: string, rng: Rng): void {
  let model = Buffer.alloc(0);
  let fd = openSync(path, 'w+');
  const spot = () => {
    const offset = rng.integer(0, FILE_BYTES_MAX - 1);
    return { offset, length: rng.integer(1, Math.min(70_000, FILE_BYTES_MAX - offset)) };
  };
  const grow = (size: number) => {
    if (size > model.length) model = Buffer.concat([model, Buffer.alloc(size - model.length)]);
  };
  const calls: Record<string, () => void> = {
    write() {
      const { offset, length } = spot();
      const data = randomBytes(length);
      expect(writeSync(fd, data, 0, length, offset)).toBe(length);
      grow(offset + length);
      data.copy(model, offset);
    },
    read() {
      const { offset, length } = spot();
      const memory = Buffer.alloc(length);
      const bytes = readSync(fd, memory, 0, length, offset);
      expect(memory.subarray(0, bytes).equals(model.subarray(offset, offset + length))).toBe(true);
    },
    truncate() {
      const size = rng.integer(0, FILE_BYTES_MAX);
      ftruncateSync(fd, size);
      grow(size);
      model = Buffer.from(model.subarray(0, size));
    },
    append() {
      const end = openSync(path, 'a');
      const data = randomBytes(rng.integer(1, 5000));
      writeSync(end, data);
      closeSync(end);
      model = Buffer.concat([model, data]);
    },
    reopen() {
      closeSync(fd);
      fd = openSync(path, constants.O_RDWR | (rng.integer(0, 1) ? constants.O_DIRECT : 0));
    },
    look() {
      expect(fstatSync(fd).size).toBe(model.length);
      expect(statSync(path).size).toBe(model.length);
    },
    sync: () => fsyncSync(fd),
  };
  const names = ['write', 'write', 'read', 'read', ...Object.keys(calls)];
  for (let done = 0; done < CALLS; done++) (calls[rng.pick(names)] as () => void)();
  closeSync(fd);
  expect(readFileSync(path).equals(model)).toBe(true);
  expect(readFileSync(below).equals(model)).toBe(true);
}

describe('a mount without faults', () => {
  beforeEach((context) => requireOrSkip(context, 'fuse'));

  it.each([
    ['with the page cache of the kernel', ['--cache', 'kernel']],
    ['without it', ['--cache', 'none']],
    // One that never fires sends every call the long way, with what was there before kept.
    [
      'while faults are set that wait',
      ['--fault', 'stale:skip=1000000', '--fault', 'delayed:path=x'],
    ],
  ])('gives back what random calls wrote, %s', (_name, words) =>
    withFaultMount(words, async ({ at, below }) => {
      const seed = `calls-${process.env.SEED ?? 1}`;
      compareWithModel(join(at, 'file'), join(below, 'file'), createRng(seed));
    }),
  );

  it('is the same tree for cp, tar and rsync', async (context) => {
    requireOrSkip(context, 'rsync');
    await withFaultMount([], async ({ at, below }) => {
      const tree = join(at, 'tree');
      mkdirSync(join(tree, 'inner'), { recursive: true });
      for (const size of [0, 1, 4095, 4096, 1_000_000]) {
        writeFileSync(join(tree, 'inner', `f${size}`), randomBytes(size));
      }
      symlinkSync('inner/f1', join(tree, 'link'));
      await execa('cp', ['-a', tree, join(at, 'by-cp')]);
      await execa('rsync', ['-aX', `${tree}/`, join(at, 'by-rsync')]);
      await execa('tar', ['--format=posix', '-cf', join(at, 'tree.tar'), '-C', tree, '.']);
      mkdirSync(join(at, 'by-tar'));
      await execa('tar', ['-xpf', join(at, 'tree.tar'), '-C', join(at, 'by-tar')]);
      const wanted = listing(tree);
      for (const copy of ['by-cp', 'by-rsync', 'by-tar']) {
        expect(listing(join(below, copy)), copy).toEqual(wanted);
      }
    });
  });

  it('carries a database with its journal', () =>
    withFaultMount([], async ({ at, below }) => {
      const database = new DatabaseSync(join(at, 'rows.sqlite'));
      database.exec('PRAGMA journal_mode = DELETE; CREATE TABLE rows (n INTEGER, text TEXT)');
      const insert = database.prepare('INSERT INTO rows VALUES (?, ?)');
      for (let batch = 0; batch < 20; batch++) {
        database.exec('BEGIN');
        for (let n = 0; n < 50; n++) insert.run(batch * 50 + n, 'x'.repeat(n));
        database.exec(batch % 3 === 2 ? 'ROLLBACK' : 'COMMIT');
      }
      database.close();
      const again = new DatabaseSync(join(below, 'rows.sqlite'), { readOnly: true });
      expect(again.prepare('SELECT count(*) AS count FROM rows').get()).toEqual({ count: 700 });
      expect(again.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
      again.close();
    }));

  it('carries a database with a write-ahead log, whose index is mapped', () =>
    withFaultMount([], async ({ at }) => {
      const database = new DatabaseSync(join(at, 'rows.sqlite'));
      database.exec('PRAGMA journal_mode = WAL; CREATE TABLE rows (n INTEGER)');
      database.exec('INSERT INTO rows VALUES (1), (2)');
      const other = new DatabaseSync(join(at, 'rows.sqlite'));
      expect(other.prepare('SELECT sum(n) AS sum FROM rows').get()).toEqual({ sum: 3 });
      other.close();
      database.close();
    }));

  it('takes dd past the page cache, holes, reserved space and times', async (context) => {
    requireOrSkip(context, 'dd');
    await withFaultMount([], async ({ at, below }) => {
      const data = randomBytes(3 * 2 ** 20);
      writeFileSync(join(at, 'in'), data);
      const dd = ['if=in', 'of=out', 'bs=256K', 'iflag=direct', 'oflag=direct'];
      await execa('dd', dd, { cwd: at });
      expect(readFileSync(join(below, 'out')).equals(data)).toBe(true);
      await execa('fallocate', ['-l', '1MiB', 'reserved'], { cwd: at });
      await execa('fallocate', ['-p', '-o', '4096', '-l', '8192', 'out'], { cwd: at });
      const punched = Buffer.from(data).fill(0, 4096, 12288);
      expect(readFileSync(join(below, 'out')).equals(punched)).toBe(true);
      expect(statSync(join(below, 'reserved')).size).toBe(2 ** 20);
      await execa('truncate', ['-s', '64MiB', 'sparse'], { cwd: at });
      await execa('cp', ['--sparse=always', 'sparse', 'copy'], { cwd: at });
      expect(statSync(join(below, 'copy')).blocks).toBe(0);
      await execa('touch', ['-d', '2001-02-03 04:05:06.123456789', 'in'], { cwd: at });
      expect(statSync(join(below, 'in'), { bigint: true }).mtimeNs % 1_000_000_000n).toBe(
        123456789n,
      );
      await execa('mkfifo', ['pipe'], { cwd: at });
      expect(statSync(join(below, 'pipe')).isFIFO()).toBe(true);
    });
  });

  it('keeps what is open usable after it was removed, and leaves no trace of it', () =>
    withFaultMount([], async ({ at, below }) => {
      const path = join(at, 'inner', 'file');
      mkdirSync(join(at, 'inner'));
      writeFileSync(path, 'before');
      const fd = openSync(path, 'r+');
      try {
        unlinkSync(path);
        writeSync(fd, 'after it', 0);
        expect(fstatSync(fd)).toMatchObject({ size: 8, nlink: 0 });
        rmdirSync(join(at, 'inner'));
        expect(readdirSync(below)).toEqual([]);
        writeSync(fd, 'then', 0);
        const memory = Buffer.alloc(8);
        expect([readSync(fd, memory, 0, 8, 0), String(memory)]).toEqual([8, 'thenr it']);
      } finally {
        closeSync(fd);
      }
    }));

  it('never shows a name without a file while it is replaced under readers', () =>
    withFaultMount([], async ({ at }) => {
      const path = join(at, 'current');
      writeFileSync(path, 'generation 0');
      // ESTALE is libfuse's own answer for a file that was replaced since it was looked up, when
      // that happens again as the kernel looks again; it does not say that there is none.
      const script =
        `const fs = require('node:fs'); let reads = 0; let stale = 0;` +
        `const send = () => process.send({ reads, stale }, () => process.exit(0));` +
        `process.on('message', () => enough());` +
        `const read = () => { try { fs.readFileSync(process.argv[1]); reads++; }` +
        ` catch (error) { if (error.errno !== -116) throw error; stale++; } };` +
        // Who gets the processor meanwhile is chance: the share is of many reads.
        `const enough = () => reads + stale > 2000 ? send() : setImmediate(enough);` +
        `const look = () => { for (let n = 0; n < 20; n++) read(); setImmediate(look); };` +
        `process.send('ready'); look();`;
      const reader = execa('node', ['-e', script, path], { ipc: true, reject: false });
      await reader.getOneMessage();
      const held = openSync(path, 'r');
      for (let generation = 1; generation <= 300; generation++) {
        writeFileSync(join(at, 'next'), `generation ${generation}`);
        renameSync(join(at, 'next'), path);
        // The reader's process and the server share two cores with us.
        if (generation % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      }
      closeSync(held);
      const told = reader.getOneMessage();
      await reader.sendMessage('stop');
      const ended = await Promise.race([told, reader.then(({ stderr }) => stderr)]);
      expect(ended).toMatchObject({ reads: expect.any(Number) });
      const { reads, stale } = ended as unknown as { reads: number; stale: number };
      expect(stale).toBeLessThan(reads / 20);
      await reader;
      expect(readFileSync(path, 'utf8')).toBe('generation 300');
    }));

  it('knows hard links by their count, and both names show what either wrote', () =>
    withFaultMount([], async ({ at }) => {
      writeFileSync(join(at, 'one'), 'first');
      linkSync(join(at, 'one'), join(at, 'two'));
      expect(statSync(join(at, 'two')).nlink).toBe(2);
      writeFileSync(join(at, 'two'), 'longer than before');
      expect(readFileSync(join(at, 'one'), 'utf8')).toBe('longer than before');
      expect(statSync(join(at, 'one')).size).toBe(18);
    }));

  it('shows at once what was changed below it', () =>
    withFaultMount([], async ({ at, below }) => {
      writeFileSync(join(at, 'file'), 'one');
      expect(statSync(join(at, 'file')).size).toBe(3);
      writeFileSync(join(below, 'file'), 'three');
      writeFileSync(join(below, 'new'), '');
      expect([statSync(join(at, 'file')).size, readFileSync(join(at, 'file'), 'utf8')]).toEqual([
        5,
        'three',
      ]);
      expect(readdirSync(at).sort()).toEqual(['file', 'new']);
    }));
});
