// What becomes of one write under each kind of fault, and under several at once.

import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { planWrite, type WriteCall } from '../../../../src/fault/mount/write-plan.ts';
import { changes, planningOf } from './plans.ts';

const { EIO, ENOSPC, EDQUOT } = constants.errno;

const callOf = (offset = 4096, length = 1024): WriteCall => ({
  operation: 'write',
  path: '/file',
  offset,
  length,
  flags: [],
  data: Buffer.alloc(length, 0x11),
});

/** What a write becomes that no fault changes. */
const untouched = (call: WriteCall) => ({
  waitMs: 0,
  refusal: 0,
  forwarded: 0,
  isLost: false,
  late: null,
  until: null,
  offset: call.offset,
  data: call.data,
  reported: call.length,
});

describe('a write', () => {
  it('is carried out as it is where nothing fires, without a receipt', () => {
    const planning = planningOf('flip:path=/other', 'unsynced:start=1h', 'stale');
    const call = callOf();
    expect(planWrite(call, planning)).toEqual(untouched(callOf()));
    expect(changes(planning)).toEqual([]);
  });

  it.each([
    ['errno:errno=ENOSPC', { refusal: ENOSPC }, 'ENOSPC'],
    ['forwarded:errno=EIO', { forwarded: EIO }, 'EIO, but written'],
    ['lost', { isLost: true }, 'not written'],
    [
      'late:errno=EDQUOT',
      { isLost: true, late: { errno: EDQUOT, at: 'close' } },
      'not written, EDQUOT at close',
    ],
    [
      'late:errno=EIO,at=fsync',
      { isLost: true, late: { errno: EIO, at: 'fsync' } },
      'not written, EIO at fsync',
    ],
    ['delayed', { until: 'close' }, 'written at close'],
    ['delayed:until=fsync', { until: 'fsync' }, 'written at fsync'],
    ['delayed:until=reversed', { until: 'reversed' }, 'written at close, last first'],
    ['misdirect', { offset: 3072 }, 'written at 3072'],
    ['misdirect:by=100', { offset: 4196 }, 'written at 4196'],
    ['latency:time=20ms', { waitMs: 20 }, '20.0 ms'],
    ['rate:bytes=1MiB', { waitMs: expect.closeTo(1000 / 1024, 3) }, '1.0 ms'],
  ] as const)('under %s', (fault, changed, what) => {
    const planning = planningOf(fault);
    expect(planWrite(callOf(), planning)).toEqual({ ...untouched(callOf()), ...changed });
    expect(changes(planning)).toEqual([what]);
  });

  it.each([
    ['short', 512, 512, '512 of 1024 bytes written'],
    ['short:bytes=7', 7, 7, '7 of 1024 bytes written'],
    ['torn:bytes=100', 100, 1024, '100 of 1024 bytes written, success reported'],
  ] as const)('under %s stores a part, and reports what it should', (fault, stored, told, what) => {
    const planning = planningOf(fault);
    const { data, reported } = planWrite(callOf(), planning);
    expect([data.length, reported, changes(planning)]).toEqual([stored, told, [what]]);
  });

  it('is torn after a whole sector where no length is given', () => {
    expect(planWrite(callOf(), planningOf('torn')).data.length).toBe(512);
  });

  it('has its data changed, and nothing else of it', () => {
    const flipped = planWrite(callOf(), planningOf('flip:mask=0xff,word=2'));
    const zeroed = planWrite(callOf(), planningOf('zero:at=8,bytes=16'));
    const [flips, zeros] = [callOf().data, callOf().data];
    flips[16] = 0xee;
    zeros.fill(0, 8, 24);
    expect(flipped).toEqual({ ...untouched(callOf()), data: flips });
    expect(zeroed).toEqual({ ...untouched(callOf()), data: zeros });
  });

  it('meets several at once: late, somewhere else, changed and torn', () => {
    const planning = planningOf(
      'latency:time=5ms',
      'latency:time=6ms',
      'misdirect',
      'zero',
      'torn:bytes=512',
    );
    const { waitMs, offset, data, reported } = planWrite(callOf(), planning);
    expect([waitMs, offset, reported]).toEqual([11, 3072, 1024]);
    expect(data).toEqual(Buffer.alloc(512));
    expect(changes(planning).length).toBe(5);
  });

  it.each([
    ['short:bytes=1024', callOf()],
    ['torn:bytes=2KiB', callOf()],
    ['torn', callOf(0, 1)],
    ['misdirect', callOf(0, 0)],
  ])('has nothing for %s to act on: it does not fire, and is not counted', (fault, call) => {
    const planning = planningOf(fault);
    expect(planWrite(call, planning)).toEqual(untouched(call));
    expect(planning.faults.list()[0]).toMatchObject({ matched: 0, fired: 0 });
  });
});
