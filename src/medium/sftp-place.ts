// The URL of an SFTP place. One with a password is refused before anything else is looked at, and
// no message repeats what was typed where a secret may stand.

import { HeisenwriteError } from '../domain/errors.ts';

export const SFTP_EXAMPLE = 'sftp://user@host:22/srv/data';

export interface SftpPlace {
  /** As typed; ~/.ssh/config may say what it stands for. */
  readonly host: string;
  readonly port: number | null;
  readonly user: string | null;
  /** Absolute, without a slash at its end: `` for the root of the server. */
  readonly directory: string;
}

/** @throws HeisenwriteError `invalid-place` */
export function parseSftpUrl(url: string): SftpPlace {
  // The last @ before the path ends the user part, whatever a password holds.
  const authority = /^sftp:\/\/([^/]*)/i.exec(url)?.[1];
  if (authority === undefined) throw refusal('no host is named');
  const userPart = authority.slice(0, Math.max(0, authority.lastIndexOf('@')));
  if (userPart.includes(':') || hasLatePassword(url)) {
    throw new HeisenwriteError(
      'invalid-place',
      'a password stands in the SFTP URL, where the history of the shell and the stored plan ' +
        `would keep it; leave it out (${SFTP_EXAMPLE})`,
      { remedy: 'use a key: load it into the SSH agent, or see ~/.ssh/id_ed25519 and its like' },
    );
  }
  let parsed: URL;
  let user: string;
  let path: string;
  try {
    parsed = new URL(url);
    user = decodeURIComponent(parsed.username);
    path = decodeURIComponent(parsed.pathname);
  } catch {
    throw refusal('it cannot be read');
  }
  if (parsed.search || parsed.hash) throw refusal('a ? or # of a name is written as %3F or %23');
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (!/^[a-z0-9_.:%][a-z0-9_.:%-]*$/.test(host)) throw refusal('its host has no such name');
  if (!path.startsWith('/') || path.includes('\0')) throw refusal('its path is not absolute');
  const port = parsed.port === '' ? null : Number(parsed.port);
  if (port === 0) throw refusal('port 0 is none');
  return { host, port, user: user || null, directory: path.replace(/\/+$/, '') };
}

/** A slash in a password moves the rest of it into the path: `sftp://u:a/b@host/x`. */
function hasLatePassword(url: string): boolean {
  return /^sftp:\/\/[^/@[]*:(?!\d*\/)[^@]*@/i.test(url);
}

function refusal(because: string): HeisenwriteError {
  return new HeisenwriteError('invalid-place', `this is no SFTP URL: ${because} (${SFTP_EXAMPLE})`);
}
