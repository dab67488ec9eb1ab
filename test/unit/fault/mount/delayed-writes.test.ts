// Writes that wait: what readers see of them, which are due when, and in which order.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DelayedWrite, DelayedWrites } from '../../../../src/fault/mount/delayed-writes.ts';

const write = (offset: number, text: string, until: DelayedWrite['until'] = 'close') => ({
  offset,
  data: Buffer.from(text),
  until,
});

function queue(...writes: DelayedWrite[]): DelayedWrites {
  const delayed = new DelayedWrites();
  for (const each of writes) delayed.add(each);
  return delayed;
}

const texts = (writes: readonly DelayedWrite[]) => writes.map(({ data }) => data.toString());

describe('delayed writes', () => {
  it('are due at fsync or close, the reversed ones last and backwards', () => {
    const delayed = queue(
      write(0, 'a', 'reversed'),
      write(1, 'b', 'fsync'),
      write(2, 'c', 'close'),
      write(3, 'd', 'reversed'),
    );
    expect([delayed.bytes, delayed.isEmpty]).toEqual([4, false]);
    expect(texts(delayed.take('fsync'))).toEqual(['b']);
    expect(delayed.bytes).toBe(3);
    expect(texts(delayed.take('close'))).toEqual(['c', 'd', 'a']);
    expect([delayed.bytes, delayed.isEmpty]).toEqual([0, true]);
  });

  it('touch what they overlap, not what lies beside them', () => {
    const delayed = queue(write(10, 'xxxxx'));
    expect([delayed.touches(0, 10), delayed.touches(15, 5)]).toEqual([false, false]);
    expect([delayed.touches(14, 1), delayed.touches(0, 11)]).toEqual([true, true]);
  });

  it('give a reader the file that it would see without the delay', () => {
    const spot = fc.record({
      offset: fc.integer({ min: 0, max: 60 }),
      data: fc.uint8Array({ minLength: 1, maxLength: 20 }),
    });
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 50 }),
        fc.array(spot, { maxLength: 6 }),
        fc.record({
          offset: fc.integer({ min: 0, max: 70 }),
          length: fc.integer({ min: 1, max: 90 }),
        }),
        (stored, writes, { offset, length }) => {
          const delayed = queue(...writes.map((each) => ({ ...each, until: 'close' as const })));
          let seen = Buffer.from(stored);
          for (const each of writes) {
            const size = Math.max(seen.length, each.offset + each.data.length);
            seen = Buffer.concat([seen], size);
            seen.set(each.data, each.offset);
          }
          const memory = Buffer.alloc(length, 0xee);
          const read = Buffer.from(stored)
            .subarray(offset, offset + length)
            .copy(memory);
          const bytes = delayed.lay(offset, memory, read);
          const wanted = seen.subarray(offset, offset + length);
          expect(memory.subarray(0, bytes).toString('hex')).toBe(wanted.toString('hex'));
        },
      ),
    );
  });
});
