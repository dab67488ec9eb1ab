// What was seen, raw. An observation is written to the evidence before anything judges it, so it
// must carry all that a judge needs: the bytes, and how to make the bytes that were meant.

import type { PickedUp } from './delivery.ts';
import type { DeliveryOrder, MessageStream } from './message-stream.ts';
import type { PromiseName } from './promise.ts';

/** How a pattern fills the body of a block; see src/stamp/layout.ts. */
export const PATTERNS = [
  'stamp',
  'alternating',
  'ones',
  'zeros',
  'walking',
  'counter',
  'text',
  'random',
] as const;

export type Pattern = (typeof PATTERNS)[number];

/** Everything needed to make the bytes of a stamped file again. */
export interface StampStream {
  /** 64-bit hunt number, 16 hex digits. */
  readonly hunt: string;
  /** File number inside the hunt, 32 bits; the body carries its low 10 bits. */
  readonly file: number;
  readonly writer: number;
  /** A power of two from 512 to 1 MiB. */
  readonly blockBytes: number;
  readonly pattern: Pattern;
  /** Length that the whole file is meant to have; 0 where that is not stated. */
  readonly fileBytes: number;
}

/** Blocks [firstBlock, firstBlock + blocks) were last written with this generation. */
export interface GenerationRun {
  readonly firstBlock: number;
  readonly blocks: number;
  readonly generation: number;
  readonly writer?: number;
}

/** What ought to be in the window of an observation. */
export type Expected =
  /** Exactly these generations; blocks of no run were never written and read as zeros (holes). */
  | {
      readonly shape: 'blocks';
      readonly stream: StampStream;
      readonly runs: readonly GenerationRun[];
      /** Length that the file must have; the stamps themselves do not state it (fileBytes 0). */
      readonly lengthBytes: number;
    }
  /**
   * One block that is rewritten while it is read: any single generation from `acknowledged` (known
   * to be complete before the read began) to `started` (begun before the read ended) is right.
   */
  | {
      readonly shape: 'unit';
      readonly stream: StampStream;
      /** Block index of the unit in its file. */
      readonly block: number;
      readonly acknowledged: number;
      readonly started: number;
      /** True when the unit may legitimately be absent or empty (before the first write). */
      readonly mayBeAbsent: boolean;
    }
  /**
   * A file of appended records, each one block of the stream. The header names the writer and, as
   * generation, the writer's sequence number from 1. Places in the file are not known beforehand,
   * so the block index numbers the record: (records of all writers before this one) + sequence - 1.
   * Right is: every record whole and exactly once, and each writer's records in their order.
   */
  | {
      readonly shape: 'records';
      readonly stream: StampStream;
      /** Index is the writer, value its number of acknowledged records. */
      readonly recordsOfWriter: readonly number[];
    }
  /** A copy of a file of the user's. */
  | {
      readonly shape: 'given';
      /** What was meant in the window, base64; the window is at most 64 KiB. */
      readonly meant: string;
      /** Length that the copy must have. */
      readonly lengthBytes: number;
    }
  /** A content of which only the user's own command can say whether it is right, and which did. */
  | {
      readonly shape: 'compared';
      /** Exit status of the command: 1 says that they differ, as of cmp(1) and diff(1). */
      readonly status: number;
      /** First line of what it said. */
      readonly said: string;
    }
  /** All that one receiver was handed, as `encodeDeliveries` writes it. */
  | ({
      readonly shape: 'deliveries';
      /** Of total order: the numbers in which another receiver was handed them. */
      readonly other?: { readonly receiver: string; readonly order: readonly number[] };
    } & DeliveryOrder)
  /** One delivery that is no whole message of the stream; the window is all of it. */
  | {
      readonly shape: 'message';
      readonly stream: MessageStream;
    };

/** A second look at the same bytes, in the order in which it was taken. */
export interface Reread {
  readonly how: 'same-descriptor' | 'same-command' | 'cache-dropped' | 'direct' | 'second-client';
  /** Monotonic time, nanoseconds, as a decimal string. */
  readonly atNs: string;
  readonly outcome: 'read' | 'not-possible';
  /** Why not, or what is uncertain about it (for example that the cache could not be dropped). */
  readonly note?: string;
  /** Bytes of the same window, when they were read. */
  readonly bytes?: Uint8Array;
  /** Length of the file at that time. */
  readonly fileBytes?: number;
}

/** Whole blocks of a file in which something is wrong, one after the other; bytes. */
export interface WrongRange {
  readonly offset: number;
  readonly length: number;
  /** Every byte of it was read as zero. */
  readonly zeros: boolean;
}

export interface Observation {
  /** Order within the trial, from 0. */
  readonly seq: number;
  readonly promise: PromiseName;
  /** For example `reader-0`. */
  readonly actor: string;
  /** Path relative to the trial's directory. */
  readonly file: string;
  /** URL of the medium where it is, if that is not the place of the hunt. */
  readonly medium?: string;
  /** File offset of the first byte of `bytes`. */
  readonly offset: number;
  /**
   * Bytes asked for. Of a window cut out of a larger read, `offset`, `asked` and `returned`
   * describe the window as if it had been a read of its own: a short read is always `returned <
   * asked`.
   */
  readonly asked: number;
  /** Bytes that the read returned (`bytes.length`), or -1 where the file could not be opened. */
  readonly returned: number;
  /** Length of the file when it was read, -1 where unknown. */
  readonly fileBytes: number;
  /** The I/O size that the writer used; bytes. */
  readonly ioBytes: number;
  readonly bytes: Uint8Array;
  readonly expected: Expected;
  readonly rereads: readonly Reread[];
  /** Monotonic time of the read's end, nanoseconds, as a decimal string. */
  readonly atNs: string;
  /** False when the writer's buffer no longer had its own checksum afterwards. */
  readonly sourceIntact: boolean;
  /** Of a copy that a watcher made of what it took for ready. */
  readonly pickedUp?: PickedUp;
  /** Of the first observation in a file: all of it that is wrong, beyond the windows kept. */
  readonly wholeFile?: readonly WrongRange[];
}

/** Of a copy that a watcher made. */
export type PickedUpObservation = Observation & { readonly pickedUp: PickedUp };

/** An operation that returned an error, or wrote or read less than was asked without a reason. */
export interface OperationFailure {
  readonly actor: string;
  readonly operation: string;
  readonly file: string;
  readonly errno: string;
  readonly message: string;
  readonly offset?: number;
  readonly atNs: string;
}
