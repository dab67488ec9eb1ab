// The status that a refusal gets: the numbers of draft-ietf-secsh-filexfer-02, section 7, chosen as
// OpenSSH's sftp-server does, which knows few. An errno of its own for a full disk there is not.

import { constants } from 'node:os';
import { HeisenwriteError } from '../../domain/errors.ts';
import type { Fault } from '../../domain/fault.ts';
import { TYPE } from './request.ts';

export const SSH_FX_OK = 0;
const SSH_FX_FAILURE = 4;

const NAMES: Readonly<Record<string, number>> = {
  SSH_FX_EOF: 1,
  SSH_FX_NO_SUCH_FILE: 2,
  SSH_FX_PERMISSION_DENIED: 3,
  SSH_FX_FAILURE,
  SSH_FX_BAD_MESSAGE: 5,
  SSH_FX_NO_CONNECTION: 6,
  SSH_FX_CONNECTION_LOST: 7,
  SSH_FX_OP_UNSUPPORTED: 8,
};

const OF_ERRNO: Readonly<Record<string, number>> = {
  ENOENT: 2,
  ENOTDIR: 2,
  EBADF: 2,
  ELOOP: 2,
  EPERM: 3,
  EACCES: 3,
  EFAULT: 3,
  ENAMETOOLONG: 5,
  EINVAL: 5,
  ENOSYS: 8,
};

/** What OpenSSH says with each; other servers have other words. */
const WORDS: Readonly<Record<number, string>> = {
  0: 'Success',
  1: 'End of file',
  2: 'No such file',
  3: 'Permission denied',
  4: 'Failure',
  5: 'Bad message',
  6: 'No connection',
  7: 'Connection lost',
  8: 'Operation unsupported',
};

/** @throws HeisenwriteError `invalid-fault` for what is neither an errno nor a status */
export function admitErrno({ values, text }: Fault): void {
  if (values.errno === undefined) return;
  const name = String(values.errno);
  if (name in NAMES || name in constants.errno) return;
  throw new HeisenwriteError('invalid-fault', `${text}: there is no error ${name}`, {
    remedy: `give an errno (EACCES, EIO) or a status of SFTP (${Object.keys(NAMES).join(', ')})`,
  });
}

/** The number of a status for an errno or for the name of a status. */
export function statusFor(name: string): number {
  return NAMES[name] ?? OF_ERRNO[name] ?? SSH_FX_FAILURE;
}

/** The name of a status: `SSH_FX_FAILURE`. */
export function statusName(status: number): string {
  return Object.keys(NAMES).find((name) => NAMES[name] === status) ?? 'SSH_FX_OK';
}

/** A whole SSH_FXP_STATUS. */
export function statusPacket(id: number, status: number): Buffer {
  const words = Buffer.from(WORDS[status] ?? '');
  const packet = Buffer.alloc(21 + words.length);
  packet.writeUInt32BE(packet.length - 4, 0);
  packet.writeUInt8(TYPE.status, 4);
  packet.writeUInt32BE(id, 5);
  packet.writeUInt32BE(status, 9);
  packet.writeUInt32BE(words.length, 13);
  words.copy(packet, 17);
  // The language tag at the end is empty.
  return packet;
}
