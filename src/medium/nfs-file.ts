// A file that is written over NFSv3. Unstable writes are the client's to keep: the server's
// verifier says whether it may have forgotten them, so every one is held against the others and
// against that of COMMIT (RFC 1813, 3.3.7 and 3.3.21).

import type { MediumFile, Stability } from '../domain/medium.ts';
import type { ClientCalls } from './client-calls.ts';
import { commit, truncate, write } from './nfs-procedures.ts';
import type { Handle, NfsTransport } from './nfs-transport.ts';
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
  readonly transport: NfsTransport;
  readonly handle: Handle;
  readonly path: string;
  readonly stability: Stability;
  /** Bytes that one WRITE may carry. */
  readonly writeMax: number;
}

export class NfsFile implements MediumFile {
  private readonly parts: NfsFileParts;
  /** Of the unstable writes that no COMMIT has followed; null when there is none. */
  private verifier: string | null = null;
  /** Unstable writes were answered with different verifiers. */
  private changed = false;
  private isClosed = false;

  constructor(parts: NfsFileParts) {
    this.parts = parts;
  }

  write(offset: number, bytes: Uint8Array): Promise<void> {
    return this.run('WRITE', () => this.writeAll(offset, bytes), offset);
  }

  truncate(lengthBytes: number): Promise<void> {
    const { transport, handle } = this.parts;
    return this.run('SETATTR', () => truncate(transport, handle, lengthBytes));
  }

  sync(): Promise<void> {
    return this.run('COMMIT', () => this.commitAll());
  }

  /** As clients of a kernel do (close to open), unless UNSTABLE was asked for by name. */
  close(): Promise<void> {
    const { stability } = this.parts;
    return this.run('COMMIT', async () => {
      this.isClosed = true;
      if (stability !== 'unstable') await this.commitAll();
    });
  }

  private run<Result>(procedure: string, act: () => Promise<Result>, at?: number): Promise<Result> {
    const { calls, path } = this.parts;
    if (this.isClosed) {
      return Promise.reject(new OperationError(procedure, path, 'EBADF', 'the file is closed'));
    }
    return calls.run(procedure, path, act, at);
  }

  /** A server may write less than it was sent: the rest is sent again. */
  private async writeAll(offset: number, bytes: Uint8Array): Promise<void> {
    const { transport, handle, path, stability, writeMax } = this.parts;
    const pieces: Promise<void>[] = [];
    for (let at = 0; at < bytes.length; at += writeMax) {
      pieces.push(this.writePiece(offset + at, bytes.subarray(at, at + writeMax)));
    }
    await Promise.all(pieces);
    if (bytes.length === 0) {
      this.take(await write(transport, handle, offset, bytes, stability), path, offset);
    }
  }

  private async writePiece(offset: number, bytes: Uint8Array): Promise<void> {
    const { transport, handle, path, stability } = this.parts;
    for (let done = 0; done < bytes.length; ) {
      const at = offset + done;
      const reply = await write(transport, handle, at, bytes.subarray(done), stability);
      this.take(reply, path, at);
      if (reply.count === 0 || reply.count > bytes.length - done) {
        const words = `WRITE was answered with ${reply.count} of ${bytes.length - done} bytes`;
        throw new OperationError('WRITE', path, 'SHORT', words, at);
      }
      done += reply.count;
    }
  }

  private take(
    { committed, verifier }: { committed: number; verifier: string },
    path: string,
    offset: number,
  ): void {
    const asked = ASKED[this.parts.stability];
    if (committed < asked) {
      const words =
        `WRITE asked for ${STABLE_NAMES[asked]} and was answered with ` +
        `${STABLE_NAMES[committed] ?? committed}, which RFC 1813 forbids`;
      throw new OperationError('WRITE', path, 'NFS3ERR_STABILITY', words, offset);
    }
    if (committed > 0) return;
    if (this.verifier !== null && this.verifier !== verifier) this.changed = true;
    this.verifier ??= verifier;
  }

  private async commitAll(): Promise<void> {
    const { transport, handle, path } = this.parts;
    if (this.verifier === null) return;
    const before = this.verifier;
    const verifier = await commit(transport, handle);
    const isLost = this.changed || verifier !== before;
    this.verifier = null;
    this.changed = false;
    if (!isLost) return;
    const words =
      `the write verifier changed from ${before} to ${verifier} between WRITE and COMMIT: ` +
      'the server was restarted, and may have forgotten what it had acknowledged as UNSTABLE';
    throw new OperationError('COMMIT', path, 'NFS3ERR_VERIFIER', words);
  }
}
