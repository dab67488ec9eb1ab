// Opening evidence.sqlite without ever making a damaged one worse: it is looked at read-only first,
// and only a database that passes is opened for writing. A new one is made under another name and
// renamed when it is whole, so that an interrupted start never looks like damage.

import { closeSync, existsSync, fsyncSync, openSync, readSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { errnoOf, HeisenwriteError } from '../domain/errors.ts';
import { logDamage } from './log-tail.ts';
import { APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION } from './schema.ts';
import { evidenceError, isDamage } from './sqlite-failure.ts';

export const DATABASE_NAME = 'evidence.sqlite';
const LOCK_NAME = 'evidence.lock';
/** How long a commit waits for a reader where the journal is not a WAL; milliseconds. */
const BUSY_MS = 10_000;
const PAGE_BYTES = 4096;
const LOG_PAGES_MAX = 256;
/** Between two looks at a log that seems damaged. */
const LOG_SETTLE_MS = 100;
const HEADER_BYTES = 100;
const SQLITE_MAGIC = 'SQLite format 3\0';

export type JournalMode = 'wal' | 'delete';

export interface OpenDatabase {
  readonly database: DatabaseSync;
  readonly path: string;
  readonly journal: JournalMode;
  /** What a person should know about how it was opened. */
  readonly notes: readonly string[];
  close(): void;
}

/** @throws HeisenwriteError 'file-exists', 'evidence-busy', 'no-space', 'place-not-writable' */
export function createDatabase(directory: string): OpenDatabase {
  const path = join(directory, DATABASE_NAME);
  const lock = takeWriterLock(directory);
  try {
    if (existsSync(path)) {
      throw new HeisenwriteError('file-exists', `${path} holds the evidence of another hunt`);
    }
    makeDatabase(directory, path);
    return openForWriting(path, lock);
  } catch (error) {
    lock.close();
    throw evidenceError(error, 'creating the evidence', path);
  }
}

/** @throws HeisenwriteError 'no-such-hunt', 'evidence-busy', 'evidence-damaged' */
export function openDatabase(directory: string): OpenDatabase {
  const path = join(directory, DATABASE_NAME);
  requireDatabase(path, directory);
  const lock = takeWriterLock(directory);
  try {
    inspect(path);
    return openForWriting(path, lock);
  } catch (error) {
    lock.close();
    throw evidenceError(error, 'opening the evidence', path);
  }
}

/** For reports, also while a hunt writes. @throws HeisenwriteError as openDatabase, never busy */
export function openDatabaseReadOnly(directory: string): OpenDatabase {
  const path = join(directory, DATABASE_NAME);
  requireDatabase(path, directory);
  try {
    const { database, notes } = inspect(path, true);
    const journal = journalOf(database);
    return { database, path, journal, notes, close: () => database.close() };
  } catch (error) {
    throw evidenceError(error, 'reading the evidence', path);
  }
}

function requireDatabase(path: string, directory: string): void {
  if (existsSync(path)) return;
  throw new HeisenwriteError('no-such-hunt', `${directory} holds no ${DATABASE_NAME}`);
}

/**
 * One writer per directory, by an exclusive lock on an empty SQLite database beside the evidence:
 * the kernel releases it when the process dies, and readers of the evidence do not meet it.
 */
function takeWriterLock(directory: string): DatabaseSync {
  const path = join(directory, LOCK_NAME);
  let lock: DatabaseSync | null = null;
  try {
    lock = new DatabaseSync(path, { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock?.close();
    throw evidenceError(error, 'taking the lock of the evidence', path);
  }
}

function makeDatabase(directory: string, path: string): void {
  const unfinished = `${path}.creating`;
  for (const journal of ['wal', 'delete'] as const) {
    for (const suffix of ['', '-wal', '-shm', '-journal'])
      rmSync(unfinished + suffix, { force: true });
    let database: DatabaseSync | null = null;
    try {
      database = new DatabaseSync(unfinished);
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      const got = database.prepare(`PRAGMA journal_mode = ${journal}`).get()?.journal_mode;
      if (got !== journal) continue;
      migrate(database);
      database.close();
      database = null;
      break;
    } catch (error) {
      // A file system without shared mmap fails here, on the first use of the WAL's index.
      if (journal === 'delete') throw error;
    } finally {
      database?.close();
    }
  }
  syncPath(unfinished);
  renameSync(unfinished, path);
  syncPath(directory);
}

export function syncPath(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } catch (error) {
    // Some network and FUSE file systems refuse to sync a directory; there is nothing else to do.
    if (errnoOf(error) !== 'EINVAL' && errnoOf(error) !== 'ENOTSUP') throw error;
  } finally {
    closeSync(fd);
  }
}

function migrate(database: DatabaseSync): void {
  for (let version = versionOf(database); version < SCHEMA_VERSION; version++) {
    database.exec(`BEGIN IMMEDIATE; ${MIGRATIONS[version]}; PRAGMA user_version = ${version + 1};`);
    database.exec('COMMIT');
  }
}

function openForWriting(path: string, lock: DatabaseSync): OpenDatabase {
  const database = new DatabaseSync(path, { timeout: BUSY_MS, enableForeignKeyConstraints: true });
  try {
    migrate(database);
    const journal = journalOf(database);
    // Nothing of an earlier run stays in the log: what log-tail.ts concludes depends on it.
    if (journal === 'wal') {
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      // A hunt may be allowed a few MiB in all: the log (4 MiB by default) takes at most one of
      // them.
      database.exec(`PRAGMA wal_autocheckpoint = ${LOG_PAGES_MAX}`);
      database.exec(`PRAGMA journal_size_limit = ${LOG_PAGES_MAX * PAGE_BYTES}`);
    }
    // EXTRA also syncs the directory after the rollback journal is unlinked; without that a power
    // loss could bring the journal back and undo a commit (https://sqlite.org/pragma.html).
    database.exec(`PRAGMA synchronous = ${journal === 'wal' ? 'FULL' : 'EXTRA'}`);
    const notes =
      journal === 'wal'
        ? []
        : ['this file system cannot share memory: the evidence uses a rollback journal, not a WAL'];
    const close = () => {
      database.close();
      lock.close();
    };
    return { database, path, journal, notes, close };
  } catch (error) {
    database.close();
    throw error;
  }
}

function journalOf(database: DatabaseSync): JournalMode {
  return database.prepare('PRAGMA journal_mode').get()?.journal_mode === 'wal' ? 'wal' : 'delete';
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.user_version);
}

/** Closes what it opened unless `keep`. @throws HeisenwriteError 'evidence-damaged' */
function inspect(path: string, keep = false): { database: DatabaseSync; notes: string[] } {
  inspectHeader(path);
  inspectLog(path);
  const notes: string[] = [];
  let database: DatabaseSync | null = null;
  try {
    database = openReader(path, notes);
    inspectIdentity(database, path);
    const found = database.prepare('PRAGMA quick_check(5)').all();
    const complaints = found
      .flatMap((row) => String(row.quick_check).split('\n'))
      .filter((line) => line !== 'ok' && !line.startsWith('***'));
    if (complaints.length > 0) throw damaged(path, complaints.join('; '), database);
    if (!keep) database.close();
    return { database, notes };
  } catch (error) {
    const told = isDamage(error) ? damaged(path, (error as Error).message, database) : error;
    if (database?.isOpen) database.close();
    throw told;
  }
}

function openReader(path: string, notes: string[]): DatabaseSync {
  const options = { readOnly: true, timeout: BUSY_MS };
  const database = new DatabaseSync(path, options);
  try {
    versionOf(database);
    return database;
  } catch (error) {
    database.close();
    if (isDamage(error) || existsSync(`${path}-wal`)) throw error;
    // A WAL database on a read-only file system cannot make its index; nobody can be writing it.
    const url = pathToFileURL(path);
    url.searchParams.set('immutable', '1');
    notes.push('opened as immutable: its file system is read-only or cannot share memory');
    return new DatabaseSync(url, options);
  }
}

function inspectHeader(path: string): void {
  const header = Buffer.alloc(HEADER_BYTES);
  const fd = openSync(path, 'r');
  let count: number;
  try {
    count = readSync(fd, header, 0, HEADER_BYTES, 0);
  } finally {
    closeSync(fd);
  }
  if (count === 0) throw damaged(path, 'the file is empty (0 bytes)', null);
  if (count < HEADER_BYTES) throw damaged(path, `the file has only ${count} bytes`, null);
  if (header.toString('latin1', 0, 16) !== SQLITE_MAGIC) {
    throw damaged(path, `it begins with ${header.toString('hex', 0, 8)}, not as SQLite does`, null);
  }
}

function inspectLog(path: string): void {
  const log = `${path}-wal`;
  if (logDamage(log) === null) return;
  // A hunt that was appending while this was read can look like that for a moment.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOG_SETTLE_MS);
  const what = logDamage(log);
  if (what !== null) throw damaged(path, what, null);
}

function inspectIdentity(database: DatabaseSync, path: string): void {
  const id = Number(database.prepare('PRAGMA application_id').get()?.application_id);
  if (id !== APPLICATION_ID) {
    throw damaged(path, `its application id is ${id}: not written by heisenwrite`, null);
  }
  const version = versionOf(database);
  if (version > SCHEMA_VERSION) {
    throw new HeisenwriteError(
      'evidence-damaged',
      `${path} has version ${version}; this heisenwrite reads up to ${SCHEMA_VERSION}`,
      { remedy: 'the file is left as it is: read it with the newer heisenwrite that wrote it' },
    );
  }
  if (version < 1) throw damaged(path, `its version is ${version}`, null);
}

function damaged(path: string, what: string, database: DatabaseSync | null): HeisenwriteError {
  const readable = database === null ? '' : `; ${countReadable(database)}`;
  return new HeisenwriteError('evidence-damaged', `${path} is damaged: ${what}${readable}`);
}

/** What can still be said of a damaged database: how far its trials can be read. */
function countReadable(database: DatabaseSync): string {
  let count = 0;
  try {
    const rows = database.prepare('SELECT trial, document FROM trial ORDER BY trial').iterate();
    for (const _ of rows) count++;
    return `all ${count} trials can still be read`;
  } catch {
    return `${count} trials can be read before the damage`;
  }
}
