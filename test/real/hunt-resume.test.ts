// A hunt that is killed again and again goes on as if nothing had happened: no recorded trial is
// lost, the sequence of cells is that of an uninterrupted hunt, nothing of the user's is touched,
// the space that was allowed is kept, and no process is left behind.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createRng, freshSeed } from '../../src/base/rng.ts';
import { takenBytes } from '../../src/evidence/hunt-directory.ts';
import { openEvidence } from '../../src/evidence/sqlite-store.ts';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { heisenwrite, listing, reportIn, started } from './command-line.ts';
import { onTmpfs } from './mounted-place.ts';
import { requireOrSkip } from './requirements.ts';

const KILLS = 12;
const TRIALS = 240;
/** 16 cells of some milliseconds, two of them with a reader in a process of its own. */
const CELLS = ['size=1MiB', 'mode=buffered'];
const ONLY = CELLS.flatMap((level) => ['--only', level]);
const HUNT = ['hunt', '.', '--preset', 'roundtrip', ...ONLY, '--seed', 's', '--json'];
const TOTAL = ['--trials', String(TRIALS)];
const OURS = /^heisenwrite-/;
/** A mailbox written in pieces with pauses: torn on every file system. */
const TORN = [
  ...['hunt', '.', '--preset', 'torn', '--only', 'workload=mailbox', '--only', 'program=builtin'],
  ...['--only', 'unit=4KiB', '--only', 'writer=buffered', '--only', 'reader=buffered'],
  ...['--factor', 'chunk=512B', '--factor', 'stall=1ms', '--factor', 'time=30ms'],
  ...['--seed', 's', '--json'],
];

/** The hunt that has begun: one that was killed while it was set up has no header. */
async function huntIn(place: string): Promise<string | null> {
  for (const name of readdirSync(place).filter((each) => OURS.test(each))) {
    const hunt = join(place, name);
    if (!existsSync(join(hunt, 'evidence.sqlite'))) continue;
    const store = await openEvidence(hunt, { create: false, readOnly: true });
    try {
      await store.header();
      return hunt;
    } catch {
      // It has not begun.
    } finally {
      await store.close();
    }
  }
  return null;
}

/** Cells of the recorded trials in order; null while there is no evidence yet. */
async function recorded(place: string): Promise<number[] | null> {
  const hunt = await huntIn(place);
  if (hunt === null) return null;
  const store = await openEvidence(hunt, { create: false, readOnly: true });
  try {
    const cells: number[] = [];
    for await (const { trial, cell } of store.trials()) {
      expect(trial).toBe(cells.length + 1);
      cells.push(cell.index);
    }
    return cells;
  } finally {
    await store.close();
  }
}

async function until(true_: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(true_, { timeout: 60_000, interval: 20 }).toBe(true);
}

