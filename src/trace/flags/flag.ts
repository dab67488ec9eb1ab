// What a judge finds in a trace: something that the manuals of the calls warn of, or do not know.

import type { SeenCall, TracedProcess } from '../scene.ts';

export const FLAG_KINDS = [
  'unlisted-errno',
  'short-write',
  'ignored-error',
  'append-race',
  'truncated-after-write',
  'rename-before-fsync',
] as const;
export type FlagKind = (typeof FLAG_KINDS)[number];

export interface Flag {
  readonly kind: FlagKind;
  /** CLOCK_MONOTONIC, when the call began. */
  readonly atNs: bigint;
  readonly process: number;
  readonly thread: number;
  /** Its name, as `ps` shows it. */
  readonly command: string;
  readonly call: string;
  readonly errno: string | null;
  readonly path: string | null;
  /** What happened and why it matters, in one sentence. */
  readonly words: string;
}

/** How a process ended; `status` null where a signal ended it. */
export interface ProcessEnd {
  readonly process: TracedProcess;
  readonly status: number | null;
}

/** One kind of flag. It sees every call before its effect is noted. */
export interface Judge {
  see(seen: SeenCall): void;
  ended?(end: ProcessEnd): void;
}

export type Raise = (flag: Flag) => void;
export type JudgeMaker = (raise: Raise) => Judge;

/** The flag of a call. */
export function flagOf(
  kind: FlagKind,
  { call, process, file, open, path }: SeenCall,
  words: string,
): Flag {
  return {
    ...{ kind, words },
    atNs: call.beganNs,
    process: process.id,
    thread: call.thread,
    command: process.command,
    call: call.name,
    errno: call.errno,
    path: file?.path ?? open?.subject ?? path,
  };
}
