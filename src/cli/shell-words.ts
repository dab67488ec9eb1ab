// Commands that a report prints for copying: quoted for a shell, and with paths that hold from
// anywhere.

import { resolve } from 'node:path';

/** For a POSIX shell. */
export function shellCommand(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

/** So that the command can be called from anywhere; a URL is so already. */
export function absolute(operand: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//.test(operand) ? operand : resolve(operand);
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
