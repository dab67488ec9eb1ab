// The case `async-export`, with a real kernel's NFS client in a guest and a real server whose
// export is toggled: the hunt finds the holes, says which call told of them, and isolates the
// mount.
//
// An emulated guest on busy cores is slow, and that is no finding: the hunt is resumed until it has
// isolated the failure. On two idle cores it takes two minutes. What it isolates is certified at
// 5 %, so that once in a while it names too much or too little: then, and once, it is hunted again.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import type { CellReport, HuntReport } from '../../src/domain/hunt-report.ts';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { heisenwrite, reportIn, started } from './command-line.ts';
import { missing, type Requirement, requireOrSkip } from './requirements.ts';

const CASE = resolve(import.meta.dirname, '../../cases/async-export');
const PLAN = join(CASE, 'plan.json');
const NEEDS: readonly Requirement[] = ['root', 'guests', 'ganesha'];
/** One size of write; the plan has two, which takes twice the trials. */
const ONE_SIZE = ['--only', 'io=1MiB'];
/** Minutes of hunting, in all, after each of which it is asked whether it is isolated. */
const MINUTES = [4, 6];
const LIMIT_MS = 25 * 60_000;

interface ExpectedReport {
  readonly verdict: string;
  readonly kinds: readonly string[];
  readonly layer: string;
  readonly failures: readonly string[];
  readonly words: readonly string[];
  readonly isolation: {
    readonly needs: Readonly<Record<string, readonly string[]>>;
    readonly irrelevant: readonly string[];
  };
}

/** What a synchronous mount is told while the export is read-only. */
const TOLERATED = ['write EROFS', 'write EACCES', 'open EROFS', 'open EACCES'];
const EXPECTED = JSON.parse(readFileSync(join(CASE, 'expected.json'), 'utf8')) as ExpectedReport;

async function huntedTwiceAtMost(place: string): Promise<HuntReport> {
  const report = await huntUntilIsolated(place, 'async-export');
  if (isAsExpected(report)) return report;
  console.log(
    `not isolated at the first time: ${JSON.stringify([report.isolation, report.cells])}`,
  );
  return huntUntilIsolated(place, 'async-export again');
}

function isAsExpected({ isolation }: HuntReport): boolean {
  const needs = isolation?.needs.map(({ factor, levels }) => [factor, levels]) ?? [];
  const { irrelevant } = EXPECTED.isolation;
  return (
    isolation?.claim === 'needs' &&
    isDeepStrictEqual(Object.fromEntries(needs), EXPECTED.isolation.needs) &&
    irrelevant.every((factor) => isolation?.irrelevant.includes(factor))
  );
}

async function huntUntilIsolated(place: string, seed: string): Promise<HuntReport> {
  const first = ['hunt', PLAN, place, ...ONE_SIZE, '--seed', seed];
  let report: HuntReport | null = null;
  for (const minutes of MINUTES) {
    const words = report === null ? first : ['hunt', '--resume', report.directory];
    report = reportIn(await heisenwrite([...words, '--for', `${minutes}m`, '--json'], place));
    if (/isolated/.test(report.stopped)) break;
  }
  return report as HuntReport;
}

/** Guests, by the directory of their console, and servers, by the directory that they export. */
function leftOf(place: string): string[] {
  const { stdout } = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  const guests = stdout.split('\n').filter((line) => /^qemu/.test(line) && line.includes(place));
  const servers = readdirSync(tmpdir()).filter((name) => {
    const file = join(tmpdir(), name, 'conf');
    const isServer = name.startsWith('heisenwrite-ganesha-') && existsSync(file);
    return isServer && readFileSync(file, 'utf8').includes(place);
  });
  return [...guests, ...servers];
}

