// Makes the programs of a plan: each once for a combination of levels, found again in the cache
// when nothing has changed, and with a log beside the evidence. One that cannot be made is not
// tried twice in a hunt: its reason is told to every trial that needs it.

import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { type ProgramEnd, runProgram } from '../base/process-group.ts';
import { formatDuration } from '../base/quantities.ts';
import { BUILT_HERE, BUILT_ON, type Build, type Builder, buildsNamed } from '../domain/build.ts';
import type { Levels } from '../domain/cell.ts';
import { shellText } from '../domain/command-text.ts';
import { cacheDirectory, isWhole, sealOf } from './build-cache.ts';
import { BuildError } from './build-error.ts';
import { type BuildInputs, buildInputs } from './build-inputs.ts';

const LIMIT_MS = 600_000;
const LOG_BYTES = 256 * 1024;
const PROGRAM_NAME = 'program';
const INPUTS_NAME = 'inputs.json';
const LOG_NAME = 'build.log';

/** @param huntDirectory gets the logs, below `builds` */
export function createBuilder(
  builds: Readonly<Record<string, Build>>,
  huntDirectory: string,
): Builder {
  const made = new Map<string, Promise<string>>();
  const programOf = (name: string, build: Build, levels: Levels): Promise<string> => {
    const own = Object.keys(build.factors).map((factor) => [factor, String(levels[factor])]);
    const key = JSON.stringify([name, own]);
    const known = made.get(key);
    if (known) return known;
    const program = makeProgram(name, build, Object.fromEntries(own), huntDirectory);
    made.set(key, program);
    return program;
  };
  return {
    async programs(levels) {
      const programs: Record<string, string> = {};
      for (const name of buildsNamed(Object.values(levels))) {
        const build = builds[name];
        if (build) programs[name] = await programOf(name, build, levels);
      }
      return programs;
    },
  };
}

async function makeProgram(
  name: string,
  build: Build,
  levels: Readonly<Record<string, string>>,
  huntDirectory: string,
): Promise<string> {
  const words = Object.entries(levels).map(([factor, level]) => `${factor}=${level}`);
  const title = ['build', name, ...words].join(' ');
  refuseElsewhere(title, levels[BUILT_ON]);
  const inputs = await buildInputs(title, build, levels);
  const log = join(huntDirectory, 'builds', `${name}-${inputs.key.slice(0, 12)}.log`);
  mkdirSync(join(huntDirectory, 'builds'), { recursive: true });
  const cache = cacheDirectory(huntDirectory);
  const folder = join(cache, inputs.key);
  const program = join(folder, PROGRAM_NAME);
  if (isWhole(program, join(folder, INPUTS_NAME))) {
    writeFileSync(log, `${title}\nmade before: ${join(folder, LOG_NAME)}\n`);
    return program;
  }
  const unfinished = mkdtempSync(join(cache, `${inputs.key}.`));
  try {
    await makeIn(unfinished, title, inputs, build, log);
    keep(unfinished, folder);
    return program;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Builds on other hosts come with a fleet; here such a cell is unknown, never clean. */
function refuseElsewhere(title: string, builtOn: string | undefined): void {
  if (builtOn === undefined || builtOn === BUILT_HERE || builtOn === hostname()) return;
  const here = `this is ${hostname()}`;
  throw new BuildError(`${title}: it is to be built on ${builtOn}, and ${here} (or "local")`);
}

async function makeIn(
  folder: string,
  title: string,
  inputs: BuildInputs,
  build: Build,
  log: string,
): Promise<void> {
  const out = join(folder, PROGRAM_NAME);
  const command = shellText(inputs.command, (name) => (name === 'out' ? out : undefined));
  const end = await runProgram({
    words: ['/bin/sh', '-c', command],
    directory: build.directory,
    limitMs: LIMIT_MS,
    keptBytes: LOG_BYTES,
  });
  const text = logText(title, command, inputs, end);
  writeFileSync(log, text);
  const because = failureOf(end, out);
  if (because !== null) throw new BuildError(`${title} failed: ${because}; log: ${log}`);
  writeFileSync(join(folder, LOG_NAME), text);
  writeFileSync(join(folder, INPUTS_NAME), sealOf(out, inputs));
}

function logText(title: string, command: string, inputs: BuildInputs, end: ProgramEnd): string {
  const how = end.signal ?? end.refused ?? `exit status ${end.status}`;
  return [
    title,
    `compiler: ${inputs.compiler}`,
    `command: ${command}`,
    `ended: ${how} after ${formatDuration(end.durationMs)}`,
    '',
    end.stdout,
    end.stderr,
  ].join('\n');
}

function failureOf(end: ProgramEnd, out: string): string | null {
  if (end.timedOut) return `not done after ${formatDuration(LIMIT_MS)}`;
  if (end.refused !== null) return `the shell could not be started (${end.refused})`;
  if (end.status !== 0) {
    const how = end.signal ?? `exit status ${end.status}`;
    const line = firstErrorLine(`${end.stderr}\n${end.stdout}`);
    return line === null ? how : line;
  }
  return existsSync(out) ? null : `the command succeeded and made no {out} (${basename(out)})`;
}

/** Compilers say in which function they are before they say what is wrong there. */
function firstErrorLine(text: string): string | null {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const error = lines.find((line) => /\b(error|fatal|undefined|not found|cannot)\b/i.test(line));
  return (error ?? lines[0])?.trim() ?? null;
}

/** Under its name only when it is whole; another hunt may have made the same meanwhile. */
function keep(unfinished: string, folder: string): void {
  const isThere = isWhole(join(folder, PROGRAM_NAME), join(folder, INPUTS_NAME));
  if (isThere) return;
  rmSync(folder, { recursive: true, force: true });
  renameSync(unfinished, folder);
}
