// The evidence of a hunt in SQLite: appended, never changed. What was seen is on the medium before
// anybody judges it, so a crash of the judge, of this process or of the machine loses no trial.
//
// A trial costs one sync of the disk, not two: the judgement is committed without waiting for the
// disk. That survives a crash of the process (the page cache has it), and after a power loss the
// trial is merely without a judgement and is judged again from its recorded bytes.

import { Kysely } from 'kysely';
import { HeisenwriteError } from '../domain/errors.ts';
import type { Finding, Rig } from '../domain/hunt-report.ts';
import type { EvidenceStore, HuntHeader, StoredTrial } from '../domain/ports.ts';
import type { Judgement, TrialRecord } from '../domain/trial.ts';
import { nodeSqliteDialect } from './node-sqlite-dialect.ts';
import {
  createDatabase,
  type OpenDatabase,
  openDatabase,
  openDatabaseReadOnly,
} from './open-database.ts';
import type { DocumentRow, EvidenceTables } from './schema.ts';
import { evidenceError } from './sqlite-failure.ts';
import {
  type KeptTrial,
  type LookBytes,
  lookCrc,
  restoreTrial,
  trialDocument,
  trialLooks,
  valueCrc,
} from './trial-document.ts';

/** Rows fetched at a time: a cursor held open would block a writer that has no WAL. */
const BATCH_ROWS = 200;

const DOCUMENT = ['document', 'crc'] as const;

export interface StopRecord {
  readonly reason: string;
  readonly atMs: number;
  readonly trialSeconds: number;
}

export interface OpenOptions {
  /** Make a new database (refused where there is one), or open the one that is there. */
  readonly create: boolean;
  /** Open to read only; possible while a hunt is writing. Appending then throws. */
  readonly readOnly?: boolean;
}

export interface SqliteEvidenceStore extends EvidenceStore {
  /** How it was opened, where that is out of the ordinary. */
  readonly notes: readonly string[];
  /** A recorded trial with the bytes of its observations. */
  trial(number: number): Promise<TrialRecord | null>;
}

/**
 * Opens `evidence.sqlite` in `directory`, which must exist.
 * @throws HeisenwriteError 'evidence-busy' when another process writes it, 'evidence-damaged',
 *   'no-such-hunt' when there is none, 'file-exists' when one is to be made and there is one.
 */
export async function openEvidence(
  directory: string,
  options: OpenOptions,
): Promise<SqliteEvidenceStore> {
  if (options.create) return new SqliteStore(createDatabase(directory));
  if (options.readOnly) return new SqliteStore(openDatabaseReadOnly(directory));
  return new SqliteStore(openDatabase(directory));
}

class SqliteStore implements SqliteEvidenceStore {
  readonly notes: readonly string[];
  readonly #opened: OpenDatabase;
  readonly #db: Kysely<EvidenceTables>;
  /** True while the last commit has not been waited for; a second one in a row is waited for. */
  #unsynced = false;

  constructor(opened: OpenDatabase) {
    this.#opened = opened;
    this.notes = opened.notes;
    this.#db = new Kysely<EvidenceTables>({ dialect: nodeSqliteDialect(opened.database) });
  }

  async begin(header: HuntHeader): Promise<void> {
    const row = { one: 1, ...documentRow('hunt', 1, JSON.stringify(header)) };
    await this.#append('recording the hunt', (db) => db.insertInto('hunt').values(row).execute());
  }

  async header(): Promise<HuntHeader> {
    const row = await this.#read((db) => db.selectFrom('hunt').select(DOCUMENT).executeTakeFirst());
    if (row === undefined) throw this.#damaged('it has no header of a hunt');
    return this.#parse<HuntHeader>('hunt', 1, row);
  }