/** All processes that this one has started, and those that they have. */
function descendantsOf(pid: number): number[] {
  const { stdout } = spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
  const children = stdout.split('\n').filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

const cellsOf = (report: HuntReport, mount: string): CellReport[] =>
  report.cells.filter(({ levels }) => levels.mount === mount);

const sum = (cells: readonly CellReport[], of: (cell: CellReport) => number): number =>
  cells.reduce((total, cell) => total + of(cell), 0);

describe('an export that is toggled while guests write to it', () => {
  let hunted: { report: HuntReport; words: string; left: string[] } | null = null;

  beforeAll(async () => {
    if (NEEDS.some((need) => missing(need) !== null)) return;
    await inDirectory(async (place) => {
      const report = await huntedTwiceAtMost(place);
      const { stdout } = await heisenwrite(['report', report.directory], place);
      hunted = { report, words: stdout.replaceAll(/\s+/g, ' '), left: leftOf(place) };
    });
  }, LIMIT_MS);

  afterAll(() => {
    hunted = null;
  });

  function found(context: TestContext) {
    requireOrSkip(context, ...NEEDS);
    expect(hunted).not.toBeNull();
    return hunted as NonNullable<typeof hunted>;
  }

  test('an asynchronous mount has holes of zeros, a synchronous one none', (context) => {
    const { report } = found(context);
    expect(report.verdict).toBe(EXPECTED.verdict);
    expect(sum(cellsOf(report, 'async'), (cell) => cell.damaged)).toBeGreaterThan(0);
    const sync = cellsOf(report, 'sync');
    expect(sum(sync, ({ trials, unknown }) => trials - unknown)).toBeGreaterThan(0);
    expect(sum(sync, ({ damaged, failed }) => damaged + failed)).toBe(0);
  });

  test('the holes have their offsets and lengths, and are on the server as well', (context) => {
    const { report } = found(context);
    for (const finding of report.findings) {
      expect(EXPECTED.kinds).toEqual(expect.arrayContaining([...finding.kinds]));
      expect(finding.layer).toBe(EXPECTED.layer);
      expect(finding.levels.mount).toBe('async');
      const server = finding.rereads.find(({ how }) => how === 'second-client');
      expect(server).toMatchObject({ outcome: 'read', sameAsFirst: true });
      const holes = finding.wholeFile ?? [];
      // The writer's client may still have had what it could not send, so that it read on past an
      // earlier hole.
      const damaged = finding.damage[0]?.offset ?? Number.NaN;
      const within = holes.filter(
        ({ offset, length }) => offset <= damaged && damaged < offset + length,
      );
      expect(within).toHaveLength(1);
      expect(holes.every(({ length }) => length > 0 && length % 4096 === 0)).toBe(true);
      // Where the last write of all was refused there is no hole: the file ends before it.
      const missing = holes.filter(({ zeros }) => !zeros);
      const end = missing.map(({ offset, length }) => offset + length);
      expect(end).toEqual(missing.length === 0 ? [] : [finding.levels.size]);
      const fileBytes = missing[0]?.offset ?? finding.levels.size;
      expect(server?.fileBytes).toBe(fileBytes);
    }
    // As long as it was meant to be, so that its size tells nothing.
    const full = report.findings.filter(({ wholeFile }) => wholeFile?.every(({ zeros }) => zeros));
    expect(full.map(({ kinds }) => kinds)).toContainEqual(['zeroed']);
  });

  test('every write() reported success, and close() alone did not', (context) => {
    const { report, words } = found(context);
    for (const { calls } of report.findings) {
      const failed = calls?.failed.map(({ operation, errno }) => `${operation} ${errno}`);
      expect(failed).toEqual(EXPECTED.failures);
      expect(calls?.writes).toBe(16);
    }
    const allowed = [...EXPECTED.failures, ...TOLERATED];
    const seen = report.failures.map(({ operation, errno }) => `${operation} ${errno}`);
    expect(seen).toContain('write EROFS');
    expect(seen.filter((each) => !allowed.includes(each))).toEqual([]);
    for (const each of EXPECTED.words) expect(words).toMatch(new RegExp(each));
  });

  test('what the actors of the guest did is told in the time of the hunt', (context) => {
    const { report } = found(context);
    expect(report.findings.length).toBeGreaterThan(0);
    for (const { lastCalls, calls } of report.findings) {
      const failed = lastCalls?.calls.filter(({ errno }) => errno !== undefined) ?? [];
      const told = failed.map(({ call, errno }) => `${call} ${errno}`);
      expect(told).toEqual(calls?.failed.map(({ operation, errno }) => `${operation} ${errno}`));
      for (const { fromUs, toUs } of lastCalls?.calls ?? []) {
        expect(fromUs).toBeLessThanOrEqual(toUs);
        expect(toUs).toBeLessThan(1000);
      }
      // The export was read-only while it wrote, and one clock says so.
      expect(lastCalls?.windows.map(({ provocation }) => provocation)).toContain('toggle-export');
      const actors = new Set(lastCalls?.calls.map(({ actor }) => actor));
      expect(new Set(lastCalls?.clocks?.map(({ actor }) => actor))).toEqual(actors);
      for (const { uncertaintyUs } of lastCalls?.clocks ?? []) {
        expect(uncertaintyUs).toBeLessThan(500_000);
      }
    }
  });

  test('it needs the asynchronous mount, and the kernel does not matter', (context) => {
    const { report } = found(context);
    expect(report.isolation?.claim).toBe('needs');
    const needs = report.isolation?.needs.map(({ factor, levels }) => [factor, levels]) ?? [];
    expect(Object.fromEntries(needs)).toEqual(EXPECTED.isolation.needs);
    for (const factor of EXPECTED.isolation.irrelevant) {
      expect(report.isolation?.irrelevant).toContain(factor);
    }
    for (const kernel of ['6.1', '6.12']) {
      const tried = report.cells.filter(({ levels }) => levels.kernel === kernel);
      expect(sum(tried, ({ trials, unknown }) => trials - unknown)).toBeGreaterThan(0);
    }
  });

  test('guests and server are gone with the hunt', (context) => {
    expect(found(context).left).toEqual([]);
  });
});

test('guests and server are gone when the hunt is killed', async (context) => {
  requireOrSkip(context, ...NEEDS);
  await inDirectory(async (place) => {
    const words = ['hunt', PLAN, place, ...ONE_SIZE, '--only', 'kernel=6.1', '--json'];
    // A server that is killed leaves its folder, which so lies in ours.
    const hunting = started(words, place, { TMPDIR: place });
    const pid = hunting.pid as number;
    // The guest, the namespaces of the server, the server and its portmapper.
    while (descendantsOf(pid).length < 4) await sleep(200);
    const theirs = descendantsOf(pid);
    hunting.kill('SIGKILL');
    await hunting;
    const left = () => theirs.filter((each) => existsSync(`/proc/${each}`));
    for (let tries = 0; tries < 100 && left().length > 0; tries++) await sleep(100);
    expect(left()).toEqual([]);
  });
}, 300_000);
