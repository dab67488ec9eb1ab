// Lines of strace with threads that interrupt each other, signals, ends, and what is no line at
// all.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TraceEvent } from '../../../src/trace/call.ts';
import { StraceLines } from '../../../src/trace/strace-lines.ts';
import { eventsOf, timed } from '../../fixtures/traced-lines.ts';

const callsIn = (events: readonly TraceEvent[]) =>
  events.flatMap((event) => (event.kind === 'call' ? [event.call] : []));

describe('lines', () => {
  test('a call has thread, times, result and arguments', () => {
    const { events, unread } = eventsOf([
      '100 5.000000001 pwrite64(3</srv/a>, "xy"..., 512, 4096) = 512 <0.000123>',
    ]);
    expect(unread).toBe(0);
    expect(callsIn(events)).toEqual([
      {
        ...{ thread: 100, name: 'pwrite64', beganNs: 5_000_000_001n, tookNs: 123_000 },
        ...{ result: 512, errno: null },
        given: { fd: 3, subject: '/srv/a', bytes: 512, offset: 4096 },
      },
    ]);
  });

  test('a call that was cut in two begins where it began', () => {
    const { events, unread } = eventsOf([
      '100 1.000000000 read(3</srv/a>,  <unfinished ...>',
      '101 1.100000000 write(4</srv/b>, "x", 1 <unfinished ...>',
      '100 1.200000000 <... read resumed>"data"..., 100) = 100 <0.200000>',
      '101 1.300000000 <... write resumed>) = 1 <0.200000>',
    ]);
    const calls = callsIn(events);
    expect(unread).toBe(0);
    expect(calls.map(({ name, beganNs, result }) => [name, beganNs, result])).toEqual([
      ['read', 1_000_000_000n, 100],
      ['write', 1_100_000_000n, 1],
    ]);
    expect(calls[0]?.given).toMatchObject({ fd: 3, bytes: 100 });
  });

  test('one whose beginning was before we came, or whose end is after, is no call', () => {
    const { events, unread } = eventsOf([
      '100 1.0 <... read resumed>"data", 100) = 100 <0.2>',
      '100 1.1 read(3, <detached ...>',
      '101 1.1 read(3, <unfinished ...>',
      '101 1.2 +++ killed by SIGKILL +++',
      '101 1.3 <... read resumed>) = 1',
    ]);
    expect(callsIn(events)).toEqual([]);
    expect(unread).toBe(0);
  });

  test('a restarted call has no result and is no failure', () => {
    const [call] = callsIn(
      eventsOf(timed(['1 read(0, 0x7f, 9) = ? ERESTARTSYS (To be restarted if SA_RESTART)']))
        .events,
    );
    expect(call).toMatchObject({ result: null, errno: null });
  });

  test('ends and signals', () => {
    const { events } = eventsOf(
      timed([
        '1 --- SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=2} ---',
        '1 --- stopped by SIGSTOP ---',
        '1 +++ exited with 3 +++',
        '2 +++ killed by SIGSEGV (core dumped) +++',
        '3 +++ superseded by execve in pid 4 +++',
      ]),
    );
    expect(events.map((event) => (event.kind === 'exit' ? event.exit : event.kind))).toMatchObject([
      'signal',
      { thread: 1, status: 3, signal: null },
      { thread: 2, status: null, signal: 'SIGSEGV' },
    ]);
  });

  test('it knows whose end was told: a thread that calls execve goes on as its process', () => {
    const following = (lines: readonly string[], there: readonly number[]) => {
      const read = new StraceLines(
        (ns) => ns,
        () => undefined,
        [1, 2, 3],
      );
      const [first = [], rest = []] = [timed(lines.slice(0, 1)), timed(lines.slice(1))];
      for (const line of first) read.read(line);
      read.follow(there);
      for (const line of rest) read.read(line);
      return read.following;
    };
    // Those of which nothing was heard, and which were gone when it had attached, are none.
    expect(following([], [])).toBe(0);
    expect(following([], [1])).toBe(1);
    expect(following(['1 read(0</a>, "", 1) = 0', '4 read(0</a>, "", 1) = 0'], [1, 3])).toBe(3);
    expect(following(['1 +++ exited with 0 +++', '2 +++ killed by SIGKILL +++'], [1, 2])).toBe(0);
    const executed = ['1 +++ superseded by execve in pid 2 +++', '1 close(0</a>) = 0'];
    expect(following(executed, [1, 2])).toBe(1);
    expect(following([...executed, '1 +++ exited with 0 +++'], [1, 2])).toBe(0);
    // The number of one that has ended is given away again.
    const again = ['1 +++ exited with 0 +++', '1 read(0</a>, "", 1) = 0'];
    expect(following(again, [2])).toBe(2);
  });

  test('a child that is faster than its clone is told of, unless two clones are under way', () => {
    const clone = 'clone3({flags=CLONE_VM|CLONE_THREAD, exit_signal=0} <unfinished ...>';
    const started = (lines: string[]) =>
      eventsOf(timed(lines)).events.flatMap((event) =>
        event.kind === 'start' ? [event.start] : [],
      );
    expect(started(['1 vfork( <unfinished ...>', '2 close(3) = 0'])).toMatchObject([
      { by: 1, thread: 2, isThread: false },
    ]);
    expect(started([`1 ${clone}`, '2 close(3) = 0', '2 close(4) = 0'])).toMatchObject([
      { by: 1, thread: 2, isThread: true },
    ]);
    const two = ['9 close(1) = 0', '1 vfork( <unfinished ...>', '9 vfork( <unfinished ...>'];
    expect(started([...two, '2 close(3) = 0'])).toEqual([]);
  });

  test('rename, its descriptors and flags', () => {
    const [call] = callsIn(
      eventsOf(timed(['1 renameat2(AT_FDCWD</srv>, "a", 5</mnt>, "b", RENAME_NOREPLACE) = 0']))
        .events,
    );
    expect(call?.given).toEqual({
      ...{ path: 'a', directory: '/srv', toPath: 'b', toDirectory: '/mnt' },
      flags: ['RENAME_NOREPLACE'],
    });
  });

  test('addresses of both families and of the unix kind', () => {
    const given = callsIn(
      eventsOf(
        timed([
          '1 connect(3, {sin_port=htons(80), sin_addr=inet_addr("1.2.3.4")}, 16) = 0',
          '1 connect(3, {sin6_port=htons(80), inet_pton(AF_INET6, "::1", &sin6_addr)}, 28) = 0',
          '1 connect(3, {sa_family=AF_UNIX, sun_path="/run/s"}, 9) = 0',
        ]),
      ).events,
    ).map((call) => call.given.address);
    expect(given).toEqual(['1.2.3.4:80', '::1:80', '/run/s']);
  });

  test('anything else is passed over and counted', () => {
    const { events, unread } = eventsOf(['strace: hello', '', '1 2.3 write(3, "', 'nonsense']);
    expect([events, unread]).toEqual([[], 3]);
    fc.assert(
      fc.property(fc.array(fc.string()), (lines) => {
        eventsOf(lines.flatMap((line) => [line, `1 2.3 ${line}`]));
      }),
    );
  });
});
