// The lines that our bpftrace program prints (bpftrace-program.ts says which), as events. A call's
// strings come before it; what bpftrace says itself of events that it lost is counted.

import { constants } from 'node:os';
import { PATH_BYTES } from './bpftrace-program.ts';
import type { CallArguments, TraceEvent } from './call.ts';
import { isCopy, isOpen } from './call.ts';
import {
  cloneFlags,
  closeRangeFlags,
  controlFlags,
  nameOf,
  openFlags,
  unlinkFlags,
  whenceFlags,
} from './call-numbers.ts';

const ERRNOS = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));
/** Names that errno(3) has twice, or Node has none for. */
const NAMED: Readonly<Record<number, string>> = { 11: 'EAGAIN', 95: 'EOPNOTSUPP', 116: 'ESTALE' };
const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));
/** ERESTARTSYS to ERESTART_RESTARTBLOCK: the kernel itself calls again. */
const isRestart = (number: number) => number >= 512 && number <= 516;

export class BpftraceLines {
  unread = 0;
  /** Threads that are traced and have not ended. */
  readonly alive: Set<number>;
  readonly answered = new Set<string>();
  readonly #probes: readonly string[];
  readonly #strings = new Map<number, Map<number, string>>();

  constructor(processes: readonly number[], probes: readonly string[]) {
    this.alive = new Set(processes);
    this.#probes = probes;
  }

  read(line: string): TraceEvent | null {
    const [kind = '', ...words] = line.split(' ');
    const numbers = words.map(Number);
    switch (kind) {
      case 'S':
        this.#keep(numbers[0] as number, numbers[1] as number, words.slice(2).join(' '));
        return null;
      case 'C':
        return this.#call(words, numbers);
      case 'X':
        return this.#exit(words, numbers);
      case 'F':
        return this.#start(words, numbers);
      case 'P':
        return this.#probe(words, numbers);
      case 'R1':
      case 'R2':
        this.answered.add(kind);
        return null;
      default:
        return this.#other(line);
    }
  }

  #keep(thread: number, index: number, text: string): void {
    const kept = this.#strings.get(thread) ?? new Map<number, string>();
    // One that fills its place may have been longer.
    if (Buffer.byteLength(text) < PATH_BYTES - 1) kept.set(index, text);
    this.#strings.set(thread, kept);
  }

  #call(words: readonly string[], numbers: readonly number[]): TraceEvent | null {
    const [thread = 0, process = 0, , , number = -1, returned = 0, ...given] = numbers;
    const name = nameOf(number);
    const strings = this.#strings.get(thread) ?? new Map<number, string>();
    this.#strings.delete(thread);
    if (name === null || words.length !== 10) {
      this.unread++;
      return null;
    }
    const beganNs = BigInt(words[2] as string);
    const tookNs = Number(BigInt(words[3] as string) - beganNs);
    const errno = returned < 0 && returned > -4096 ? errnoName(-returned) : null;
    const result = returned < 0 ? null : returned;
    const call = { thread, process, name, beganNs, tookNs, result, errno };
    return { kind: 'call', call: { ...call, given: argumentsOf(name, given, strings) } };
  }

  #start(words: readonly string[], [by = 0, thread = 0]: readonly number[]): TraceEvent {
    this.alive.add(thread);
    const atNs = BigInt(words[2] as string);
    return { kind: 'start', start: { atNs, by, thread, isThread: null } };
  }

  #exit(words: readonly string[], numbers: readonly number[]): TraceEvent {
    const [thread = 0, process = 0, , code = 0] = numbers;
    this.alive.delete(thread);
    // As in wait(2): the signal is below, the status above.
    const signal = SIGNALS.get(code & 0x7f) ?? null;
    const status = signal === null ? (code >> 8) & 0xff : null;
    const exit = { thread, process, atNs: BigInt(words[2] as string), status, signal };
    return { kind: 'exit', exit };
  }

  #probe(words: readonly string[], numbers: readonly number[]): TraceEvent | null {
    const [thread = 0, process = 0, , index = -1] = numbers;
    const probe = this.#probes[index];
    if (probe === undefined) return this.#other('P');
    const values = words.slice(4).map((word) => BigInt.asUintN(64, BigInt(word)));
    const atNs = BigInt(words[2] as string);
    return { kind: 'probe', probe: { process, thread, atNs, probe, values } };
  }

  #other(line: string): TraceEvent | null {
    const lost = /^Lost (\d+) events/.exec(line);
    if (lost) return { kind: 'lost', events: Number(lost[1]) };
    // At its end it prints what calls put into its maps after they had been cleared.
    if (line !== '' && !/^(Attaching |@[a-z]\[)/.test(line)) this.unread++;
    return null;
  }
}

