// What a hunt asks of the agent in a guest, and what it answers. Every request but the news of a
// board has a number and gets one answer with it.

import type { Facts } from '../domain/hunt-report.ts';
import type { ActorHost } from '../domain/workload.ts';
import type { HuntClock } from '../trial/hunt-clock.ts';
import type { TakenRecording } from '../trial/recordings-place.ts';

export type Request =
  /** Run this role with this assignment on the standing actor `name`. */
  | {
      readonly ask: 'call';
      readonly name: string;
      readonly role: string;
      readonly assignment: object;
      readonly host: ActorHost;
      readonly limitMs: number;
      /** Of the hunt. */
      readonly clock: HuntClock;
    }
  /** Mount an export of the host; what was mounted there before is unmounted. */
  | { readonly ask: 'mount'; readonly mount: NfsMount }
  /** Run a program of the guest to its end; it may also run while others are asked for. */
  | { readonly ask: 'run'; readonly words: readonly string[]; readonly limitMs: number }
  | { readonly ask: 'facts'; readonly path: string }
  /** What its clock says, which starts with the guest and stands still while it is paused. */
  | { readonly ask: 'clock' }
  /** All that its actors have recorded. */
  | { readonly ask: 'recordings' }
  /** The boards of the trial before are not asked for again. */
  | { readonly ask: 'forget' }
  | { readonly ask: 'power-off' };

export interface NfsMount {
  readonly at: string;
  /** `10.0.2.2:/export` */
  readonly source: string;
  readonly isSync: boolean;
  /** As in nfs(5), comma separated. */
  readonly options: string;
}

/** A value of a board that another side has changed. */
export interface BoardNews {
  readonly board: number;
  readonly at: number;
  readonly value: number;
}

export type ToAgent = ({ readonly id: number } & Request) | BoardNews;

export type FromAgent =
  /** The first line, which proves that it is the guest that was booted. */
  | { readonly hello: string }
  | { readonly id: number; readonly result: object }
  | { readonly id: number; readonly error: string };

export interface FactsAnswer {
  readonly host: Facts;
  readonly place: Facts;
}

export interface ClockAnswer {
  /** Monotonic, nanoseconds. */
  readonly ns: bigint;
}

export interface RecordingsAnswer {
  readonly taken: readonly TakenRecording[];
}

/** Where the guest finds its host: QEMU's user network. */
export const HOST_ADDRESS = '10.0.2.2';
/** On the kernel's command line. */
export const PORT_PARAMETER = 'heisenwrite.port';
export const TOKEN_PARAMETER = 'heisenwrite.token';
