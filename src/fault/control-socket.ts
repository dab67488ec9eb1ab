// Where the control sockets of a user's mounts and proxies are: in a directory that no other user
// can enter, since whoever reaches one decides what the user's programs read and write.

import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeisenwriteError } from '../domain/errors.ts';

const SUFFIX = '.sock';
/** The path of a Unix socket is at most 107 bytes long (unix(7)), so a name is hashed to this. */
const NAME_DIGITS = 16;

/**
 * Made where it is missing.
 * @throws HeisenwriteError `invalid-option` where another user made or may enter it
 */
export function controlDirectory(): string {
  const user = process.getuid?.() ?? 0;
  const directory = join(process.env.XDG_RUNTIME_DIR || tmpdir(), `heisenwrite-${user}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(directory);
  const isDirectory = (mode & 0o170000) === 0o040000;
  if (!isDirectory || uid !== user || (mode & 0o077) !== 0) {
    throw new HeisenwriteError('invalid-option', `${directory} is not for this user alone`, {
      remedy: `remove it, or set XDG_RUNTIME_DIR to a directory of mode 0700 of this user`,
    });
  }
  return directory;
}

export function controlPath(name: string): string {
  const digest = createHash('sha256').update(name).digest('hex').slice(0, NAME_DIGITS);
  return join(controlDirectory(), digest + SUFFIX);
}

export function isControlSocket(file: string): boolean {
  return file.endsWith(SUFFIX);
}
