// A damaged evidence database is refused with what is known and is left exactly as it is; and no
// damage, wherever it falls, makes a store give back something that was never recorded.

import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TrialRecord } from '../../../src/domain/trial.ts';
import { openEvidence } from '../../../src/evidence/sqlite-store.ts';
import { CLEAN, HEADER, sampleFinding, sampleTrial } from './sample-records.ts';

const TRIALS = 40;
let root = '';
let whole = '';
let path = '';
let directory = '';

beforeAll(async () => {
  root = mkdtempSync('/var/tmp/heisenwrite-test-');
  const made = mkdtempSync(join(root, 'whole-'));
  whole = join(made, 'evidence.sqlite');
  const store = await openEvidence(made, { create: true });
  await store.begin(HEADER);
  for (let trial = 1; trial <= TRIALS; trial++) {
    await store.appendTrial(sampleTrial(trial, trial % 3));
    if (trial < TRIALS) await store.appendJudgement(trial, CLEAN);
  }
  await store.appendFinding(sampleFinding(1));
  await store.appendRig({ passed: true, checks: [] }, 1);
  await store.appendStop('done', 1, 1);
  await store.close();
});
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => {
  directory = mkdtempSync(join(root, 'case-'));
  path = join(directory, 'evidence.sqlite');
  copyFileSync(whole, path);
});

/** Everything a store can say. */
async function readAll(readOnly: boolean) {
  const store = await openEvidence(directory, { create: false, readOnly });
  try {
    const trials: unknown[] = [];
    const records: (TrialRecord | null)[] = [];
    for await (const trial of store.trials()) {
      trials.push(trial);
      records.push(await store.trial(trial.trial));
    }
    const [header, findings, rigs, stops, unjudged] = [
      await store.header(),
      await store.findings(),
      await store.rigs(),
      await store.stops(),
      await store.unjudged(),
    ];
    return { header, trials, records, findings, rigs, stops, unjudged };
  } finally {
    await store.close();
  }
}

const damagedError = (says: RegExp) =>
  expect.objectContaining({ code: 'evidence-damaged', message: expect.stringMatching(says) });

async function expectRefused(says: RegExp): Promise<void> {
  const before = readFileSync(path);
  await expect(openEvidence(directory, { create: false })).rejects.toEqual(damagedError(says));
  await expect(openEvidence(directory, { create: false, readOnly: true })).rejects.toEqual(
    damagedError(says),
  );
  expect(readFileSync(path).equals(before)).toBe(true);
  const names = readdirSync(directory).filter((name) => name !== 'evidence.lock');
  expect(names.filter((name) => !/^evidence\.sqlite(-wal|-shm)?$/.test(name))).toEqual([]);
}

describe('a damaged database', () => {
  test('near-miss: one that is whole opens, for writing and for reading', async () => {
    expect((await readAll(true)).trials.length).toBe(TRIALS);
    expect((await readAll(false)).records[4]).toEqual(sampleTrial(5, 2));
  });

  test('empty', async () => {
    writeFileSync(path, '');
    await expectRefused(/empty \(0 bytes\)/);
  });

  test('a few bytes', async () => {
    writeFileSync(path, 'SQLite format 3\0');
    await expectRefused(/only 16 bytes/);
  });

  test('garbage', async () => {
    writeFileSync(path, Buffer.alloc(8192, 0x5a));
    await expectRefused(/begins with 5a5a5a5a5a5a5a5a/);
  });

  test('truncated to half, and by one page', async () => {
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length / 2)));
    await expectRefused(/is damaged: .*/);
    writeFileSync(path, bytes.subarray(0, bytes.length - 4096));
    await expectRefused(/is damaged: .*/);
  });

  test('a page of zeros in the middle: says how much can be read', async () => {
    const bytes = readFileSync(path);
    // The first byte of a page says what it is; 13 is a leaf of a table.
    const pages = Array.from({ length: bytes.length / 4096 }, (_, page) => page);
    const leaf = pages.findLast((page) => bytes[page * 4096] === 13 && page > 8) ?? 0;
    bytes.fill(0, leaf * 4096, (leaf + 1) * 4096);
    writeFileSync(path, bytes);
    await expectRefused(/\d+ trials can be read before the damage/);
  });

  test('a later version', async () => {
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 99');
    database.close();
    await expectRefused(/has version 99; this heisenwrite reads up to 1/);
  });

  test("another program's database", async () => {
    rmSync(path);
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE t (a)');
    database.close();
    await expectRefused(/not written by heisenwrite/);
  });

  test('a changed value is found by its checksum, with the number of the trial', async () => {
    const database = new DatabaseSync(path);
    database.exec(`UPDATE trial SET document = replace(document, '12.5', '12.6') WHERE trial = 7`);
    database.close();
    await expect(readAll(true)).rejects.toEqual(damagedError(/trial 7 .*checksum/));
  });

  test('bytes that are gone or belong to another trial are found', async () => {
    const database = new DatabaseSync(path);
    database.exec('DELETE FROM bytes WHERE trial = 4 AND look = 0');
    database.close();
    await expect(readAll(true)).rejects.toEqual(damagedError(/trial 4, .*4096 bytes.*none/));
    copyFileSync(whole, path);
    const swapped = new DatabaseSync(path);
    swapped.exec(
      'UPDATE bytes SET bytes = (SELECT bytes FROM bytes WHERE trial = 4) WHERE trial = 7',
    );
    swapped.close();
    await expect(readAll(true)).rejects.toEqual(damagedError(/bytes of trial 7/));
  });

  test('flipped bits anywhere: refused, or nothing that is told has changed', async () => {
    const bytes = readFileSync(whole);
    const truth = await readAll(true);
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length * 8 - 1), fc.boolean(), async (bit, readOnly) => {
        const flipped = Buffer.from(bytes);
        flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
        writeFileSync(path, flipped);
        const told = await readAll(readOnly).catch((error: unknown) => error);
        if (told instanceof Error) {
          refused++;
          expect(told).toMatchObject({ code: 'evidence-damaged' });
        } else {
          expect(told).toEqual(truth);
        }
      }),
      { numRuns: 200 },
    );
    expect(refused).toBeGreaterThan(0);
  });
});
