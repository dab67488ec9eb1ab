// Memory of calls: never given twice at a time, used again, and freed only where nobody shares it.

import { describe, expect, it } from 'vitest';
import { free, ReadMemory } from '../../../../src/fault/mount/call-memory.ts';

const MIB = 2 ** 20;

describe('memory for reads', () => {
  it('is of one call at a time, and used again once it is given back', () => {
    const memories = new ReadMemory();
    const [one, other] = [memories.take(10), memories.take(MIB)];
    one.fill(1);
    other.fill(2);
    expect([one[0], other[0]]).toEqual([1, 2]);
    memories.giveBack(one);
    const again = memories.take(4096);
    expect(again.buffer).toBe(one.buffer);
    expect(memories.take(4096).buffer).not.toBe(one.buffer);
  });

  it('is as long as a call that is longer than usual, and is not kept then', () => {
    const memories = new ReadMemory();
    const long = memories.take(3 * MIB);
    expect(long.length).toBe(3 * MIB);
    memories.giveBack(long);
    expect(memories.take(MIB).buffer).not.toBe(long.buffer);
  });
});

describe('what is freed', () => {
  it('is empty after it', () => {
    const data = Buffer.from(new ArrayBuffer(4096));
    free(data);
    expect([data.length, data.buffer.byteLength]).toEqual([0, 0]);
  });

  it('is not what shares its memory', () => {
    const whole = Buffer.alloc(4096, 7);
    free(whole.subarray(0, 100));
    expect(whole.equals(Buffer.alloc(4096, 7))).toBe(true);
  });
});
