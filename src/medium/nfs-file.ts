// A file that is written over NFSv3. Unstable writes are the client's to keep: the server's
// verifier says whether it may have forgotten them, so every one is held against the others and
// against that of COMMIT (RFC 1813, 3.3.7 and 3.3.21).

import type { MediumFile, Stability } from '../domain/medium.ts';
import type { ClientCalls } from './client-calls.ts';
import { saidOf } from './nfs-error.ts';
import { commit, truncate, write } from './nfs-procedures.ts';
import type { NfsSpans } from './nfs-session.ts';
import type { Handle, NfsCalls } from './nfs-transport.ts';
import { OperationError } from './operation-error.ts';

const STABLE_NAMES = ['UNSTABLE', 'DATA_SYNC', 'FILE_SYNC'] as const;
/** What a write must at least have come to, by what it asked for. */
const ASKED: Readonly<Record<Stability, number>> = {
  any: 0,
  unstable: 0,
  'data-sync': 1,
  'file-sync': 2,
};

export interface NfsFileParts {
  readonly calls: ClientCalls;
  readonly session: NfsSpans;
  readonly handle: Handle;
  readonly path: string;
  readonly stability: Stability;
  /** Bytes that one WRITE may carry. */
  readonly writeMax: number;
}

export class NfsFile implements MediumFile {
  private readonly parts: NfsFileParts;
  /** Of the unstable writes that were acknowledged and that no COMMIT has followed. */
  private verifiers = new Set<string>();
  private isClosed = false;

  constructor(parts: NfsFileParts) {
    this.parts = parts;
  }

  write(offset: number, bytes: Uint8Array): Promise<void> {
    return this.run('WRITE', (calls) => this.writeAll(calls, offset, bytes), offset);
  }

  truncate(lengthBytes: number): Promise<void> {
    return this.run('SETATTR', (calls) => truncate(calls, this.parts.handle, lengthBytes));
  }

  sync(): Promise<void> {
    return this.run('COMMIT', (calls) => this.commitAll(calls));
  }

  /** As clients of a kernel do (close to open), unless UNSTABLE was asked for by name. */
  close(): Promise<void> {
    const { stability } = this.parts;
    return this.run('COMMIT', async (calls) => {
      this.isClosed = true;
      if (stability !== 'unstable') await this.commitAll(calls);
    });
  }

  private run(
    procedure: string,
    act: (calls: NfsCalls) => Promise<void>,
    offset?: number,
  ): Promise<void> {
    const { calls, session, path } = this.parts;
    if (this.isClosed) {
      return Promise.reject(new OperationError(procedure, path, 'EBADF', 'the file is closed'));
    }
    return session.during(
      (requests) => act(requests).catch(saidOf(path, offset)),
      (limited) => calls.run(procedure, path, limited, offset),
    );
  }

  private async writeAll(calls: NfsCalls, offset: number, bytes: Uint8Array): Promise<void> {
    const { writeMax } = this.parts;
    const pieces = [this.writePiece(calls, offset, bytes.subarray(0, writeMax))];
    for (let at = writeMax; at < bytes.length; at += writeMax) {
      pieces.push(this.writePiece(calls, offset + at, bytes.subarray(at, at + writeMax)));
    }
    await Promise.all(pieces);
  }

  /** A server may write less than it was sent: the rest is sent again. */
  private async writePiece(calls: NfsCalls, offset: number, bytes: Uint8Array): Promise<void> {
    const { handle, path, stability } = this.parts;
    let done = 0;
    do {
      const [at, rest] = [offset + done, bytes.subarray(done)];
      const { count, committed, verifier } = await write(calls, handle, at, rest, stability);
      if (count > rest.length || (count === 0 && rest.length > 0)) {
        const words = `WRITE was answered with ${count} of ${rest.length} bytes`;
        throw new OperationError('WRITE', path, 'SHORT', words, at);
      }
      this.expectCommitted(committed, at);
      if (committed === ASKED.unstable) this.verifiers.add(verifier);
      done += count;
    } while (done < bytes.length);
  }

  private expectCommitted(committed: number, offset: number): void {
    const { stability, path } = this.parts;
    const asked = ASKED[stability];
    if (committed >= asked) return;
    const words =
      `WRITE asked for ${STABLE_NAMES[asked]} and was answered with ` +
      `${STABLE_NAMES[committed] ?? committed}, which RFC 1813 forbids`;
    throw new OperationError('WRITE', path, 'NFS3ERR_STABILITY', words, offset);
  }

  /** Writes that are answered while it is under way wait for the next one. */
  private async commitAll(calls: NfsCalls): Promise<void> {
    const { handle, path } = this.parts;
    const before = this.verifiers;
    if (before.size === 0) return;
    this.verifiers = new Set();
    const after = await commit(calls, handle).catch((error) => {
      for (const each of before) this.verifiers.add(each);
      throw error;
    });
    const others = [...before].filter((each) => each !== after);
    if (others.length === 0) return;
    const words =
      `the write verifier changed from ${others.join(', ')} to ${after} between WRITE and ` +
      'COMMIT: the server was restarted, and may have forgotten what it had acknowledged as ' +
      'UNSTABLE; the bytes are no longer here to be sent again';
    throw new OperationError('COMMIT', path, 'NFS3ERR_VERIFIER', words);
  }
}
