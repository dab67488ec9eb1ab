// Large reads and writes as many requests in flight, as OpenSSH's sftp does: one request at a time
// would wait for a round trip each. Requests are answered in any order; what is handed on is in
// order, so that a read that meets the end returns what lies before it and fills nothing else.

import { OperationError } from './operation-error.ts';
import type { SftpSession } from './sftp-session.ts';

/** OpenSSH's sftp has 64 requests of 32 KiB under way (sftp(1), -R and -B). */
const IN_FLIGHT_BYTES = 64 * 32_768;
/** What every server takes: draft-ietf-secsh-filexfer-02, section 3. */
const REQUEST_BYTES_MIN = 32_768;
/** Of OpenSSH's limits@openssh.com, and what the library can take in one packet. */
const REQUEST_BYTES_MAX = 261_120;

/** Set when the call was given up: then its buffer is no longer lent, and nothing more is sent. */
export interface CallState {
  isOver: boolean;
}

export class SftpTransfer {
  readonly readBytes: number;
  readonly writeBytes: number;
  private readonly session: SftpSession;
  /** Buffers for answers: one that comes after its call was given up must not reach the caller. */
  private readonly spare: Buffer[] = [];

  constructor(session: SftpSession) {
    this.session = session;
    this.readBytes = requestBytes(session.traits.readBytesMax);
    this.writeBytes = requestBytes(session.traits.writeBytesMax);
  }

  /** Returns when all was acknowledged, or rejects once every request was answered. */
  async write(handle: Buffer, offset: number, bytes: Uint8Array, state: CallState): Promise<void> {
    const lent = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const inFlight: Promise<void>[] = [];
    const depth = Math.ceil(IN_FLIGHT_BYTES / this.writeBytes);
    try {
      for (let at = 0; at < lent.length && !state.isOver; at += this.writeBytes) {
        const length = Math.min(this.writeBytes, lent.length - at);
        const request = this.session.request((sftp, answer) =>
          sftp.write(handle, lent, at, length, offset + at, (error) => answer(error)),
        );
        // Looked at when its turn comes; until then its rejection is expected.
        request.catch(() => undefined);
        inFlight.push(request);
        if (inFlight.length >= depth) await inFlight.shift();
      }
      while (inFlight.length > 0) await inFlight.shift();
    } finally {
      await Promise.allSettled(inFlight);
    }
  }

  /** The bytes that came before the first that did not. */
  async read(handle: Buffer, offset: number, into: Uint8Array, state: CallState): Promise<number> {
    const inFlight: { length: number; part: Promise<Part> }[] = [];
    const depth = Math.ceil(IN_FLIGHT_BYTES / this.readBytes);
    let [asked, came] = [0, 0];
    for (;;) {
      while (asked < into.length && inFlight.length < depth) {
        const length = Math.min(this.readBytes, into.length - asked);
        const part = this.readPart(handle, offset + asked, length);
        part.catch(() => undefined);
        inFlight.push({ length, part });
        asked += length;
      }
      const next = inFlight.shift();
      if (!next) return came;
      const { buffer, bytes } = await next.part;
      if (state.isOver) return came;
      into.set(buffer.subarray(0, bytes), came);
      this.spare.push(buffer);
      came += bytes;
      if (bytes < next.length) return came;
    }
  }

  /** A server may answer with less than was asked before the end: only 0 bytes are the end. */
  private async readPart(handle: Buffer, offset: number, length: number): Promise<Part> {
    const buffer = this.spare.pop() ?? Buffer.allocUnsafeSlow(this.readBytes);
    let bytes = 0;
    while (bytes < length) {
      const at = bytes;
      const came = await this.session.request<number>((sftp, answer) =>
        sftp.read(handle, buffer, at, length - at, offset + at, answer),
      );
      if (came === 0) break;
      if (came < 0 || came > length - at) {
        const words = `the server answered with ${came} of ${length - at} bytes`;
        throw new OperationError('read', '', 'EPROTO', words, offset);
      }
      bytes += came;
    }
    return { buffer, bytes };
  }
}

interface Part {
  readonly buffer: Buffer;
  readonly bytes: number;
}

function requestBytes(serverMax: number | null): number {
  if (serverMax === null) return REQUEST_BYTES_MIN;
  return Math.max(1, Math.min(REQUEST_BYTES_MAX, serverMax));
}
