// Files of an SSH set-up, of which none has to be there.

import { readFileSync } from 'node:fs';
import { errnoOf } from '../domain/errors.ts';

/** The text of a file, or nothing where there is none or where it may not be read. */
export function readOptional(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return '';
  }
}