/** The hunt and its actors have its place as their current directory. */
function processesIn(place: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`) === place;
    } catch {
      return false;
    }
  });
}

function furnish(place: string): void {
  mkdirSync(join(place, 'precious', 'deep'), { recursive: true });
  writeFileSync(join(place, 'precious', 'deep', 'data'), 'do not touch');
  writeFileSync(join(place, 'trials'), 'not a directory of a hunt');
  symlinkSync('precious', join(place, 'link'));
}

describe('kill -9', () => {
  test(`${KILLS} times at random moments`, async () => {
    const seed = process.env.HEISENWRITE_TEST_SEED ?? freshSeed();
    console.log(`resume test: HEISENWRITE_TEST_SEED=${seed}`);
    const rng = createRng(seed);
    await inDirectory(async (base) => {
      const [whole, broken] = [join(base, 'whole'), join(base, 'broken')];
      for (const place of [whole, broken]) {
        mkdirSync(place);
        furnish(place);
      }
      const before = listing(broken);
      const uninterrupted = await heisenwrite([...HUNT, ...TOTAL], whole);
      expect(uninterrupted.exitCode, uninterrupted.stderr).toBe(0);
      const right = (await recorded(whole)) as number[];
      expect(right.length).toBe(TRIALS);

      let words: readonly string[] = [...HUNT, ...TOTAL];
      let killed = 0;
      for (let kill = 0; kill < KILLS; kill++) {
        const child = started(words, broken);
        let ended = false;
        const ending = child.then((result) => {
          ended = true;
          return result;
        });
        // At first before and while the hunt is set up, later among its trials.
        const soon = kill % 4 === 0;
        if (!soon) await until(async () => ended || (await recorded(broken)) !== null);
        await sleep(rng.integer(0, soon ? 400 : 700));
        const seen = (await recorded(broken))?.length ?? 0;
        child.kill('SIGKILL');
        const { signal } = await ending;
        if (signal === 'SIGKILL') killed++;
        const now = (await recorded(broken)) ?? [];
        expect(now.length).toBeGreaterThanOrEqual(seen);
        expect(now).toEqual(right.slice(0, now.length));
        const hunt = await huntIn(broken);
        if (hunt) words = ['hunt', '--resume', hunt, ...TOTAL, '--json'];
        await until(() => processesIn(broken).length === 0);
      }
      expect(killed).toBeGreaterThan(KILLS / 2);

      const last = await heisenwrite(words, broken);
      expect(last.exitCode, last.stderr).toBe(0);
      const report = reportIn(last);
      expect(report.stopped).toBe('the number of trials was reached');
      expect(report.trials).toEqual({ clean: TRIALS, damaged: 0, failed: 0, unknown: 0 });
      expect(await recorded(broken)).toEqual(right);
      expect(listing(broken, OURS)).toEqual(before);
      expect(readdirSync(report.directory)).not.toContain('trials');
    });
  });
});

describe('SIGINT', () => {
  test('ends with 130, keeps what was found, and the hunt can go on', async () => {
    await inDirectory(async (place) => {
      furnish(place);
      const before = listing(place);
      const child = started(TORN, place);
      await until(async () => {
        const hunt = await huntIn(place);
        return (
          hunt !== null &&
          existsSync(join(hunt, 'finding-001')) &&
          ((await recorded(place)) ?? []).length > 3
        );
      });
      child.kill('SIGINT');
      const { exitCode, stdout, stderr } = await child;
      expect(exitCode, stderr).toBe(130);
      const report = reportIn({ exitCode, stdout, stderr });
      expect(report).toMatchObject({ stopped: 'interrupted', verdict: 'damaged' });
      expect(report.findings.length).toBeGreaterThan(0);
      for (const { evidence } of report.findings) expect(existsSync(evidence)).toBe(true);
      const trials = (await recorded(place))?.length as number;
      expect(report.trials.clean + report.trials.damaged).toBe(trials);

      const more = ['--trials', String(trials + 3), '--json'];
      const resumed = reportIn(await heisenwrite(['hunt', '--resume', ...more], place));
      expect((await recorded(place))?.length).toBe(trials + 3);
      expect(resumed.findings.slice(0, report.findings.length)).toEqual(report.findings);
      expect(listing(place, OURS)).toEqual(before);
    });
  });
});

describe('the space that was allowed', () => {
  /** The most that a hunt takes while it runs, bytes. */
  async function mostTaken(words: readonly string[], place: string) {
    const child = started(words, place);
    let ended = false;
    const ending = child.then((result) => {
      ended = true;
      return result;
    });
    let most = 0;
    while (!ended) {
      const ours = readdirSync(place).find((each) => OURS.test(each));
      if (ours) most = Math.max(most, takenBytes(join(place, ours)));
      await sleep(10);
    }
    const { exitCode, stdout, stderr } = await ending;
    return { most, said: { exitCode, stdout, stderr } };
  }

  test.for<[string, string[], number]>([
    ['clean trials', ['hunt', '.', '--preset', 'roundtrip', '--seed', 's', '--json'], 0],
    ['trials that all leave evidence', TORN, 1],
  ])('is never exceeded: %s', async ([, words, exitCode], context) => {
    requireOrSkip(context, 'root');
    await onTmpfs('size=64M', async (place) => {
      const { most, said } = await mostTaken([...words, '--space', '8MiB', '--for', '8s'], place);
      expect(said.exitCode, said.stderr).toBe(exitCode);
      expect(most).toBeGreaterThan(0);
      expect(most).toBeLessThanOrEqual(8 * 2 ** 20);
      console.log(`of 8 MiB allowed ${most} bytes were taken; ${reportIn(said).stopped}`);
    });
  });
});