  async appendTrial(record: TrialRecord): Promise<void> {
    const { trial } = record;
    const row = { trial, ...documentRow('trial', trial, trialDocument(record)) };
    const looks = trialLooks(record);
    await this.#append(`recording trial ${trial}`, async (db) => {
      if (looks.length === 0) return db.insertInto('trial').values(row).execute();
      return db.transaction().execute(async (transaction) => {
        await transaction.insertInto('trial').values(row).execute();
        for (const look of looks) {
          const kept = { ...look, trial, crc: lookCrc(trial, look) };
          await transaction.insertInto('bytes').values(kept).execute();
        }
      });
    });
  }

  async appendJudgement(trial: number, judgement: Judgement): Promise<void> {
    const row = { trial, ...documentRow('judgement', trial, JSON.stringify(judgement)) };
    const relaxed = this.#opened.journal === 'wal' && !this.#unsynced;
    if (relaxed) this.#opened.database.exec('PRAGMA synchronous = NORMAL');
    try {
      await this.#append(`recording the judgement of trial ${trial}`, (db) =>
        db.insertInto('judgement').values(row).execute(),
      );
    } finally {
      if (relaxed) this.#opened.database.exec('PRAGMA synchronous = FULL');
    }
    this.#unsynced = relaxed;
  }

  async dropBytes(trial: number): Promise<void> {
    await this.#append(`making room after trial ${trial}`, (db) =>
      db.deleteFrom('bytes').where('trial', '=', trial).execute(),
    );
  }

  /**
   * A finding with the id of one that is there is that one, judged again after a crash: kept
   * once.
   */
  async appendFinding(finding: Finding): Promise<void> {
    const there = await this.#read((db) =>
      db.selectFrom('finding').select('number').where('id', '=', finding.id).executeTakeFirst(),
    );
    if (there !== undefined) return;
    await this.#appendNumbered('finding', finding);
  }

  async appendRig(rig: Rig, atMs: number): Promise<void> {
    await this.#appendNumbered('rig', { ...rig, atMs });
  }

  async appendStop(reason: string, atMs: number, trialSeconds: number): Promise<void> {
    await this.#appendNumbered('stop', { reason, atMs, trialSeconds });
  }

  async *trials(): AsyncIterable<StoredTrial> {
    let last = 0;
    for (;;) {
      const rows = await this.#read((db) =>
        db
          .selectFrom('trial')
          .leftJoin('judgement', 'judgement.trial', 'trial.trial')
          .select(['trial.trial', 'trial.document', 'trial.crc'])
          .select(['judgement.document as judged', 'judgement.crc as judgedCrc'])
          .where('trial.trial', '>', last)
          .orderBy('trial.trial')
          .limit(BATCH_ROWS)
          .execute(),
      );
      for (const { trial, document, crc, judged, judgedCrc } of rows) {
        const kept = this.#parse<KeptTrial>('trial', trial, { document, crc });
        const judgement =
          judged === null || judgedCrc === null
            ? null
            : this.#parse<Judgement>('judgement', trial, { document: judged, crc: judgedCrc });
        const { observations, ...outcome } = kept.outcome;
        yield { ...kept, outcome, observations: observations.length, judgement };
        last = trial;
      }
      if (rows.length < BATCH_ROWS) return;
    }
  }

  async trial(number: number): Promise<TrialRecord | null> {
    const row = await this.#read((db) =>
      db.selectFrom('trial').select(DOCUMENT).where('trial', '=', number).executeTakeFirst(),
    );
    if (row === undefined) return null;
    const kept = this.#parse<KeptTrial>('trial', number, row);
    return restoreTrial(kept, await this.#looksOf(number));
  }

  async unjudged(): Promise<readonly TrialRecord[]> {
    const rows = await this.#read((db) =>
      db
        .selectFrom('trial')
        .leftJoin('judgement', 'judgement.trial', 'trial.trial')
        .select(['trial.trial', 'trial.document', 'trial.crc'])
        .where('judgement.trial', 'is', null)
        .orderBy('trial.trial')
        .execute(),
    );
    const records: TrialRecord[] = [];
    for (const row of rows) {
      const kept = this.#parse<KeptTrial>('trial', row.trial, row);
      records.push(restoreTrial(kept, await this.#looksOf(row.trial)));
    }
    return records;
  }

  async findings(): Promise<readonly Finding[]> {
    return this.#numbered<Finding>('finding');
  }

  async rigs(): Promise<readonly (Rig & { readonly atMs: number })[]> {
    return this.#numbered<Rig & { readonly atMs: number }>('rig');
  }

  async stops(): Promise<readonly StopRecord[]> {
    return this.#numbered<StopRecord>('stop');
  }

  async close(): Promise<void> {
    try {
      this.#opened.close();
    } catch (error) {
      throw evidenceError(error, 'closing the evidence', this.#opened.path);
    }
  }

  async #appendNumbered(table: 'finding' | 'rig' | 'stop', value: object): Promise<void> {
    await this.#append(`recording a ${table}`, (db) =>
      db.transaction().execute(async (transaction) => {
        const counted = await transaction
          .selectFrom(table)
          .select((select) => select.fn.max('number').as('last'))
          .executeTakeFirst();
        const number = Number(counted?.last ?? 0) + 1;
        const row = { number, ...documentRow(table, number, JSON.stringify(value)) };
        await transaction.insertInto(table).values(row).execute();
      }),
    );
  }

  async #numbered<T>(table: 'finding' | 'rig' | 'stop'): Promise<readonly T[]> {
    const rows = await this.#read((db) =>
      db
        .selectFrom(table)
        .select(['number', ...DOCUMENT])
        .orderBy('number')
        .execute(),
    );
    return rows.map((row, index) => {
      if (row.number !== index + 1) throw this.#damaged(`${table} ${index + 1} is missing`);
      return this.#parse<T>(table, row.number, row);
    });
  }

  async #looksOf(trial: number): Promise<LookBytes[]> {
    const rows = await this.#read((db) =>
      db.selectFrom('bytes').selectAll().where('trial', '=', trial).execute(),
    );
    return rows.map(({ observation, look, bytes, crc }) => {
      if (lookCrc(trial, { observation, look, bytes }) !== crc) {
        throw this.#damaged(`the bytes of trial ${trial}, observation ${observation} have changed`);
      }
      return { observation, look, bytes };
    });
  }

  async #append(
    what: string,
    act: (db: Kysely<EvidenceTables>) => Promise<unknown>,
  ): Promise<void> {
    try {
      await act(this.#db);
      this.#unsynced = false;
    } catch (error) {
      throw evidenceError(error, what, this.#opened.path);
    }
  }

  async #read<T>(act: (db: Kysely<EvidenceTables>) => Promise<T>): Promise<T> {
    try {
      return await act(this.#db);
    } catch (error) {
      throw evidenceError(error, 'reading the evidence', this.#opened.path);
    }
  }

  #parse<T>(table: string, key: number, row: DocumentRow): T {
    if (valueCrc(table, key, row.document) !== row.crc) {
      throw this.#damaged(`the row of ${table} ${key} no longer has its own checksum`);
    }
    return JSON.parse(row.document) as T;
  }

  #damaged(what: string): HeisenwriteError {
    return new HeisenwriteError('evidence-damaged', `${this.#opened.path} is damaged: ${what}`);
  }
}

function documentRow(table: string, key: number, document: string): DocumentRow {
  return { document, crc: valueCrc(table, key, document) };
}
