// `memory`: too little of it. A limit around the actors (a control group) makes the kernel reclaim
// the pages that they write; a child that fills memory does so to the whole machine; dropping the
// caches makes every read go to the medium.

import { accessSync, constants, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { monotonicNs, wallMs } from '../base/clock.ts';
import { formatSize } from '../base/quantities.ts';
import type { Provocation, ProvocationKind } from '../domain/provocation.ts';
import { noActorProcesses } from './actor-targets.ts';
import { type GroupLimit, limitActors, noControlGroup } from './control-group.ts';
import { canonical, checkTimes, type LevelShape, readLevel, refusalIn } from './level-text.ts';
import { endLoader, fillScript, startLoader } from './loader.ts';
import { regularPace, repeatedly } from './schedule.ts';

const NAME = 'memory';
const DROP = 'drop-caches';
const DROP_FILE = '/proc/sys/vm/drop_caches';
/** An actor needs about 70 MiB of its own; less would end it before it does anything. */
const LIMIT_MIN_BYTES = 32 * 2 ** 20;
/** Of what is available: more of it would have the kernel end somebody's process. */
const FILL_SHARE_MAX = 0.9;

const SHAPE: LevelShape = {
  provocation: NAME,
  example: 'limit=64MiB',
  keys: { limit: 'size', fill: 'size', every: 'duration' },
  required: [],
  words: { most: 1, about: `the only word is ${DROP}` },
};

type MemoryLevel =
  | { readonly way: 'limit'; readonly bytes: number }
  | { readonly way: 'fill'; readonly bytes: number }
  | { readonly way: typeof DROP; readonly everyMs: number };

export const memory: ProvocationKind = {
  factor: {
    name: NAME,
    kind: 'text',
    about: `limit=SIZE for the actors, fill=SIZE of the machine, or ${DROP} every=TIME`,
    fallback: 'none',
    check: (text, where) => {
      memoryLevel(text, where);
      return canonical(text);
    },
  },
  example: 'memory=none,limit=64MiB,drop-caches every=50ms',
  separates: (level) => memoryLevel(level, NAME).way === 'limit',
  refusal: (level, levels) => {
    const asked = memoryLevel(level, NAME);
    switch (asked.way) {
      case 'limit':
        return noActorProcesses(levels) ?? noControlGroup(groupLimit(asked.bytes));
      case 'fill':
        return tooMuch(asked.bytes);
      case DROP:
        return noDropping();
    }
  },
  begin: async (level, setting) => {
    const asked = memoryLevel(level, NAME);
    switch (asked.way) {
      case 'limit':
        return limitActors(NAME, canonical(level), groupLimit(asked.bytes), setting);
      case 'fill':
        return filled(asked.bytes);
      case DROP:
        return repeatedly(NAME, regularPace(asked.everyMs, 0, setting.rng), async () => {
          // The clean pages of files; what is dirty stays. proc_sys_vm(5)
          await writeFile(DROP_FILE, '1');
          return { what: 'caches dropped', end: () => undefined };
        });
    }
  },
};

async function filled(bytes: number): Promise<Provocation> {
  const refusal = tooMuch(bytes);
  if (refusal !== null) throw new Error(refusal);
  const child = await startLoader(fillScript(bytes));
  return heldBy(child, `${formatSize(bytes)} filled`);
}

function heldBy(child: Awaited<ReturnType<typeof startLoader>>, what: string): Provocation {
  const [atNs, atMs] = [String(monotonicNs()), wallMs()];
  let trouble: string | null = null;
  return {
    stop: async () => {
      if (!(await endLoader(child))) trouble = `${NAME}: what filled memory was killed`;
      return [{ provocation: NAME, what, atNs, untilNs: String(monotonicNs()), atMs }];
    },
    trouble: () => trouble,
  };
}

function groupLimit(bytes: number): GroupLimit {
  return {
    controller: 'memory',
    first: { file: 'memory.limit_in_bytes' },
    second: { controller: 'memory', file: 'memory.max' },
    value: { first: String(bytes), second: String(bytes) },
  };
}

function tooMuch(bytes: number): string | null {
  const kibibytes = /^MemAvailable:\s*(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  const most = FILL_SHARE_MAX * 1024 * Number(kibibytes ?? 0);
  if (bytes <= most) return null;
  return `only ${formatSize(most)} can be filled without ending what runs here`;
}

function noDropping(): string | null {
  try {
    accessSync(DROP_FILE, constants.W_OK);
    return null;
  } catch (error) {
    return `${DROP_FILE} may not be written to (${(error as NodeJS.ErrnoException).code})`;
  }
}

function memoryLevel(text: string, where: string): MemoryLevel {
  const { words, numbers } = readLevel(text, SHAPE, where);
  const refuse = refusalIn(SHAPE, where, text);
  const { limit, fill } = numbers;
  if (words.length > 0 && words[0] !== DROP) refuse(`has the word "${words[0]}" (${DROP})`);
  const ways = [limit, fill, words[0]].filter((each) => each !== undefined).length;
  if (ways !== 1) refuse(`must have one of limit=, fill= and ${DROP}`);
  if (words.length > 0) {
    if (numbers.every === undefined) refuse('has no every=');
    checkTimes({ every: numbers.every as number }, refuse);
    return { way: DROP, everyMs: numbers.every as number };
  }
  if (numbers.every !== undefined) refuse(`has every=, which belongs to ${DROP}`);
  if (limit === undefined) {
    if (fill === 0) refuse('fills nothing');
    return { way: 'fill', bytes: fill as number };
  }
  if (limit < LIMIT_MIN_BYTES) refuse(`has a limit below ${formatSize(LIMIT_MIN_BYTES)}`);
  return { way: 'limit', bytes: limit };
}
