// Delivery: what an observer of a drop folder can see of a file without touching it, the rules by
// which it believes that the file is ready, and the account of who believed it too early.

import type { MediumClient } from './medium.ts';

/** What is known of one name in a folder; null where the medium, or this host, does not say. */
export interface FileLook {
  readonly bytes: number;
  /** Time of the last change, milliseconds since 1970, by the clock of the medium. */
  readonly modifiedMs: number | null;
  /** Bytes that blocks are allocated for. */
  readonly allocatedBytes: number | null;
  /** Some process of this host has it open for writing. */
  readonly isBeingWritten: boolean | null;
  /** How often it was closed after it had been open for writing, since the folder is watched. */
  readonly closedWrites: number | null;
}

/** A folder at one moment. */
export interface FolderLook {
  /** Monotonic, milliseconds. */
  readonly atMs: number;
  /** Milliseconds since 1970, by the clock of whoever looks. */
  readonly wallMs: number;
  readonly files: ReadonlyMap<string, FileLook>;
}

/**
 * What a rule must be able to see beyond names and lengths. `open`, `closed` and `directory` (it
 * looks by itself) need the folder to be one of this host; `content` is had on every medium.
 */
export type Sight = 'modified' | 'allocated' | 'open' | 'closed' | 'directory' | 'content';

/** The files of a folder, for a rule that reads them. */
export interface FolderContent {
  readonly client: Pick<MediumClient, 'read' | 'status'>;
  /** On the medium. */
  readonly path: string;
}

export interface RuleOptions {
  /** How long something must have stayed the same; milliseconds. */
  readonly settleMs: number;
  /** The folder as this host has it, or null. */
  readonly directory: string | null;
  /** Null where no file may be opened. */
  readonly content: FolderContent | null;
  /** Aborted when the rule is needed no more. */
  readonly signal: AbortSignal;
}

/**
 * Told each look at the folder, in order; says whether the file is to be taken for ready. One that
 * reads answers later, and rejects with an OperationError where the medium does not answer.
 */
export type RuleWatch = (name: string, look: FolderLook) => boolean | Promise<boolean>;

/** A way in which watchers guess that a file is ready. */
export interface ReadinessRule {
  readonly name: string;
  /** As a sentence: a file is ready when ... */
  readonly about: string;
  readonly sees: readonly Sight[];
  /** It opens the files, reads them, or holds up those who write them. */
  readonly opensFiles?: true;
  /** How long it may wait by itself, whatever `settleMs` is; milliseconds. */
  readonly waitsMs?: number;
  /** What it has seen of the files of one folder is kept in what this returns. */
  begin(options: RuleOptions): RuleWatch;
}

/** A part, from 0, and when its writer was told that it is written; ms from its first call. */
export interface WrittenPart {
  readonly part: number;
  readonly atMs: number;
}

/** One belief that a file was ready, and what was taken away by it. */
export interface Pickup {
  /** 0 is the first store. */
  readonly hop: number;
  readonly rule: string;
  /** Before its writer was done, milliseconds; negative: after. */
  readonly earlyMs: number;
  /** How long the copy took; milliseconds. */
  readonly copyMs: number;
  /** Length of the file when the rule said ready. */
  readonly seenBytes: number;
  readonly copiedBytes: number;
  /** What was read was all that the writer meant; what is wrong with the copy came after that. */
  readonly tookWhole?: true;
  /** Parts of the copy, from 0, in which something is not as its writer meant; at most 64. */
  readonly wrongParts: readonly number[];
  readonly wrongPartsInAll: number;
  /** Of these, all zeros. */
  readonly zeroParts: number;
}

/** How one file was delivered. */
export interface DeliveryAccount {
  readonly sizeBytes: number;
  readonly partBytes: number;
  /** From the writer's first call to its last; milliseconds. */
  readonly writeMs: number;
  /** Left out of files of very many parts, and where a program wrote. */
  readonly parts?: readonly WrittenPart[];
  readonly pickups: readonly Pickup[];
}

/** Of an observation in what was picked up. */
export interface PickedUp {
  readonly rule: string;
  /** When the rule said ready, and when the writer was done; monotonic, nanoseconds, decimal. */
  readonly readyNs: string;
  readonly doneNs: string;
  /** Afterwards the file that was picked up held all that its writer meant. */
  readonly isWholeNow: boolean;
}

/** What was read of a file to copy it: its bytes, and their CRC-32. */
export interface TakenBytes {
  readonly bytes: number;
  readonly crc32: number;
}

/** What one rule said of a file that arrived. */
export interface RuleAnswer {
  readonly rule: string;
  /** `never`: not until the file was taken for complete, or went away. */
  readonly answer: 'right' | 'fooled' | 'never';
  /** From when it said ready to the last change that was seen; milliseconds. */
  readonly earlyMs: number | null;
  /** By how much the file grew after that. 0: what changed lay within its length. */
  readonly missingBytes: number | null;
}

/** A file that came into a folder that is watched. */
export interface Arrival {
  readonly name: string;
  readonly bytes: number;
  /** From when it was first seen to its last change; milliseconds. */
  readonly tookMs: number;
  /** It went away (somebody picked it up, or renamed it) before it had been quiet. */
  readonly isGone: boolean;
  readonly rules: readonly RuleAnswer[];
}

/** Pickups by one rule that came too early. */
export interface EarlyPickups {
  readonly rule: string;
  readonly count: number;
  /** Before the writer was done; milliseconds. */
  readonly earlyMs: { readonly min: number; readonly max: number };
  /** Copies as long as the whole file: nobody could see by their length that they are not whole. */
  readonly sameLength: number;
  readonly example: Pick<Pickup, 'wrongParts' | 'wrongPartsInAll' | 'zeroParts'> & {
    readonly trial: number;
    readonly partBytes: number;
    readonly isSameLength: boolean;
    readonly writeMs: number;
    readonly earlyMs: number;
    readonly copyMs: number;
    readonly parts: readonly WrittenPart[];
  };
}

/** Of the deliveries of a hunt. */
export interface DeliveryReport {
  readonly pickups: number;
  readonly whole: number;
  readonly early: readonly EarlyPickups[];
}
