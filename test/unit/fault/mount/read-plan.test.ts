// What becomes of one read under each kind of fault: of the bytes that it gives, and how many.

import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { planRead, type ReadSource } from '../../../../src/fault/mount/read-plan.ts';
import { changes, planningOf } from './plans.ts';

const SIZE = 8192;
/** Each byte says in which KiB it is. */
const FILE = Buffer.from(Array.from({ length: SIZE }, (_, at) => Math.floor(at / 1024)));

/** What a program gets: bytes, or an error number. */
async function readUnder(
  faults: readonly string[],
  { offset = 4096, length = 1024, hasBefore = false } = {},
) {
  const planning = planningOf(...faults);
  const memory = Buffer.alloc(length);
  const readAt = async (from: number) => FILE.subarray(from, from + length).copy(memory);
  const data = memory.subarray(0, await readAt(offset));
  const source: ReadSource = {
    size: SIZE,
    hasBefore,
    readAt,
    layBefore: (read) => memory.fill(0xbb, 0, read / 2) && read / 2,
  };
  const call = {
    operation: 'read',
    path: '/file',
    offset,
    length,
    flags: [],
    data,
    memory,
  } as const;
  const { waitMs, result } = await planRead(call, source, planning);
  const given = result < 0 ? result : memory.subarray(0, result);
  return { given, waitMs, told: changes(planning) };
}

describe('a read', () => {
  it('gives what is there where nothing fires', async () => {
    const read = await readUnder(['flip:op=write', 'errno:errno=EIO,op=open', 'lost']);
    expect(read).toEqual({ given: Buffer.alloc(1024, 4), waitMs: 0, told: [] });
  });

  it.each([
    ['errno:errno=EIO', -constants.errno.EIO, 'EIO'],
    ['short', Buffer.alloc(512, 4), '512 of 1024 bytes'],
    ['short:bytes=3', Buffer.alloc(3, 4), '3 of 1024 bytes'],
    ['misdirect', Buffer.alloc(1024, 3), 'read at 3072'],
    ['misdirect:by=2KiB', Buffer.alloc(1024, 6), 'read at 6144'],
    ['zero', Buffer.alloc(1024), expect.any(String)],
  ] as const)('under %s', async (fault, given, what) => {
    expect(await readUnder([fault])).toEqual({ given, waitMs: 0, told: [what] });
  });

  it('is late under latency, and gives what is there', async () => {
    const read = await readUnder(['latency:time=30ms']);
    expect(read).toEqual({ given: Buffer.alloc(1024, 4), waitMs: 30, told: ['30.0 ms'] });
  });

  it('gives older bytes, as many as there were, where there are any', async () => {
    const stale = await readUnder(['stale'], { hasBefore: true });
    expect(stale.given).toEqual(Buffer.alloc(512, 0xbb));
    const fresh = await readUnder(['stale']);
    expect(fresh).toEqual({ given: Buffer.alloc(1024, 4), waitMs: 0, told: [] });
  });

  it('has bytes of another place changed, in whichever order the faults are set', async () => {
    for (const faults of [
      ['misdirect', 'flip:mask=0xff,word=0'],
      ['flip:mask=0xff,word=0', 'misdirect'],
    ]) {
      const { given } = await readUnder(faults);
      const wanted = Buffer.alloc(1024, 3);
      wanted[0] = 3 ^ 0xff;
      expect(given, faults.join()).toEqual(wanted);
    }
  });

  it('is not cut, moved or changed where there is nothing to read', async () => {
    const faults = ['flip', 'zero', 'short', 'misdirect', 'misdirect:by=1KiB'];
    const atEnd = await readUnder(faults, { offset: SIZE });
    expect(atEnd).toEqual({ given: Buffer.alloc(0), waitMs: 0, told: [] });
  });

  it('is not moved to where the file ends before', async () => {
    const read = await readUnder(['misdirect:by=2KiB'], { offset: 7168 });
    expect(read.given).toEqual(Buffer.alloc(1024, 7));
  });
});
