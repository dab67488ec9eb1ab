// What a program is made of: its sources, its command with the levels in it, and the compiler. The
// same inputs have the same key, so that a program is made once.

import { createHash } from 'node:crypto';
import { globSync, statSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../base/process-group.ts';
import { type Build, NO_FLAG } from '../domain/build.ts';
import { shellWord } from '../domain/command-text.ts';
import { digestOf } from './build-cache.ts';
import { BuildError } from './build-error.ts';

const VERSION_MS = 10_000;

export interface BuildInputs {
  /** Of all the rest; hex. */
  readonly key: string;
  /** Levels and sources filled in, `{out}` still to come. */
  readonly command: string;
  /** First line of what `COMPILER --version` says. */
  readonly compiler: string;
  readonly levels: Readonly<Record<string, string>>;
  /** Path to digest. */
  readonly sources: Readonly<Record<string, string>>;
}

/** @throws BuildError where a source is not there */
export async function buildInputs(
  title: string,
  build: Build,
  levels: Readonly<Record<string, string>>,
): Promise<BuildInputs> {
  const { directory } = build;
  const paths = build.sources.map((pattern) => sourcesOf(title, pattern, directory));
  const all = [...new Set(paths.flat())];
  const words = (list: readonly string[]) => list.map(shellWord).join(' ');
  const filled = build.command
    .replaceAll('{sources}', words(all))
    .replaceAll('{source}', words(paths[0] ?? []));
  const command = Object.entries(levels).reduce(
    (text, [factor, level]) => text.replaceAll(`{${factor}}`, level === NO_FLAG ? '' : level),
    filled,
  );
  const sources = Object.fromEntries(all.map((path) => [path, digestOf(join(directory, path))]));
  const compiler = await compilerVersion(command, directory);
  const inputs = { command, compiler, levels, sources };
  const key = createHash('sha256')
    .update(JSON.stringify([inputs, directory, arch()]))
    .digest('hex');
  return { key, ...inputs };
}

/** In a stable order; a directory is no source. */
function sourcesOf(title: string, pattern: string, directory: string): string[] {
  const found = globSync(pattern, { cwd: directory })
    .filter((path) => statSync(join(directory, path)).isFile())
    .toSorted();
  if (found.length > 0) return found;
  throw new BuildError(`${title} failed: there is no source ${pattern} in ${directory}`);
}

const versions = new Map<string, Promise<string>>();

/** Of the command's first word that is no assignment; `unknown` of a tool without the option. */
function compilerVersion(command: string, directory: string): Promise<string> {
  const compiler = command.split(/\s+/).find((word) => word !== '' && !/^\w+=/.test(word)) ?? '';
  const known = versions.get(compiler);
  if (known) return known;
  const words = [compiler, '--version'];
  const asked = runProgram({ words, directory, limitMs: VERSION_MS, keptBytes: 4096 }).then(
    ({ status, stdout }) => (status === 0 ? (stdout.split('\n')[0] as string) : 'unknown'),
  );
  versions.set(compiler, asked);
  return asked;
}
