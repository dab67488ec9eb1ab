// Commands that a report prints for copying: quoted for a shell, and with paths that hold from
// anywhere.

import { resolve } from 'node:path';
import { schemeOf } from '../medium/media.ts';

/** For a POSIX shell. */
export function shellCommand(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

/** So that the command can be called from anywhere; a URL is so already. */
export function absolute(operand: string): string {
  return schemeOf(operand) === null ? resolve(operand) : operand;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