function errnoName(number: number): string | null {
  if (isRestart(number)) return null;
  return NAMED[number] ?? ERRNOS.get(number) ?? `E${number}`;
}

const int = (value: number | undefined): number => (value ?? 0) | 0;

function argumentsOf(
  name: string,
  [a = 0, b = 0, c = 0, d = 0]: readonly number[],
  strings: ReadonlyMap<number, string>,
): CallArguments {
  const path = (index: number) => {
    const text = strings.get(index);
    return text === undefined ? {} : { path: text };
  };
  const toPath = (index: number) => {
    const text = strings.get(index);
    return text === undefined ? {} : { toPath: text };
  };
  if (isCopy(name)) return name === 'sendfile' ? { fd: int(a), otherFd: int(b) } : copied(a, c, d);
  if (isOpen(name)) return opening(name, [a, b, c], strings);
  switch (name) {
    case 'read':
    case 'write':
    case 'sendto':
    case 'recvfrom':
      return { fd: int(a), bytes: c };
    case 'pread64':
    case 'pwrite64':
      return { fd: int(a), bytes: c, offset: d };
    case 'preadv':
    case 'pwritev':
      return { fd: int(a), offset: d };
    case 'lseek':
      return { fd: int(a), offset: b, flags: whenceFlags(c) };
    case 'ftruncate':
      return { fd: int(a), offset: b };
    case 'truncate':
      return { ...path(0), offset: b };
    case 'rename':
      return { ...path(0), ...toPath(1) };
    case 'renameat':
    case 'renameat2':
      return { ...path(1), directoryFd: int(a), ...toPath(3), toDirectoryFd: int(c) };
    case 'unlinkat':
      return { ...path(1), directoryFd: int(a), flags: unlinkFlags(c) };
    case 'unlink':
    case 'chdir':
    case 'execve':
      return path(0);
    case 'dup2':
    case 'dup3':
      return { fd: int(a), otherFd: int(b), flags: openFlags(c) };
    case 'fcntl':
      return { fd: int(a), flags: controlFlags(b, c) };
    case 'close_range':
      return { fd: int(a), otherFd: b > 0x7fff_ffff ? 0x7fff_ffff : b, flags: closeRangeFlags(c) };
    case 'clone':
      return { flags: cloneFlags(a) };
    case 'clone3':
    case 'fork':
    case 'vfork':
    case 'sync':
    case 'socket':
      return {};
    default:
      return { fd: int(a) };
  }
}

/** An offset that was given lies behind a pointer; then the position is not what is written at. */
function copied(from: number, to: number, offsetAddress: number): CallArguments {
  return { fd: int(to), otherFd: int(from), ...(offsetAddress !== 0 && { elsewhere: true }) };
}

function opening(
  name: string,
  [a, b, c]: readonly [number, number, number],
  strings: ReadonlyMap<number, string>,
): CallArguments {
  const text = strings.get(name === 'openat' ? 1 : 0);
  const path = text === undefined ? {} : { path: text };
  if (name === 'creat') return { ...path, flags: openFlags(0o1101) };
  return name === 'openat'
    ? { ...path, directoryFd: int(a), flags: openFlags(c) }
    : { ...path, flags: openFlags(b) };
}
