// A call of NFS and its reply as the faults see them: operations with their results, the same for a
// procedure of NFSv3, which is one operation, and a COMPOUND of NFSv4, which is several. What a
// fault changes has fields; all else stays the bytes that came.

import type { FaultOperation } from '../../domain/fault.ts';

export type Arguments =
  | {
      readonly kind: 'write';
      /** What comes before the offset: the handle (NFSv3) or the stateid (NFSv4). */
      readonly head: Buffer;
      readonly offset: bigint;
      /** stable_how: 0 UNSTABLE, 1 DATA_SYNC, 2 FILE_SYNC. */
      readonly stable: number;
      readonly data: Buffer;
    }
  | {
      readonly kind: 'read';
      readonly head: Buffer;
      readonly offset: bigint;
      readonly count: number;
    }
  | {
      readonly kind: 'commit';
      readonly head: Buffer;
      readonly offset: bigint;
      readonly count: number;
    }
  | { readonly kind: 'other'; readonly bytes: Buffer };

/** What an operation works on; keys are handles, as text of their bytes. */
export interface Subject {
  /** Of the file or directory itself; null where it is only named. */
  readonly handle: string | null;
  /** The directory and the name in it, where it is named. */
  readonly parent: string | null;
  readonly name: string | null;
  /** Where a RENAME goes to. */
  readonly to?: { readonly parent: string; readonly name: string };
}

export interface CalledOperation {
  /** Number of the procedure or operation. */
  readonly code: number;
  /** Null for one that no fault is about. */
  readonly operation: FaultOperation | null;
  readonly args: Arguments;
  readonly subject: Subject;
}

export interface NfsCall {
  readonly xid: number;
  readonly version: 3 | 4;
  /** All before the operations: of NFSv4 with tag and minor version. */
  readonly prefix: Buffer;
  readonly operations: readonly CalledOperation[];
  /** Operations of a COMPOUND after the first whose encoding is not known. */
  readonly unknown: { readonly count: number; readonly bytes: Buffer } | null;
}

export type Result =
  | {
      readonly kind: 'write';
      /** What comes before the count: wcc_data (NFSv3) or nothing. */
      readonly head: Buffer;
      readonly count: number;
      readonly committed: number;
      /** 8 bytes. */
      readonly verifier: Buffer;
    }
  | {
      readonly kind: 'read';
      readonly head: Buffer;
      readonly isEnd: boolean;
      readonly data: Buffer;
    }
  | { readonly kind: 'commit'; readonly head: Buffer; readonly verifier: Buffer }
  | { readonly kind: 'other'; readonly bytes: Buffer };

export interface OperationResult {
  readonly code: number;
  readonly status: number;
  readonly result: Result;
}

export interface NfsReply {
  /** All before the results: of NFSv4 without the status, with the tag. */
  readonly prefix: Buffer;
  readonly tag: Buffer;
  readonly results: readonly OperationResult[];
  /** Results of operations whose encoding is not known. */
  readonly unknown: {
    readonly count: number;
    readonly bytes: Buffer;
    readonly status: number;
  } | null;
}

/** How a version of NFS encodes all this. */
export interface Dialect {
  /** @throws XdrError */
  readCall(record: Buffer, xid: number, procedure: number): NfsCall;
  writeCall(call: NfsCall): Buffer[];
  /** Null where the server did not carry the call out at all. @throws XdrError */
  readReply(record: Buffer, call: NfsCall): NfsReply | null;
  writeReply(reply: NfsReply): Buffer[];
  /** A reply to `call` with no results yet, where the server is not asked. */
  emptyReply(call: NfsCall): NfsReply;
  /** What stands behind a status that is no success. */
  failure(operation: CalledOperation): Result;
  /** What may stand behind a success that no server has seen; null where only it can say. */
  success(operation: CalledOperation): Result | null;
  /** A WRITE of no bytes to the file of a COMMIT: it tells the verifier and changes nothing. */
  emptyWrite(commit: CalledOperation): CalledOperation;
}

export function keyOf(handle: Buffer): string {
  return handle.toString('latin1');
}
