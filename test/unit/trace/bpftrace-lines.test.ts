// What our bpftrace program prints, as events, and events of several processors in order.

import { describe, expect, test } from 'vitest';
import { BpftraceLines } from '../../../src/trace/bpftrace-lines.ts';
import type { TraceEvent } from '../../../src/trace/call.ts';
import { EventOrder } from '../../../src/trace/event-order.ts';

function read(lines: readonly string[], probes: readonly string[] = []) {
  const reader = new BpftraceLines([7], probes);
  const events = lines.flatMap((line) => reader.read(line) ?? []);
  return { events, reader };
}

describe('lines', () => {
  test('a write that failed, and one that did not', () => {
    const { events } = read([
      'C 8 7 1000 1500 1 -30 3 140000 4096 0',
      'C 8 7 2000 2500 18 512 3 140000 512 8192',
    ]);
    expect(events).toEqual([
      {
        kind: 'call',
        call: {
          ...{ thread: 8, process: 7, name: 'write', beganNs: 1000n, tookNs: 500 },
          ...{ result: null, errno: 'EROFS', given: { fd: 3, bytes: 4096 } },
        },
      },
      expect.objectContaining({
        call: expect.objectContaining({
          ...{ name: 'pwrite64', result: 512, errno: null },
          given: { fd: 3, bytes: 512, offset: 8192 },
        }),
      }),
    ]);
  });

  test('strings belong to the next call of their thread', () => {
    const { events } = read([
      'S 8 1 a file',
      'S 9 1 other',
      'C 8 7 1 2 257 3 -100 140000 577 438',
      'S 8 0 from',
      'S 8 1 to',
      'C 8 7 1 2 82 0 140000 140001 0 0',
      'C 8 7 1 2 257 -2 -100 140000 0 0',
    ]);
    expect(events.map((event) => event.kind === 'call' && event.call.given)).toEqual([
      { path: 'a file', directoryFd: -100, flags: ['O_WRONLY', 'O_CREAT', 'O_TRUNC'] },
      { path: 'from', toPath: 'to' },
      { directoryFd: -100, flags: [] },
    ]);
  });

  test('one that fills its place is no path: it may have been longer', () => {
    const { events } = read([`S 8 1 ${'x'.repeat(159)}`, 'C 8 7 1 2 257 3 -100 1 0 0']);
    expect(events[0]).toMatchObject({ call: { given: { flags: [] } } });
    expect(JSON.stringify(events[0], (_, v) => (typeof v === 'bigint' ? 0 : v))).not.toMatch(/xx/);
  });

  test('starts, ends by a status and by a signal, and who is left', () => {
    const { events, reader } = read(['F 7 8 10', 'X 8 8 20 768', 'X 7 7 30 9']);
    expect(events).toEqual([
      { kind: 'start', start: { atNs: 10n, by: 7, thread: 8, isThread: null } },
      { kind: 'exit', exit: { thread: 8, process: 8, atNs: 20n, status: 3, signal: null } },
      { kind: 'exit', exit: { thread: 7, process: 7, atNs: 30n, status: null, signal: 'SIGKILL' } },
    ]);
    expect(reader.alive.size).toBe(0);
  });

  test('probes by their text, and what was lost', () => {
    const text = 'u:/lib/a.so:f';
    const { events } = read(['P 8 7 5 0 1 18446744073709551615 3 4 5 6', 'Lost 12 events'], [text]);
    const values = [1n, 0xffff_ffff_ffff_ffffn, 3n, 4n, 5n, 6n];
    expect(events).toEqual([
      { kind: 'probe', probe: { process: 7, thread: 8, atNs: 5n, probe: text, values } },
      { kind: 'lost', events: 12 },
    ]);
  });

  test('what it says of itself is none; what nobody knows is counted', () => {
    const { events, reader } = read(['Attaching 8 probes...', '', 'R1', 'R2', 'what', 'C 1 2']);
    expect([events, reader.unread, reader.answered.size]).toEqual([[], 2, 2]);
  });

  test('an interrupted call that the kernel makes again has not failed', () => {
    const { events } = read(['C 8 7 1 2 0 -512 3 1 4096 0']);
    expect(events[0]).toMatchObject({ call: { result: null, errno: null } });
  });
});

describe('the order', () => {
  const exit = (atNs: bigint): TraceEvent => ({
    kind: 'exit',
    exit: { thread: Number(atNs), atNs, status: 0, signal: null },
  });

  test('is that of the times at which they ended, whatever order they came in', () => {
    const passed: bigint[] = [];
    const order = new EventOrder((event) => {
      if (event.kind === 'exit') passed.push(event.exit.atNs);
    });
    for (const atNs of [5_000_000_000n, 3_000_000_000n, 4_000_000_000n]) order.add(exit(atNs));
    order.release(4_500_000_000n);
    expect(passed).toEqual([3_000_000_000n, 4_000_000_000n]);
    order.add(exit(4_900_000_000n));
    order.releaseAll();
    expect(passed.slice(2)).toEqual([4_900_000_000n, 5_000_000_000n]);
  });
});
