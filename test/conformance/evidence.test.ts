// What every evidence store keeps: one body, run on each adapter. Today there is one, SQLite, in
// the two journal modes that it can be in; a shared store joins the list at the bottom.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EvidenceStore, StoredTrial } from '../../src/domain/ports.ts';
import { openEvidence } from '../../src/evidence/sqlite-store.ts';
import { CLEAN, HEADER, sampleFinding, sampleTrial } from '../unit/evidence/sample-records.ts';

interface StoreAdapter {
  readonly name: string;
  create(directory: string): Promise<EvidenceStore>;
  reopen(directory: string): Promise<EvidenceStore>;
  read(directory: string): Promise<EvidenceStore>;
}

async function all(store: EvidenceStore): Promise<StoredTrial[]> {
  const trials: StoredTrial[] = [];
  for await (const trial of store.trials()) trials.push(trial);
  return trials;
}

function conforms(adapter: StoreAdapter): void {
  describe(`evidence in ${adapter.name}`, () => {
    let directory = '';
    let store: EvidenceStore;
    beforeEach(async () => {
      directory = mkdtempSync('/var/tmp/heisenwrite-test-');
      store = await adapter.create(directory);
    });
    afterEach(async () => {
      await store.close().catch(() => undefined);
      rmSync(directory, { recursive: true });
    });

    test('gives back what was appended, after it was closed and opened again', async () => {
      await store.begin(HEADER);
      await store.appendTrial(sampleTrial(1));
      await store.appendJudgement(1, CLEAN);
      await store.appendTrial(sampleTrial(2, 2));
      await store.appendFinding(sampleFinding(1));
      await store.appendFinding(sampleFinding(2));
      await store.appendRig({ passed: true, checks: [] }, 5);
      await store.appendStop('time is up', 6, 1.5);
      await store.close();

      store = await adapter.reopen(directory);
      expect(await store.header()).toEqual(HEADER);
      const [first, second, ...none] = await all(store);
      expect(none).toEqual([]);
      const { observations: _, ...outcome } = sampleTrial(1).outcome;
      expect(first).toEqual({ ...sampleTrial(1), outcome, observations: 0, judgement: CLEAN });
      expect(second).toMatchObject({ trial: 2, observations: 2, judgement: null });
      expect(second?.outcome).not.toHaveProperty('observations');
      expect(await store.findings()).toEqual([sampleFinding(1), sampleFinding(2)]);
      expect(await store.rigs()).toMatchObject([{ passed: true, checks: [] }]);
      expect(await store.stops()).toEqual([{ reason: 'time is up', atMs: 6, trialSeconds: 1.5 }]);
    });

    test('an unjudged trial comes back with every byte, and only until it is judged', async () => {
      await store.appendTrial(sampleTrial(1, 3));
      expect(await store.unjudged()).toEqual([sampleTrial(1, 3)]);
      await store.appendJudgement(1, CLEAN);
      expect(await store.unjudged()).toEqual([]);
    });

    test('trials come in order of their number, in any number', async () => {
      const count = 450;
      for (let trial = 1; trial <= count; trial++) await store.appendTrial(sampleTrial(trial));
      const numbers = (await all(store)).map(({ trial }) => trial);
      expect(numbers).toEqual(Array.from({ length: count }, (_, at) => at + 1));
    });

    test('appending without waiting for the one before keeps everything', async () => {
      await Promise.all([1, 2, 3, 4].map((trial) => store.appendTrial(sampleTrial(trial, 1))));
      await Promise.all([1, 2, 3, 4].map((number) => store.appendFinding(sampleFinding(number))));
      expect((await all(store)).length).toBe(4);
      expect((await store.findings()).length).toBe(4);
    });

    test('a finding that is judged again after a crash is kept once', async () => {
      await store.appendFinding(sampleFinding(1));
      await store.appendFinding(sampleFinding(2));
      await store.appendFinding(sampleFinding(1));
      expect((await store.findings()).map(({ id }) => id)).toEqual(['finding-001', 'finding-002']);
    });

    test('a number is used once', async () => {
      await store.appendTrial(sampleTrial(1));
      await expect(store.appendTrial(sampleTrial(1, 1))).rejects.toThrow();
      await expect(store.appendJudgement(2, CLEAN)).rejects.toThrow();
      expect(await all(store)).toMatchObject([{ trial: 1, observations: 0 }]);
      await store.appendTrial(sampleTrial(2));
      expect((await all(store)).length).toBe(2);
    });

    test('a second writer is turned away, a reader is not and sees what comes', async () => {
      await store.begin(HEADER);
      await expect(adapter.reopen(directory)).rejects.toMatchObject({ code: 'evidence-busy' });
      const reader = await adapter.read(directory);
      expect(await all(reader)).toEqual([]);
      await store.appendTrial(sampleTrial(1));
      expect((await all(reader)).length).toBe(1);
      await expect(reader.appendTrial(sampleTrial(2))).rejects.toThrow();
      await reader.close();
      await store.close();
      store = await adapter.reopen(directory);
      expect((await all(store)).length).toBe(1);
    });

    test('a reader half-way through the trials does not hold up the writer', async () => {
      for (let trial = 1; trial <= 300; trial++) await store.appendTrial(sampleTrial(trial));
      const reader = await adapter.read(directory);
      const reading = reader.trials()[Symbol.asyncIterator]();
      await reading.next();
      await store.appendTrial(sampleTrial(301));
      let seen = 1;
      while (!(await reading.next()).done) seen++;
      expect(seen).toBe(301);
      await reader.close();
    });

    test('evidence is not made where there is some, nor opened where there is none', async () => {
      await store.close();
      await expect(adapter.create(directory)).rejects.toMatchObject({ code: 'file-exists' });
      const empty = mkdtempSync(join(directory, 'empty-'));
      await expect(adapter.reopen(empty)).rejects.toMatchObject({ code: 'no-such-hunt' });
      await expect(adapter.read(empty)).rejects.toMatchObject({ code: 'no-such-hunt' });
    });
  });
}

const sqlite: StoreAdapter = {
  name: 'SQLite with a write-ahead log',
  create: (directory) => openEvidence(directory, { create: true }),
  reopen: (directory) => openEvidence(directory, { create: false }),
  read: (directory) => openEvidence(directory, { create: false, readOnly: true }),
};

conforms(sqlite);
conforms({
  ...sqlite,
  name: 'SQLite with a rollback journal',
  create: async (directory) => {
    await (await sqlite.create(directory)).close();
    const path = join(directory, 'evidence.sqlite');
    const database = new DatabaseSync(path);
    const { count } = database.prepare('SELECT count(*) AS count FROM trial').get() ?? {};
    if (count !== 0) throw new Error('not new');
    database.exec('PRAGMA journal_mode = delete');
    database.close();
    const store = await sqlite.reopen(directory);
    expect((store as { notes?: readonly string[] }).notes?.[0]).toContain('rollback journal');
    return store;
  },
});
