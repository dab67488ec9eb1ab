// One body for the file medium, run on tmpfs and on the file system of the checkout: what each call
// does, that a failing call names itself and its errno, and that no descriptor is left behind.

import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  fileLength,
  OPEN_MODES,
  type OpenMode,
  openFile,
  readOnce,
  syncFile,
  truncateFile,
  withFile,
  withFiles,
  writeOnce,
} from '../../src/medium/file.ts';
import { OperationError, operationFailure } from '../../src/medium/operation-error.ts';
import { probePlace } from '../../src/medium/probe.ts';
import { pageAlignedBuffer } from '../../src/observe/reread.ts';
import { inDirectory, TMPFS } from '../fixtures/actors/trial-setting.ts';

const CHECKOUT = resolve(import.meta.dirname, '../../node_modules');
const PLACES = [
  ['tmpfs', TMPFS],
  ['the file system of the checkout', CHECKOUT],
] as const;

/** On page boundaries, as O_DIRECT needs. */
function letters(length: number, first = 'a'): Uint8Array {
  const memory = pageAlignedBuffer(length).subarray(0, length);
  for (let at = 0; at < length; at++) memory[at] = first.charCodeAt(0) + (at % 23);
  return memory;
}

/** Descriptors of this process that lead below `directory`. */
function openBelow(directory: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(directory) ? [target] : [];
    } catch {
      return [];
    }
  });
}

