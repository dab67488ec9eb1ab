// A program that a plan has made, once for each combination of the levels of its own factors, and
// that the commands of its cells name as `{build:NAME}`.

import type { Level, Levels } from './cell.ts';
import { placeholdersIn } from './command-text.ts';

export interface Build {
  /** Paths and globs below `directory`. The first is `{source}`, all of them are `{sources}`. */
  readonly sources: readonly string[];
  /** For /bin/sh; `{out}` is the file that it must make, `{FACTOR}` the level of a factor. */
  readonly command: string;
  readonly factors: Readonly<Record<string, readonly string[]>>;
  /** Where the command runs; absolute. */
  readonly directory: string;
}

/** The level that puts nothing in its place. */
export const NO_FLAG = 'none';
/** The factor that says on which host it is built: `local`, or the name of a host. */
export const BUILT_ON = 'built-on';
export const BUILT_HERE = 'local';

/** Makes what a cell needs; what was made before is not made again. */
export interface Builder {
  /**
   * Paths of the programs by the names of their builds.
   * @throws Error with the reason of the first build that failed, in one line
   */
  programs(levels: Levels): Promise<Readonly<Record<string, string>>>;
}

/** Names of the builds that these levels mention, each once. */
export function buildsNamed(levels: readonly Level[]): string[] {
  const names = levels
    .filter((level) => typeof level === 'string')
    .flatMap(placeholdersIn)
    .filter((name) => name.startsWith('build:'));
  return [...new Set(names.map((name) => name.slice('build:'.length)))];
}
