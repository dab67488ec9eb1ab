// The lines of `strace -f -T --absolute-timestamps=unix,ns -o`: a thread, a time, and a call, a
// signal or an end. A call that another thread's line cut in two is joined again: its beginning is
// kept until `<... write resumed>` brings the rest. A thread whose first line comes before the
// clone that made it has returned is told of as started, if only one such clone is under way.

import type { TraceEvent } from './call.ts';
import { callOf } from './strace-calls.ts';
import { parseCallText } from './strace-text.ts';

const LINE = /^(?:\[pid +)?(\d+)\]? +(\d+)\.(\d{1,9}) (.*)$/s;
const RESUMED = /^<\.\.\. (\S+) resumed>(.*)$/s;
const STARTING = /^(clone3?|v?fork)\(/;
const CUT = /\s*<(unfinished|detached) \.\.\.>$/;

interface Begun {
  readonly text: string;
  readonly beganNs: bigint;
}

/** Turns lines into events. Lines that it does not know are counted and passed over. */
export class StraceLines {
  /** Lines that were none of strace's, or broken. */
  unread = 0;
  readonly #toMonotonicNs: (unixNs: bigint) => bigint;
  readonly #onEvent: (event: TraceEvent) => void;
  readonly #begun = new Map<number, Begun>();
  readonly #threads: Set<number>;
  /** Of those, such as were there when it had attached, or of which a line has told. */
  readonly #following = new Set<number>();
  readonly #ended = new Set<number>();

  /**
   * @param toMonotonicNs of a time in ns since 1970
   * @param threads those that are there already
   */
  constructor(
    toMonotonicNs: (unixNs: bigint) => bigint,
    onEvent: (event: TraceEvent) => void,
    threads: readonly number[] = [],
  ) {
    this.#toMonotonicNs = toMonotonicNs;
    this.#onEvent = onEvent;
    this.#threads = new Set(threads);
  }

  /** Threads that are traced, and of which no end was told. */
  get following(): number {
    return this.#following.size;
  }

  /** It has attached, and these were there then: of each an end will be told. */
  follow(threads: readonly number[]): void {
    for (const thread of threads) if (!this.#ended.has(thread)) this.#following.add(thread);
  }

  read(line: string): void {
    const event = this.#eventOf(line);
    if (event) this.#onEvent(event);
  }

  /** Null where a line completes nothing. */
  #eventOf(line: string): TraceEvent | null {
    const match = LINE.exec(line);
    if (!match) {
      if (line.trim() !== '') this.unread++;
      return null;
    }
    const thread = Number(match[1]);
    const unixNs = BigInt(match[2] as string) * 1_000_000_000n;
    const atNs = this.#toMonotonicNs(unixNs + BigInt((match[3] as string).padEnd(9, '0')));
    const text = match[4] as string;
    if (!this.#threads.has(thread)) this.#appeared(thread, atNs);
    this.#following.add(thread);
    this.#ended.delete(thread);
    if (text.startsWith('+++ ')) return this.#endOf(thread, atNs, text);
    if (text.startsWith('--- ')) return signalOf(thread, atNs, text);
    return this.#callIn(thread, atNs, text);
  }

  #appeared(thread: number, atNs: bigint): void {
    this.#threads.add(thread);
    const starting = [...this.#begun].filter(([, { text }]) => STARTING.test(text));
    const [by, begun] = starting[0] ?? [];
    if (by === undefined || begun === undefined || starting.length > 1) return;
    const isThread = begun.text.includes('CLONE_THREAD');
    this.#onEvent({ kind: 'start', start: { atNs, by, thread, isThread } });
  }

  #callIn(thread: number, atNs: bigint, text: string): TraceEvent | null {
    let whole: Begun = { text, beganNs: atNs };
    const resumed = RESUMED.exec(text);
    if (resumed) {
      const begun = this.#begun.get(thread);
      if (!begun?.text.startsWith(`${resumed[1]}(`)) {
        // Its beginning was before we were attached.
        return null;
      }
      whole = { text: begun.text + resumed[2], beganNs: begun.beganNs };
    }
    this.#begun.delete(thread);
    const cut = CUT.exec(whole.text);
    if (cut) {
      const kept = { ...whole, text: whole.text.slice(0, cut.index) };
      if (cut[1] === 'unfinished') this.#begun.set(thread, kept);
      return null;
    }
    const parsed = parseCallText(whole.text);
    if (parsed === null) {
      this.unread++;
      return null;
    }
    return { kind: 'call', call: callOf(parsed, thread, whole.beganNs) };
  }

  #endOf(thread: number, atNs: bigint, text: string): TraceEvent | null {
    this.#begun.delete(thread);
    this.#gone(thread);
    const exited = /^\+\+\+ exited with (\d+) \+\+\+/.exec(text);
    if (exited) return endEvent(thread, atNs, Number(exited[1]), null);
    const killed = /^\+\+\+ killed by (\w+)/.exec(text);
    if (killed) return endEvent(thread, atNs, null, killed[1] as string);
    // The thread that called goes on under the number of its process.
    const superseded = /^\+\+\+ superseded by execve in pid (\d+)/.exec(text);
    if (superseded) this.#gone(Number(superseded[1]));
    return null;
  }

  #gone(thread: number): void {
    this.#threads.delete(thread);
    this.#following.delete(thread);
    this.#ended.add(thread);
  }
}

function endEvent(thread: number, atNs: bigint, status: number | null, signal: string | null) {
  return { kind: 'exit', exit: { thread, atNs, status, signal } } as const;
}

function signalOf(thread: number, atNs: bigint, text: string): TraceEvent | null {
  const name = /^--- (SIG\w+)/.exec(text)?.[1];
  return name === undefined ? null : { kind: 'signal', thread, atNs, name };
}