function refusal(act: () => unknown): OperationError {
  try {
    act();
  } catch (error) {
    if (error instanceof OperationError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

function flagsOf(fd: number): number {
  const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
  return Number.parseInt(/flags:\s*([0-7]+)/.exec(info)?.[1] ?? '', 8);
}

const FLAGS: Readonly<Record<OpenMode, number>> = {
  buffered: 0,
  sync: constants.O_SYNC,
  dsync: constants.O_DSYNC,
  direct: constants.O_DIRECT,
};
const MODE_BITS = constants.O_SYNC | constants.O_DSYNC | constants.O_DIRECT;

describe.each(PLACES)('files on %s', (_, base) => {
  test.each(OPEN_MODES)('mode %s: the flags are set, what was written is read back', (mode) =>
    inDirectory((directory) => {
      const path = join(directory, 'f');
      const direct = probePlace(join(directory, 'probe')).directAlignmentBytes;
      if (mode === 'direct' && direct === null) {
        const error = refusal(() => withFile(path, 'create', mode, () => {}));
        expect(error).toMatchObject({ operation: 'open', errno: 'EINVAL', path });
        return;
      }
      const buffer = letters(8192);
      withFile(path, 'create', mode, (fd) => {
        expect(flagsOf(fd) & MODE_BITS).toBe(FLAGS[mode]);
        writeOnce(fd, path, buffer, 4096, 4096, 4096);
        writeOnce(fd, path, buffer, 0, 4096, 0);
        syncFile(fd, path, 'fdatasync');
      });
      const again = pageAlignedBuffer(8192).subarray(0, 8192);
      const returned = withFile(path, 'read', mode, (fd) => readOnce(fd, path, again, 0, 8192, 0));
      expect(returned).toBe(8192);
      expect(Buffer.compare(again, buffer)).toBe(0);
      expect(openBelow(directory)).toEqual([]);
    }, base),
  );

  test('a read at the end is short, beyond it empty, and fills nothing else', () =>
    inDirectory((directory) => {
      const path = join(directory, 'f');
      writeFileSync(path, letters(1000));
      withFile(path, 'read', 'buffered', (fd) => {
        const buffer = new Uint8Array(512).fill(1);
        expect(readOnce(fd, path, buffer, 0, 512, 768)).toBe(232);
        expect(buffer[232]).toBe(1);
        expect(readOnce(fd, path, buffer, 0, 512, 1000)).toBe(0);
        expect(readOnce(fd, path, buffer, 100, 10, 0)).toBe(10);
        expect(buffer.subarray(100, 110)).toEqual(letters(10));
        expect(fileLength(fd, path)).toBe(1000);
      });
    }, base));

  test('truncate cuts, and stretches with zeros', () =>
    inDirectory((directory) => {
      const path = join(directory, 'f');
      withFile(path, 'create', 'buffered', (fd) => {
        writeOnce(fd, path, letters(4096), 0, 4096, 0);
        truncateFile(fd, path, 1000);
        expect(fileLength(fd, path)).toBe(1000);
        truncateFile(fd, path, 4096);
      });
      const bytes = readFileSync(path);
      expect(bytes.subarray(0, 1000).equals(letters(1000))).toBe(true);
      expect(bytes.subarray(1000).every((byte) => byte === 0)).toBe(true);
      expect(bytes.length).toBe(4096);
    }, base));

  test('what each intent makes of a file that is there, and of none', () =>
    inDirectory((directory) => {
      const [there, none] = [join(directory, 'there'), join(directory, 'none')];
      writeFileSync(there, 'old');
      expect(refusal(() => openFile(there, 'create', 'buffered')).errno).toBe('EEXIST');
      expect(refusal(() => openFile(none, 'read', 'buffered')).errno).toBe('ENOENT');
      expect(refusal(() => openFile(none, 'write', 'buffered')).errno).toBe('ENOENT');
      withFile(there, 'append', 'buffered', (fd) => {
        writeOnce(fd, there, letters(2, 'x'), 0, 2, null);
      });
      expect(readFileSync(there, 'utf8')).toBe('oldxy');
      withFile(there, 'replace', 'buffered', () => {});
      expect(readFileSync(there, 'utf8')).toBe('');
      withFile(none, 'append', 'buffered', () => {});
      expect(statSync(none).mode & 0o777).toBe(0o600);
      symlinkSync(there, join(directory, 'link'));
      const link = refusal(() => openFile(join(directory, 'link'), 'write', 'buffered'));
      expect(link).toMatchObject({ operation: 'open', errno: 'ELOOP' });
    }, base));

  test('withFile closes when its use throws, and the error of the use is the one that counts', () =>
    inDirectory((directory) => {
      const path = join(directory, 'f');
      const thrown = new Error('mine');
      const act = () =>
        withFile(path, 'create', 'buffered', () => {
          expect(openBelow(directory)).toEqual([path]);
          throw thrown;
        });
      expect(act).toThrow(thrown);
      expect(openBelow(directory)).toEqual([]);
    }, base));

  test('withFiles closes those that it opened when one of them cannot be opened', () =>
    inDirectory((directory) => {
      const [first, second] = [join(directory, 'a'), join(directory, 'b')];
      writeFileSync(first, '');
      const error = refusal(() => withFiles([first, second], 'read', 'buffered', () => {}));
      expect(error).toMatchObject({ operation: 'open', path: second, errno: 'ENOENT' });
      expect(openBelow(directory)).toEqual([]);
    }, base));

  test('withFiles closes the others when one is refused by close, and says so', () =>
    inDirectory((directory) => {
      const paths = ['a', 'b', 'c'].map((name) => join(directory, name));
      const error = refusal(() =>
        withFiles(paths, 'create', 'buffered', (fds) => closeSync(fds[0] as number)),
      );
      expect(error).toMatchObject({ operation: 'close', path: paths[0], errno: 'EBADF' });
      expect(openBelow(directory)).toEqual([]);
    }, base));

  test('a failing call names itself, its errno and its offset', () =>
    inDirectory((directory) => {
      const path = join(directory, 'f');
      writeFileSync(path, 'x');
      withFile(path, 'read', 'buffered', (fd) => {
        const write = refusal(() => writeOnce(fd, path, letters(8), 0, 8, 16));
        expect(write).toMatchObject({ operation: 'write', errno: 'EBADF', path, offset: 16 });
        expect(refusal(() => truncateFile(fd, path, 0)).operation).toBe('ftruncate');
        expect(operationFailure(write, 'writer-0', 'f')).toMatchObject({
          actor: 'writer-0',
          operation: 'write',
          file: 'f',
          errno: 'EBADF',
          offset: 16,
        });
      });
      withFile(path, 'replace', 'buffered', (fd) => {
        const read = refusal(() => readOnce(fd, path, letters(8), 0, 8, 0));
        expect(read).toMatchObject({ operation: 'read', errno: 'EBADF', offset: 0 });
      });
      expect(readFileSync(path, 'utf8')).toBe('');
    }, base));
});

describe('failures that a kernel gives anywhere', () => {
  test('a full device refuses the write by name', () => {
    withFile('/dev/full', 'write', 'buffered', (fd) => {
      const error = refusal(() => writeOnce(fd, '/dev/full', letters(512), 0, 512, 0));
      expect(error).toMatchObject({ operation: 'write', errno: 'ENOSPC', offset: 0 });
    });
  });

  test('a write of fewer bytes than asked is a failure, with both numbers', () =>
    inDirectory((directory) => {
      const path = join(directory, 'pipe');
      expect(spawnSync('mkfifo', [path]).status).toBe(0);
      const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
      try {
        const error = refusal(() => writeOnce(fd, path, new Uint8Array(2 ** 21), 0, 2 ** 21, null));
        expect(error).toMatchObject({ operation: 'write', errno: 'SHORT', offset: undefined });
        expect(error.message).toMatch(/^write returned \d+ of 2097152 bytes$/);
        expect(refusal(() => syncFile(fd, path, 'fsync')).operation).toBe('fsync');
        expect(refusal(() => syncFile(fd, path, 'fdatasync')).operation).toBe('fdatasync');
        expect(() => syncFile(fd, path, 'none')).not.toThrow();
      } finally {
        closeSync(fd);
      }
    }));

  test('what is no failed call is a bug of ours and is thrown on', () => {
    const bug = new TypeError('x is not a function');
    expect(() => operationFailure(bug, 'a', 'f')).toThrow(bug);
  });
});
