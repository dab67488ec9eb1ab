// Whatever fails, the file has all bytes in the end, or the error tells a prefix that is safe.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TRANSIENT_ERRORS } from '../../../src/domain/transient-errors.ts';
import type { ResilientOptions } from '../../../src/medium/resilient-options.ts';
import { ResilientWriteError, resilientWriter } from '../../../src/medium/resilient-writer.ts';
import { writableFileHandle } from '../../../src/medium/writable-file.ts';
import { type Fault, FaultyStorage, failure } from './faulty-file.ts';

const AT_ONCE: ResilientOptions = { firstPauseMs: 0, pauseMsMax: 0 };
const TRANSIENT = Object.keys(TRANSIENT_ERRORS);
const LASTING = ['EIO', 'ENOSPC', 'EROFS', 'EINVAL', 'ENOENT', ''];

const pieces = fc.array(fc.uint8Array({ minLength: 0, maxLength: 40 }), { maxLength: 20 });
const faultOf = (codes: readonly string[]): fc.Arbitrary<Fault> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<Fault>({ kind: 'none' }) },
    fc.record({
      kind: fc.constantFrom('refused' as const, 'done' as const, 'partly' as const),
      code: fc.constantFrom(...codes),
    }),
    fc.record({ kind: fc.constant('restart' as const), stale: fc.boolean() }),
  );
const bufferBytes = fc.integer({ min: 1, max: 200 });

const joined = (parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts);

/** The first open is not refused for good, as none of the faults is meant to be. */
const opens: Fault = { kind: 'none' };

describe('properties', () => {
  test('with errors that pass, the file has all bytes, in their places, and no more', async () => {
    await fc.assert(
      fc.asyncProperty(
        pieces,
        fc.array(faultOf(TRANSIENT), { maxLength: 60 }),
        bufferBytes,
        async (parts, faults, buffer) => {
          const storage = new FaultyStorage([opens, ...faults]);
          const writer = resilientWriter(storage.open, { ...AT_ONCE, bufferBytes: buffer });
          for (const part of parts) await writer.write(part);
          await writer.close();
          expect(Buffer.from(storage.durable).equals(joined(parts))).toBe(true);
          expect(writer.durableBytes).toBe(joined(parts).length);
        },
      ),
    );
  });

  test('with any errors, every error tells a prefix that is safe, and it goes on', async () => {
    await fc.assert(
      fc.asyncProperty(
        pieces,
        fc.array(faultOf([...TRANSIENT, ...LASTING]), { maxLength: 60 }),
        bufferBytes,
        fc.integer({ min: 1, max: 4 }),
        async (parts, faults, buffer, tries) => {
          const storage = new FaultyStorage(faults);
          const options = { ...AT_ONCE, bufferBytes: buffer, tries };
          const writer = resilientWriter(storage.open, options);
          const taken: Uint8Array[] = [];
          for (const part of parts) {
            const error = await writer.write(part).catch((thrown: unknown) => thrown);
            if (error !== undefined) expectSafe(error, storage, joined(parts));
            const wasTaken = !(error instanceof ResilientWriteError) || error.wasTaken;
            if (!wasTaken) break;
            taken.push(part);
            expect(writer.takenBytes).toBe(joined(taken).length);
          }
          const error = await writer.sync().catch((thrown: unknown) => thrown);
          if (error !== undefined) expectSafe(error, storage, joined(parts));
          storage.heal();
          await writer.close();
          expect(Buffer.from(storage.durable).equals(joined(taken))).toBe(true);
        },
      ),
    );
  });

  test('no more is held than was allowed, but for one piece', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, bufferBytes, async (parts, buffer) => {
        const storage = new FaultyStorage([]);
        const writer = resilientWriter(storage.open, { bufferBytes: buffer });
        for (const part of parts) {
          await writer.write(part);
          const held = writer.takenBytes - writer.durableBytes;
          expect(held).toBeLessThanOrEqual(Math.max(buffer, part.length));
        }
      }),
    );
  });
});

function expectSafe(error: unknown, storage: FaultyStorage, all: Buffer): void {
  expect(error).toBeInstanceOf(ResilientWriteError);
  const { durableBytes, acknowledgedBytes, takenBytes } = error as ResilientWriteError;
  expect(durableBytes).toBeLessThanOrEqual(acknowledgedBytes);
  expect(acknowledgedBytes).toBeLessThanOrEqual(takenBytes);
  const safe = Buffer.from(storage.durable).subarray(0, durableBytes);
  expect(safe.equals(all.subarray(0, durableBytes))).toBe(true);
}

const bytes = (length: number, value = 7) => new Uint8Array(length).fill(value);
const refused = (code: string): Fault => ({ kind: 'refused', code });

