// The program that bpftrace compiles: all calls pass through two tracepoints of the kernel, which
// keep the arguments of those that matter at entry and print one line when they return. A process
// is traced when it is in @t, where the kernel puts its children. Strings go in lines before their
// call. We ask for our parent's number until both tracepoints answer: then it works. What was kept
// at an entry before there was the other tracepoint is nobody's: no call that does not matter may
// print it.
//
//   S <thread> <argument> <text>
//   C <thread> <process> <beganNs> <endedNs> <number> <result> <four arguments>
//   F <thread> <child> <ns>                    a thread or process was started
//   X <thread> <process> <ns> <wait status>    a thread ended
//   P <thread> <process> <ns> <probe> <values>
//   R1, R2                                     the tracepoints answer

import { CALL_NUMBERS, numberOf } from './call-numbers.ts';
import type { Probe } from './probe.ts';

/** Bytes of a path that are read; the kernel's stack allows no more than 200. */
export const PATH_BYTES = 160;

/** The arguments that are paths, by call. */
const FIRST = ['open', 'creat', 'truncate', 'rename', 'unlink', 'chdir', 'execve'];
const SECOND = ['openat', 'unlinkat', 'rename', 'renameat', 'renameat2'];
const FOURTH = ['renameat', 'renameat2'];
/** What libuv reads a parent's number by. */
const GETPPID = 110;

/** @param own the process of ours that asks */
export function bpftraceProgram(
  processes: readonly number[],
  probes: readonly Probe[],
  own: number,
): string {
  const wanted = Object.values(CALL_NUMBERS).map((number) => `@w[${number}] = 1;`);
  const traced = processes.map((process) => `@t[(uint64)${process}] = 1;`);
  const isOne = (names: readonly string[]) =>
    names.map((name) => `args->id == ${numberOf(name)}`).join(' || ');
  return `
BEGIN { ${wanted.join(' ')} ${traced.join(' ')} }
tracepoint:raw_syscalls:sys_enter /@t[(uint64)pid] && @w[args->id]/ {
  @n[tid] = nsecs;
  @a[tid] = args->args[0]; @b[tid] = args->args[1];
  @c[tid] = args->args[2]; @d[tid] = args->args[3];
}
tracepoint:raw_syscalls:sys_exit /@t[(uint64)pid] && @n[tid] && @w[args->id]/ {
  if (${isOne(FIRST)}) { printf("S %d 0 %s\\n", tid, str(uptr(@a[tid]))); }
  if (${isOne(SECOND)}) { printf("S %d 1 %s\\n", tid, str(uptr(@b[tid]))); }
  if (${isOne(FOURTH)}) { printf("S %d 3 %s\\n", tid, str(uptr(@d[tid]))); }
  printf("C %d %d %llu %llu %d %lld %lld %lld %lld %lld\\n", tid, pid, @n[tid], nsecs,
    args->id, args->ret, @a[tid], @b[tid], @c[tid], @d[tid]);
  delete(@n[tid]);
}
tracepoint:sched:sched_process_fork /@t[(uint64)pid]/ {
  @t[(uint64)args->child_pid] = 1;
  printf("F %d %d %llu\\n", tid, args->child_pid, nsecs);
}
tracepoint:sched:sched_process_exit /@t[(uint64)pid]/ {
  printf("X %d %d %llu %d\\n", tid, pid, nsecs, curtask->exit_code);
}
${probes.map(probeCode).join('')}
tracepoint:raw_syscalls:sys_enter /pid == ${own} && args->id == ${GETPPID}/ { printf("R1\\n"); }
tracepoint:raw_syscalls:sys_exit /pid == ${own} && args->id == ${GETPPID}/ { printf("R2\\n"); }
END { clear(@w); clear(@t); clear(@n); clear(@a); clear(@b); clear(@c); clear(@d); }
`;
}

function probeCode({ returns, library, symbol }: Probe, index: number): string {
  const kind = returns ? 'uretprobe' : 'uprobe';
  const values = returns ? ['retval'] : ['arg0', 'arg1', 'arg2', 'arg3', 'arg4', 'arg5'];
  const places = values.map(() => '%llu').join(' ');
  return `${kind}:"${library}":"${symbol}" /@t[(uint64)pid]/ {
  printf("P %d %d %llu ${index} ${places}\\n", tid, pid, nsecs, ${values.join(', ')});
}
`;
}
