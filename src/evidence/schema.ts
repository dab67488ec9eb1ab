// The tables of evidence.sqlite and the steps that lead from one version of them to the next.
//
//   hunt       one row: the header of the hunt
//   trial      one row per trial, appended before it is judged; the document is a TrialRecord whose
//              byte arrays are replaced by their lengths
//   bytes      those byte arrays: look 0 is the first read of an observation, look n re-read n
//   judgement  what was made of a trial; a trial without one is judged again when the hunt resumes
//   finding    findings, in the order in which they were kept
//   rig        rig checks
//   stop       one row for each time a run of the hunt ended
//
// Rows are never changed, and never deleted but for `bytes` of judged trials that no finding kept,
// where the space that was allowed runs short. What a row says is one JSON document, so that a new
// field needs no migration; columns that a person would ask for in `sqlite3` are computed from it.
// `crc` is the CRC-32 of "table:key:" and the document or bytes: SQLite keeps its own structure
// consistent, but does not notice a flipped bit inside a value, and evidence has to.

import type { Generated } from 'kysely';

/** "HWev" in the file's header, so that another program's database is told from a damaged one. */
export const APPLICATION_ID = 0x48576576;

export interface DocumentRow {
  document: string;
  crc: number;
}

export interface EvidenceTables {
  hunt: DocumentRow & { one: number };
  trial: DocumentRow & { trial: number; cell: Generated<number> };
  bytes: { trial: number; observation: number; look: number; bytes: Uint8Array; crc: number };
  judgement: DocumentRow & { trial: number; verdict: Generated<string> };
  finding: DocumentRow & { number: number; id: Generated<string> };
  rig: DocumentRow & { number: number };
  stop: DocumentRow & { number: number };
}

/**
 * `MIGRATIONS[n]` leads from user_version n to n + 1. Never change one: evidence outlives
 * versions.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE hunt (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    document TEXT NOT NULL,
    crc INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE trial (
    trial INTEGER PRIMARY KEY CHECK (trial >= 1),
    document TEXT NOT NULL,
    crc INTEGER NOT NULL,
    cell INTEGER GENERATED ALWAYS AS (json_extract(document, '$.cell.index')) VIRTUAL,
    seed TEXT GENERATED ALWAYS AS (json_extract(document, '$.seed')) VIRTUAL,
    observations INTEGER
      GENERATED ALWAYS AS (json_array_length(document, '$.outcome.observations')) VIRTUAL
  ) STRICT;
  CREATE TABLE bytes (
    trial INTEGER NOT NULL REFERENCES trial (trial),
    observation INTEGER NOT NULL,
    look INTEGER NOT NULL CHECK (look >= 0),
    bytes BLOB NOT NULL,
    crc INTEGER NOT NULL,
    PRIMARY KEY (trial, observation, look)
  ) STRICT;
  CREATE TABLE judgement (
    trial INTEGER PRIMARY KEY REFERENCES trial (trial),
    document TEXT NOT NULL,
    crc INTEGER NOT NULL,
    verdict TEXT GENERATED ALWAYS AS (json_extract(document, '$.verdict')) VIRTUAL
  ) STRICT;
  CREATE TABLE finding (
    number INTEGER PRIMARY KEY,
    document TEXT NOT NULL,
    crc INTEGER NOT NULL,
    id TEXT GENERATED ALWAYS AS (json_extract(document, '$.id')) VIRTUAL
  ) STRICT;
  CREATE TABLE rig (
    number INTEGER PRIMARY KEY,
    document TEXT NOT NULL,
    crc INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE stop (
    number INTEGER PRIMARY KEY,
    document TEXT NOT NULL,
    crc INTEGER NOT NULL
  ) STRICT;
  `,
];

export const SCHEMA_VERSION = MIGRATIONS.length;
