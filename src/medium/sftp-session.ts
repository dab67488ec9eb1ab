// One SFTP channel and its requests. The library forgets a request when the connection is lost, or
// never calls back for one that is sent afterwards; here each of them is rejected at once.

import type { Client, SFTPWrapper } from 'ssh2';
import { assert } from '../base/assert.ts';
import { errnoOf } from '../domain/errors.ts';

/** SSH_FXP_STATUS of draft-ietf-secsh-filexfer-02, section 7. */
const STATUS_NAMES: Readonly<Record<number, string>> = {
  1: 'SSH_FX_EOF',
  2: 'SSH_FX_NO_SUCH_FILE',
  3: 'SSH_FX_PERMISSION_DENIED',
  4: 'SSH_FX_FAILURE',
  5: 'SSH_FX_BAD_MESSAGE',
  6: 'SSH_FX_NO_CONNECTION',
  7: 'SSH_FX_CONNECTION_LOST',
  8: 'SSH_FX_OP_UNSUPPORTED',
};

/** A request that the server refused. */
export class SftpStatus extends Error {
  override name = 'SftpStatus';
  /** `SSH_FX_PERMISSION_DENIED`. */
  readonly status: string;
  /** In the server's words. */
  readonly said: string;

  constructor(status: string, said: string) {
    super(`${said} (${status})`);
    this.status = status;
    this.said = said;
  }
}

/** The connection ended under a request. */
class ConnectionLost extends Error {
  override name = 'ConnectionLost';
}

/** For the frame of calls: SSH_FX_ names, ECONNRESET, errno; null for a bug of ours. */
export function sftpErrno(error: unknown): string | null {
  if (error instanceof SftpStatus) return error.status;
  if (error instanceof ConnectionLost) return 'ECONNRESET';
  return errnoOf(error);
}

export function isStatus(error: unknown, status: string): error is SftpStatus {
  return error instanceof SftpStatus && error.status === status;
}

export function orIfAbsent<Value>(instead: Value, request: Promise<Value>): Promise<Value> {
  return request.catch((error: unknown) => {
    if (isStatus(error, 'SSH_FX_NO_SUCH_FILE')) return instead;
    throw error;
  });
}

/** What limits@openssh.com and SSH_FXP_VERSION said. */
export interface SftpTraits {
  /** As the server names itself: `OpenSSH_9.2p1`. */
  readonly server: string;
  readonly version: number;
  /** Name to version: `fsync@openssh.com` to `1`. */
  readonly extensions: Readonly<Record<string, string>>;
  /** The most bytes that the server takes in one request, where it said so. */
  readonly readBytesMax: number | null;
  readonly writeBytesMax: number | null;
}

type Answer<Value> = (error: Error | null | undefined, value: Value) => void;

export class SftpSession {
  readonly traits: SftpTraits;
  private readonly ssh: Client;
  private readonly sftp: SFTPWrapper;
  private readonly pack: () => void;
  private readonly waiting = new Set<(error: Error) => void>();
  private lost: ConnectionLost | null = null;

  /** @param pack called before each request, to send together what is asked together */
  constructor(ssh: Client, sftp: SFTPWrapper, pack: () => void) {
    this.ssh = ssh;
    this.sftp = sftp;
    this.pack = pack;
    this.traits = traitsOf(ssh, sftp);
    ssh.on('error', (error) => this.lose(error.message));
    ssh.on('close', () => this.lose('the connection was closed'));
    for (const event of ['end', 'close', 'exit']) {
      sftp.on(event, () => this.lose('the server ended the session'));
    }
    sftp.on('error', (error: Error) => this.lose(error.message));
  }

  /** @throws SftpStatus, or an error that `sftpErrno` calls ECONNRESET */
  request<Value = void>(start: (sftp: SFTPWrapper, answer: Answer<Value>) => void): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (this.lost) {
        reject(this.lost);
        return;
      }
      const forget = (error: Error) => {
        this.waiting.delete(forget);
        reject(error);
      };
      this.waiting.add(forget);
      this.pack();
      start(this.sftp, (error, value) => {
        if (error) return forget(this.lost ?? readable(error));
        this.waiting.delete(forget);
        resolve(value);
      });
    });
  }

  has(extension: string): boolean {
    return this.traits.extensions[extension] !== undefined;
  }

  /** Requests under way are rejected. Waits a little for the farewell, then hangs up. */
  async close(patienceMs: number): Promise<void> {
    if (this.lost) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
      this.ssh.once('close', () => resolve());
      this.ssh.end();
    });
    clearTimeout(timer);
    this.lose('the connection was closed');
  }

  private lose(because: string): void {
    if (this.lost) return;
    this.lost = new ConnectionLost(`the connection was lost: ${because}`);
    for (const forget of [...this.waiting]) forget(this.lost);
    this.ssh.destroy();
  }
}

/** The library gives the number of a status as `code`; without one the connection has ended. */
function readable(error: Error): Error {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'number') return new ConnectionLost(error.message);
  return new SftpStatus(STATUS_NAMES[code] ?? `SSH_FX_${code}`, error.message);
}

/** The library keeps these to itself; its version is pinned, and a test reads them. */
interface Unpublished {
  readonly _remoteVer?: unknown;
  readonly _version?: unknown;
  readonly _extensions?: unknown;
  readonly _maxReadLen?: unknown;
  readonly _maxWriteLen?: unknown;
}

function traitsOf(ssh: Client, sftp: SFTPWrapper): SftpTraits {
  const { _remoteVer: server } = ssh as Unpublished;
  const { _version: version, _extensions, _maxReadLen, _maxWriteLen } = sftp as Unpublished;
  assert(typeof version === 'number', 'ssh2 knows the version of SFTP');
  assert(typeof _extensions === 'object' && _extensions !== null, 'ssh2 knows the extensions');
  const extensions = _extensions as Readonly<Record<string, string>>;
  const saysLimits = extensions['limits@openssh.com'] !== undefined;
  const limit = (value: unknown) => (saysLimits && typeof value === 'number' ? value : null);
  return {
    server: typeof server === 'string' && server !== '' ? server : 'does not say',
    version,
    extensions,
    readBytesMax: limit(_maxReadLen),
    writeBytesMax: limit(_maxWriteLen),
  };
}
