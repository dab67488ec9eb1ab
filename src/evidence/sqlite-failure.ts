// What SQLite's result codes mean to a user. SQLite reports a full disk, another writer and a
// damaged file all as exceptions of one class; each has another remedy.

import { errnoOf, HeisenwriteError } from '../domain/errors.ts';

// Primary result codes, https://sqlite.org/rescode.html
const SQLITE_ERROR = 1;
const SQLITE_PERM = 3;
const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

/** The primary result code of an exception of node:sqlite, or null for any other error. */
export function sqliteCode(error: unknown): number | null {
  const errcode = (error as { errcode?: unknown } | null)?.errcode;
  return typeof errcode === 'number' ? errcode & 0xff : null;
}

export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === SQLITE_ERROR || code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

/** The registry's error for a failure of `what` on the database at `path`; others pass through. */
export function evidenceError(error: unknown, what: string, path: string): unknown {
  if (error instanceof HeisenwriteError) return error;
  const said = error instanceof Error ? error.message : String(error);
  const message = `${what} failed on ${path}: ${said}`;
  if (errnoOf(error) === 'ENOSPC' || errnoOf(error) === 'EDQUOT') {
    return new HeisenwriteError('no-space', message, { cause: error });
  }
  if ((error as { code?: unknown } | null)?.code === 'ERR_OUT_OF_RANGE') {
    // An integer beyond 2^53: every one that was recorded is smaller.
    return new HeisenwriteError('evidence-damaged', message, { cause: error });
  }
  switch (sqliteCode(error)) {
    case SQLITE_FULL:
      return new HeisenwriteError('no-space', `${message}; what was recorded before is kept`, {
        cause: error,
        remedy: 'free some space, then go on with `heisenwrite hunt --resume`',
      });
    case SQLITE_BUSY:
      return new HeisenwriteError('evidence-busy', message, { cause: error });
    case SQLITE_ERROR:
    // Our statements never change: one that is wrong means that the tables are no longer as made.
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return new HeisenwriteError('evidence-damaged', message, { cause: error });
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return new HeisenwriteError('place-not-writable', message, { cause: error });
    case SQLITE_IOERR:
      return new HeisenwriteError('write-failed', message, { cause: error });
    default:
      return error;
  }
}
