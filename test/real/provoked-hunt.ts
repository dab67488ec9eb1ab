// A hunt with provocations as a child process, and looks at what it does to the machine meanwhile.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { HuntReport } from '../../src/domain/hunt-report.ts';
import type { Receipt } from '../../src/domain/receipt.ts';
import { withDescendants } from '../../src/provoke/actor-targets.ts';
import { heisenwrite, reportIn, started } from './command-line.ts';

const ONLY = '--preset torn --only workload=mailbox --only unit=4KiB'.split(' ');

/** One direct write and one direct read of 4 KiB: what ext4 keeps whole, whatever provokes. */
export const STEADY = [
  ...ONLY,
  ...'--only program=builtin --only chunk=0 --only writer=direct --only reader=direct'.split(' '),
];
/** A program of its own for each write. */
export const BY_DD = [...ONLY, ...'--only program=dd --only writer=direct'.split(' ')];

export interface Provoked {
  readonly report: HuntReport;
  /** By trial, of those in which something could fire. */
  readonly receipts: readonly (readonly Receipt[])[];
}

/** @param provoking factors as on the command line; `limits` end the hunt */
export async function provokedHunt(
  place: string,
  provoking: readonly string[],
  limits = ['--trials', '4', '--factor', 'time=300ms'],
): Promise<Provoked> {
  const factors = provoking.flatMap((factor) => ['--factor', factor]);
  const said = await heisenwrite(['hunt', place, ...STEADY, ...factors, ...limits, '--json']);
  const report = reportIn(said);
  return { report, receipts: receiptsIn(report.directory) };
}

function receiptsIn(directory: string): Receipt[][] {
  const database = new DatabaseSync(join(directory, 'evidence.sqlite'), { readOnly: true });
  try {
    return database
      .prepare('select document from trial')
      .all()
      .map(({ document }) => JSON.parse(String(document)).outcome.receipts)
      .filter((receipts) => receipts !== undefined);
  } finally {
    database.close();
  }
}

/** Long trials, to look at while they run; to be killed or awaited. */
export function longHunt(place: string, provoking: readonly string[], cells = STEADY) {
  const factors = provoking.flatMap((factor) => ['--factor', factor]);
  const limits = ['--trials', '1', '--factor', 'time=30s'];
  return started(['hunt', place, ...cells, ...factors, ...limits], '/');
}

/**
 * Waits until `look` finds something. A virtual machine may be given its memory so slowly that to
 * fill 300 MiB takes half a minute.
 * @throws Error after 90 s
 */
export async function seen<Found>(what: string, look: () => Found | null | undefined | false) {
  for (let turn = 0; turn < 9000; turn++) {
    const found = look();
    if (found) return found;
    await sleep(10);
  }
  throw new Error(`never seen: ${what}`);
}

/** The process of an actor below `hunt`, by its name. */
export function actorPid(hunt: number | undefined, name: string): number | undefined {
  if (hunt === undefined) return undefined;
  return withDescendants(hunt).find((pid) => commandOf(pid).includes(name));
}

export function commandOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
  } catch {
    return [];
  }
}

/** `R`, `S`, `T`, ...: proc_pid_stat(5); null where it has gone. */
export function stateOf(pid: number): string | null {
  try {
    return /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? null;
  } catch {
    return null;
  }
}

export function hasGone(pid: number): boolean {
  const state = stateOf(pid);
  return state === null || state === 'Z' || state === 'X';
}

/**
 * Control groups of this hunt, of any controller, with their directories; groups come and go
 * meanwhile.
 */
export function controlGroups(hunt: number | undefined, root = '/sys/fs/cgroup'): string[] {
  return directoriesIn(root).flatMap((name) => {
    const path = join(root, name);
    return name.startsWith(`heisenwrite-${hunt}-`) ? [path] : controlGroups(hunt, path);
  });
}

function directoriesIn(path: string): string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Kills it as nobody wishes to be killed. Returns what it had started, none of which may stay. */
export async function killHunt(hunt: ReturnType<typeof longHunt>): Promise<number[]> {
  const family = withDescendants(hunt.pid as number);
  hunt.kill('SIGKILL');
  await hunt;
  return family;
}

export async function allGone(pids: readonly number[]): Promise<void> {
  await seen('the end of what was started', () => pids.every(hasGone));
}

/** The only cell is left out with this reason, and nothing is hunted. */
export async function refused(place: string, factor: string, reason: RegExp): Promise<void> {
  const words = ['hunt', place, '--preset', 'torn', '--factor', factor, '--trials', '1'];
  const said = await heisenwrite([...words, '--only', 'workload=mailbox']);
  expect(said.exitCode).toBe(2);
  expect(said.stderr).toMatch(/cells left out: .* is not possible here: /);
  expect(said.stderr).toMatch(reason);
}
