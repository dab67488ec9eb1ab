// A control group around the actors of a trial, for what the kernel can only limit there: memory
// and the rate of a device. Version 1 has a tree for each controller, version 2 one for all
// (Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst). It is made below the group in which we
// are, and goes with the trial.

import { accessSync, constants, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNs, wallMs } from '../base/clock.ts';
import type { Provocation, ProvocationSetting } from '../domain/provocation.ts';
import { actorsCalled, withDescendants } from './actor-targets.ts';

/** Actors that start later join within so long; milliseconds. */
const JOIN_EVERY_MS = 5;
/** A group is empty a moment after its last process has left. */
const EMPTY_TRIES = 100;

/** Of what the guard runs: moves who is left to $2, and removes $1. */
const LEAVE = `i=0; while [ -d "$1" ] && [ $i -lt 80 ]; do
  while read -r pid; do echo "$pid" > "$2/cgroup.procs"; done < "$1/cgroup.procs"
  rmdir "$1" && exit 0
  i=$((i + 1)); sleep 0.1
done 2>/dev/null`;

/** A limit, as each version writes it. */
export interface GroupLimit {
  readonly controller: 'memory' | 'blkio';
  readonly first: { readonly file: string };
  readonly second: { readonly controller: string; readonly file: string };
  readonly value: { readonly first: string; readonly second: string };
}

interface Home {
  /** The directory of the group in which we are. */
  readonly directory: string;
  readonly version: 1 | 2;
}

/** Why no group with this limit can be made, or null. */
export function noControlGroup(limit: GroupLimit): string | null {
  const home = homeOf(limit);
  if (typeof home === 'string') return home;
  try {
    const { directory } = makeGroup(home, limit);
    rmdirSync(directory);
    return null;
  } catch (error) {
    return `no control group below ${home.directory} (${codeOf(error)})`;
  }
}

/** Puts every actor into a group with this limit, also those that start later, until the end. */
export async function limitActors(
  provocation: string,
  what: string,
  limit: GroupLimit,
  { actors, undo }: ProvocationSetting,
): Promise<Provocation> {
  const home = homeOf(limit);
  if (typeof home === 'string') throw new Error(home);
  const name = groupName();
  const planned = join(home.directory, name);
  const release = await undo(['sh', '-c', LEAVE, 'leave', planned, home.directory]);
  makeGroup(home, limit, name);
  const [atNs, atMs] = [String(monotonicNs()), wallMs()];
  const inside = new Set<number>();
  const admit = () => {
    const pids = actorsCalled('all', actors).flatMap(({ pid }) => withDescendants(pid));
    for (const pid of pids) if (!inside.has(pid) && move(pid, planned)) inside.add(pid);
  };
  admit();
  const timer = setInterval(admit, JOIN_EVERY_MS);
  let trouble: string | null = null;
  return {
    stop: async () => {
      clearInterval(timer);
      if (!(await leave(planned, home.directory))) trouble = `${planned} could not be removed`;
      release();
      const untilNs = String(monotonicNs());
      return [{ provocation, what, atNs, untilNs, atMs }];
    },
    trouble: () => trouble,
  };
}

let groups = 0;

function groupName(): string {
  return `heisenwrite-${process.pid}-${++groups}`;
}

/** @throws Error with the errno */
function makeGroup(home: Home, limit: GroupLimit, name = groupName()): { directory: string } {
  const directory = join(home.directory, name);
  if (home.version === 2) {
    writeFileSync(join(home.directory, 'cgroup.subtree_control'), `+${limit.second.controller}`);
  }
  mkdirSync(directory);
  const version = home.version === 1 ? 'first' : 'second';
  const path = join(directory, limit[version].file);
  try {
    // A file that is not there is not made.
    writeFileSync(path, limit.value[version], { flag: 'r+' });
  } catch (error) {
    rmdirSync(directory);
    throw error;
  }
  return { directory };
}

/** Version 1 where its controller is mounted, since then version 2 has not got it. */
function homeOf({ controller, second }: GroupLimit): Home | string {
  const own = readFileSync('/proc/self/cgroup', 'utf8').split('\n');
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  const groupOf = (isIt: (controllers: string) => boolean) =>
    own.map((line) => line.split(':')).find((parts) => isIt(parts[1] ?? ''))?.[2];
  const first = mounts.find(
    ([, , type, options]) => type === 'cgroup' && options?.split(',').includes(controller),
  )?.[1];
  const firstGroup = groupOf((names) => names.split(',').includes(controller));
  if (first && firstGroup !== undefined) return writable(join(first, firstGroup), 1);
  const other = mounts.find(([, , type]) => type === 'cgroup2')?.[1];
  const otherGroup = groupOf((names) => names === '');
  if (!other || otherGroup === undefined) return 'no control groups are mounted (cgroups(7))';
  const directory = join(other, otherGroup);
  const there = readFileSync(join(directory, 'cgroup.controllers'), 'utf8').trim().split(' ');
  if (!there.includes(second.controller)) {
    return `control groups here have no ${second.controller} controller (${directory})`;
  }
  return writable(directory, 2);
}

function writable(directory: string, version: 1 | 2): Home | string {
  try {
    accessSync(directory, constants.W_OK);
    return { directory, version };
  } catch (error) {
    return `${directory} may not be written to (${codeOf(error)})`;
  }
}

function move(pid: number, directory: string): boolean {
  try {
    writeFileSync(join(directory, 'cgroup.procs'), String(pid));
    return true;
  } catch {
    return false;
  }
}

/** False where somebody stays in it. */
async function leave(directory: string, home: string): Promise<boolean> {
  for (let attempt = 0; attempt < EMPTY_TRIES; attempt++) {
    try {
      const left = readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n');
      for (const pid of left.filter(Boolean)) move(Number(pid), home);
      rmdirSync(directory);
      return true;
    } catch {
      await sleep(JOIN_EVERY_MS);
    }
  }
  return false;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error as Error).message;
}
