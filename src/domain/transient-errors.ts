// Errors of calls on files that may pass by themselves, each with the reason: what a writer that
// must not lose anything tries again. The others are the caller's to decide: EIO says that the
// medium has lost or will lose something, EINVAL and EBADF that the program is wrong.

/**
 * `again`: the file is still good. `reopen`: it may not be, so that it is opened anew, and what was
 * not durable is written again.
 */
export interface TransientError {
  readonly remedy: 'again' | 'reopen';
  readonly because: string;
  /** From the first open of all it is a refusal: the user may not, or there is no such place. */
  readonly onlyOnceOpened?: true;
}

const RELOADED =
  'the same file was opened for writing before, and write(2) does not list it: a server that ' +
  'reloads its exports answers so for a moment';
const GONE = 'the connection ended: it is made anew, and what was under way is sent again';
const RESTARTED =
  'a restarted server may have forgotten what it had not made durable, so it is written again';
const NOT_NOW = 'the server asks to be asked again';

const again = (because: string): TransientError => ({ remedy: 'again', because });
const reopen = (because: string): TransientError => ({ remedy: 'reopen', because });
const reloaded = (): TransientError => ({ ...reopen(RELOADED), onlyOnceOpened: true });

export const TRANSIENT_ERRORS: Readonly<Record<string, TransientError>> = {
  EINTR: again('a signal came in between, and nothing was written'),
  EAGAIN: again('there was no room at this moment'),
  EWOULDBLOCK: again('there was no room at this moment'),
  ENOBUFS: again('the system was short of memory at this moment'),
  ENOMEM: again('the system was short of memory at this moment'),
  SHORT: again('fewer bytes were written than asked for: the same bytes at the same place'),
  NFS3ERR_JUKEBOX: again(NOT_NOW),
  EACCES: reloaded(),
  NFS3ERR_ACCES: reloaded(),
  ESTALE: reopen('the file handle is no longer known: the name is looked up anew'),
  NFS3ERR_STALE: reopen('the file handle is no longer known: the name is looked up anew'),
  NFS3ERR_VERIFIER: reopen(RESTARTED),
  ETIMEDOUT: reopen('no answer came: whether it was done is not known, so it is done again'),
  ECONNRESET: reopen(GONE),
  ECONNREFUSED: reopen(GONE),
  ECONNABORTED: reopen(GONE),
  ENOTCONN: reopen(GONE),
  EPIPE: reopen(GONE),
  EHOSTDOWN: reopen(GONE),
  EHOSTUNREACH: reopen(GONE),
  ENETDOWN: reopen(GONE),
  ENETRESET: reopen(GONE),
  ENETUNREACH: reopen(GONE),
  SSH_FX_NO_CONNECTION: reopen(GONE),
  SSH_FX_CONNECTION_LOST: reopen(GONE),
};

/** Transient only where somebody asks for it, each with the reason why not by itself. */
export const TRANSIENT_ON_REQUEST: Readonly<Record<string, string>> = {
  ENOSPC: 'space comes back when somebody makes room, which may be never',
  EDQUOT: 'as ENOSPC',
  EROFS:
    'a file system that met errors becomes read-only and stays so; an export that is reloaded ' +
    'does not',
  NFS3ERR_NOSPC: 'as ENOSPC',
  NFS3ERR_DQUOT: 'as ENOSPC',
  NFS3ERR_ROFS: 'as EROFS',
  SSH_FX_FAILURE: 'SFTP has one status for a full disk, an I/O error and much else',
};
