// Many lines to standard output or to a file: gathered into large writes, and no faster than the
// other end takes them, so that a recording of any size is printed in constant memory.

import { once } from 'node:events';
import type { Writable } from 'node:stream';

const GATHER_CHARACTERS = 2 ** 16;

/**
 * Writes lines, or other text as it comes, until they end or nobody reads any more (`| head`).
 * @returns the number of pieces of text that were written
 */
export async function writeLines(out: Writable, lines: Iterable<string>): Promise<number> {
  let gathered = '';
  let written = 0;
  for (const line of lines) {
    gathered += `${line}\n`;
    written++;
    if (gathered.length < GATHER_CHARACTERS) continue;
    if (!(await write(out, gathered))) return written;
    gathered = '';
  }
  if (gathered !== '') await write(out, gathered);
  return written;
}

async function write(out: Writable, text: string): Promise<boolean> {
  if (out.destroyed || out.errored) return false;
  // Both end with an error when the other end goes away; program.ts says what that means.
  const gone = () => {};
  if (!out.write(text)) {
    await Promise.race([once(out, 'drain').catch(gone), once(out, 'close').catch(gone)]);
  }
  return !out.destroyed && !out.errored;
}
