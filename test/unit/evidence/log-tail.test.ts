// A log left behind by kill -9, with a bit flipped: what was acknowledged must not vanish in
// silence.

import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { logDamage } from '../../../src/evidence/log-tail.ts';
import { openEvidence } from '../../../src/evidence/sqlite-store.ts';
import { CLEAN, HEADER, sampleTrial } from './sample-records.ts';

const TRIALS = 12;
let root = '';
let killed = '';
let directory = '';
let log = '';

beforeAll(async () => {
  root = mkdtempSync('/var/tmp/heisenwrite-test-');
  const live = mkdtempSync(join(root, 'live-'));
  const store = await openEvidence(live, { create: true });
  await store.begin(HEADER);
  for (let trial = 1; trial <= TRIALS; trial++) {
    await store.appendTrial(sampleTrial(trial, 1));
    await store.appendJudgement(trial, CLEAN);
  }
  // What is on the disk now is what a kill would leave.
  killed = join(root, 'killed');
  cpSync(live, killed, { recursive: true });
  await store.close();
});
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => {
  directory = mkdtempSync(join(root, 'case-'));
  cpSync(killed, directory, { recursive: true });
  log = join(directory, 'evidence.sqlite-wal');
});

async function recorded(): Promise<number> {
  const store = await openEvidence(directory, { create: false });
  let count = 0;
  for await (const { trial } of store.trials()) count = trial;
  await store.close();
  return count;
}

function flip(bit: number): void {
  const bytes = readFileSync(log);
  bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  writeFileSync(log, bytes);
}

describe('the log of a killed hunt', () => {
  test('whole: everything is there', async () => {
    expect(readFileSync(log).length).toBeGreaterThan(100_000);
    expect(logDamage(log)).toBeNull();
    expect(await recorded()).toBe(TRIALS);
  });

  test('cut anywhere, as by a crash: opens, and nothing is invented', async () => {
    const bytes = readFileSync(log).length;
    truncateSync(log, Math.floor(bytes * 0.6));
    expect(logDamage(log)).toBeNull();
    const count = await recorded();
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(TRIALS);
  });

  test('a flipped bit early on: refused, and the log stays as it is', async () => {
    flip(40_000 * 8);
    const before = readFileSync(log);
    const refused = expect.objectContaining({
      code: 'evidence-damaged',
      message: expect.stringMatching(/frame \d+ of \d+ .*changed after it was synced/),
    });
    await expect(openEvidence(directory, { create: false })).rejects.toEqual(refused);
    await expect(openEvidence(directory, { create: false, readOnly: true })).rejects.toEqual(
      refused,
    );
    expect(readFileSync(log).equals(before)).toBe(true);
  });

  test('a flipped bit in the header of the log: refused', () => {
    flip(17 * 8);
    expect(logDamage(log)).toMatch(/header of its log/);
  });

  test('flipped anywhere: found, or it is among the last two commits', async () => {
    const bytes = readFileSync(log);
    const frames = Math.floor((bytes.length - 32) / 4120);
    const commits: number[] = [];
    for (let frame = 0; frame < frames; frame++) {
      if (bytes.readUInt32BE(32 + frame * 4120 + 4) !== 0) commits.push(frame);
    }
    const sure = commits.at(-3) ?? 0;
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        writeFileSync(log, bytes);
        flip(bit);
        const frame = Math.floor(((bit >> 3) - 32) / 4120);
        if (frame < sure) expect(logDamage(log)).not.toBeNull();
      }),
      { numRuns: 100 },
    );
  });
});
