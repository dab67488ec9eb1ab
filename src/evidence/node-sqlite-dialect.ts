// Kysely over Node's own SQLite. Kysely's SQLite dialect wants the shape of better-sqlite3, which
// node:sqlite nearly has: statements are kept by their text here (a hunt runs the same ten a
// million times, and preparing costs more than running), and a statement says whether it has rows.

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { SqliteDialect } from 'kysely';

interface KeptStatement {
  readonly reader: boolean;
  all(parameters: readonly unknown[]): unknown[];
  run(parameters: readonly unknown[]): StatementResult;
  iterate(parameters: readonly unknown[]): IterableIterator<unknown>;
}

type StatementResult = ReturnType<StatementSync['run']>;

/** Statements kept at most; the store has about twenty different ones. */
const STATEMENTS_MAX = 100;

export function nodeSqliteDialect(database: DatabaseSync): SqliteDialect {
  const kept = new Map<string, KeptStatement>();
  return new SqliteDialect({
    database: {
      close: () => {
        kept.clear();
        database.close();
      },
      prepare: (sql) => {
        let statement = kept.get(sql);
        if (statement === undefined) {
          if (kept.size >= STATEMENTS_MAX) kept.clear();
          statement = keepStatement(database.prepare(sql));
          if (sql === 'rollback') statement = rollbackIfOpen(database, statement);
          kept.set(sql, statement);
        }
        return statement;
      },
    },
  });
}

/**
 * On a full disk SQLite undoes the transaction by itself. Kysely then asks for a rollback as well,
 * and the complaint that there is nothing to undo would hide that the disk is full.
 */
function rollbackIfOpen(database: DatabaseSync, rollback: KeptStatement): KeptStatement {
  const nothing = { changes: 0, lastInsertRowid: 0 };
  const run = (parameters: readonly unknown[]) =>
    database.isTransaction ? rollback.run(parameters) : nothing;
  return { ...rollback, run };
}

function keepStatement(statement: StatementSync): KeptStatement {
  const bound = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[];
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...bound(parameters)),
    run: (parameters) => statement.run(...bound(parameters)),
    iterate: (parameters) => statement.iterate(...bound(parameters)),
  };
}