describe('what passes by itself and what does not', () => {
  test('EACCES from a write is survived; the same from the first open is a refusal', async () => {
    const [shuts, refuses] = [opens, refused('EACCES')];
    const storage = new FaultyStorage([opens, refuses, shuts, opens, refuses]);
    const writer = resilientWriter(storage.open, AT_ONCE);
    await writer.write(bytes(100));
    await writer.close();
    expect(storage.durable).toEqual(bytes(100));
    expect(writer.outages).toMatchObject([{ code: 'EACCES', offset: 0, tries: 3 }]);
    const shut = resilientWriter(new FaultyStorage([refused('EACCES')]).open, AT_ONCE);
    await expect(shut.write(bytes(1))).rejects.toMatchObject({ code: 'EACCES', tries: 1 });
    const refusing = new FaultyStorage([refused('EACCES'), refused('EACCES')]);
    await resilientWriter(refusing.open, { ...AT_ONCE, patientOpen: true }).write(bytes(1));
    expect(refusing.opened).toBe(1);
  });

  test('ENOSPC is surfaced at once, and waited for where that is asked for', async () => {
    const full = () => new FaultyStorage([opens, { kind: 'none' }, refused('ENOSPC')]);
    const writer = resilientWriter(full().open, AT_ONCE);
    await writer.write(bytes(10));
    await expect(writer.write(bytes(5))).rejects.toMatchObject({
      code: 'ENOSPC',
      tries: 1,
      durableBytes: 0,
      acknowledgedBytes: 10,
      takenBytes: 15,
      wasTaken: true,
      message: expect.stringMatching(/^write at 10: .* 0 bytes are durable, 10 were ackn.*15 are/),
    });
    const asked = resilientWriter(full().open, { ...AT_ONCE, also: ['ENOSPC'] });
    await asked.write(bytes(10));
    await asked.write(bytes(5));
    await asked.close();
    expect(asked.durableBytes).toBe(15);
  });

  test('a budget of time ends it, with what was held', async () => {
    const faults = Array.from({ length: 1000 }, () => refused('ETIMEDOUT'));
    const storage = new FaultyStorage([opens, ...faults]);
    const options = { firstPauseMs: 5, pauseMsMax: 20, budgetMs: 60 };
    const writer = resilientWriter(storage.open, options);
    const error = await writer.write(bytes(9)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ResilientWriteError);
    const { message, tries, takenBytes } = error as ResilientWriteError;
    expect(message).toMatch(/gave up after \d+ tries in \d+ ms/);
    expect(tries).toBeLessThan(1000);
    expect(takenBytes).toBe(9);
  });

  test('after a sync that failed all that was not durable is written again', async () => {
    const storage = new FaultyStorage([opens, { kind: 'none' }, refused('EINTR')]);
    const writer = resilientWriter(storage.open, AT_ONCE);
    await writer.write(bytes(64));
    await writer.sync();
    expect(storage.durable).toEqual(bytes(64));
    expect(storage.opened).toBe(2);
  });

  test('a restart that only the verifier tells of', async () => {
    const restart: Fault = { kind: 'restart', stale: false };
    const storage = new FaultyStorage([opens, { kind: 'none' }, restart]);
    const writer = resilientWriter(storage.open, AT_ONCE);
    await writer.write(bytes(30, 1));
    await writer.write(bytes(30, 2));
    await writer.close();
    expect(Buffer.from(storage.durable).equals(joined([bytes(30, 1), bytes(30, 2)]))).toBe(true);
    expect(writer.outages.map(({ code }) => code)).toEqual(['NFS3ERR_VERIFIER']);
  });

  test('a close that fails counts where there is no sync, and else only if it lasts', async () => {
    const closing = (code: string, sync: boolean) =>
      resilientWriter(
        async () => ({
          write: async () => {},
          ...(sync && { sync: async () => {} }),
          close: () => Promise.reject(failure(code)),
        }),
        AT_ONCE,
      );
    await closing('EINTR', true).close();
    await expect(closing('EIO', true).close()).rejects.toMatchObject({ code: 'EIO' });
    await expect(closing('EIO', false).close()).rejects.toMatchObject({ code: 'EIO' });
  });
});

test('on a file of Node', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'heisenwrite-resilient-'));
  try {
    const path = join(directory, 'capture');
    const writer = resilientWriter(
      async (again) => writableFileHandle(await open(path, again ? 'r+' : 'wx')),
      { bufferBytes: 1000 },
    );
    await Promise.all([1, 2, 3].map((value) => writer.write(bytes(700, value))));
    await writer.close();
    const expected = joined([1, 2, 3].map((value) => bytes(700, value)));
    expect(readFileSync(path).equals(expected)).toBe(true);
    const occupied = resilientWriter(async () => writableFileHandle(await open(path, 'wx')));
    await expect(occupied.write(bytes(1))).rejects.toMatchObject({ code: 'EEXIST' });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
