// The builds of a plan as a person writes them, and what they add to the arms whose commands use
// them: their factors become factors of the cells, so that isolation can name a level of a build.

import { z } from 'zod';
import { BUILT_ON, type Build, buildsNamed } from '../domain/build.ts';
import type { Level } from '../domain/cell.ts';
import { placeholdersIn } from '../domain/command-text.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import { nearest } from './nearest.ts';

const levels = z.union([z.string(), z.array(z.string()).min(1)]);

export const buildSchema = z.strictObject({
  sources: z.union([z.string(), z.array(z.string()).min(1)]),
  command: z.string().min(1),
  factors: z.record(z.string(), levels).default({}),
  /** Hosts on which it is built, which makes the factor `built-on`. */
  host: levels.optional(),
  /** From where paths are meant; left out: the directory of the plan. */
  directory: z.string().optional(),
});

export type BuildInput = z.output<typeof buildSchema>;

type Builds = Readonly<Record<string, Build>>;

const NAME = /^[A-Za-z][\w.-]*$/;
const FACTOR = /^[a-z][a-z-]*$/;
const OWN_PLACEHOLDERS = ['out', 'source', 'sources', 'here'];

/**
 * @param taken names that a factor of a build may not have, since cells have them already
 * @throws HeisenwriteError `invalid-plan`
 */
export function normaliseBuilds(
  written: Readonly<Record<string, BuildInput>>,
  source: string,
  taken: readonly string[],
): Builds {
  const builds = Object.entries(written).map(([name, input]) => {
    const where = `${source}: builds.${name}`;
    if (!NAME.test(name)) refuse(where, 'is no name: letters, digits, "-", "." and "_"');
    const factors = {
      ...input.factors,
      ...(input.host === undefined ? {} : { [BUILT_ON]: input.host }),
    };
    for (const factor of Object.keys(factors)) {
      if (!FACTOR.test(factor)) refuse(where, `the factor "${factor}" is no name (a-z and "-")`);
      if (!taken.includes(factor)) continue;
      refuse(where, `the factor "${factor}" has the name of one that cells have already`);
    }
    checkCommand(input.command, Object.keys(factors), where);
    const { sources, command, directory = '.' } = input;
    return [name, { sources: listOf(sources), command, factors: listsOf(factors), directory }];
  });
  return Object.fromEntries(builds);
}

function checkCommand(command: string, factors: readonly string[], where: string): void {
  const used = placeholdersIn(command);
  if (!used.includes('out')) refuse(where, 'the command names no {out}, the file that it makes');
  const known = [...OWN_PLACEHOLDERS, ...factors];
  for (const name of used.filter((each) => !known.includes(each))) {
    const near = nearest(name, known);
    const words = `{${name}} in its command is none of its factors`;
    refuse(where, `${words}${near ? `; did you mean "{${near}}"?` : ''} (${known.join(', ')})`);
  }
  const idle = factors.find((factor) => factor !== BUILT_ON && !used.includes(factor));
  if (idle) refuse(where, `the command does not use its factor: {${idle}}`);
}

function refuse(where: string, what: string): never {
  throw new HeisenwriteError('invalid-plan', `${where}: ${what}`);
}

const listOf = (value: string | readonly string[]) => (typeof value === 'string' ? [value] : value);

function listsOf(factors: Readonly<Record<string, string | readonly string[]>>) {
  const lists = Object.entries(factors).map(([name, value]) => [name, [...new Set(listOf(value))]]);
  return Object.fromEntries(lists) as Record<string, string[]>;
}

/**
 * Factors of the builds that these levels of an arm mention.
 * @throws HeisenwriteError `invalid-plan` where one of them is not in the plan
 */
export function buildFactors(
  mentioned: readonly Level[],
  builds: Builds,
  where: string,
): Record<string, readonly string[]> {
  const factors: Record<string, readonly string[]> = {};
  for (const name of buildsNamed(mentioned)) {
    const build = builds[name];
    if (!build) {
      const near = nearest(name, Object.keys(builds));
      const known = Object.keys(builds).join(', ') || 'none';
      const hint = near ? `; did you mean "${near}"?` : '';
      refuse(where, `{build:${name}} is no build of the plan${hint} (builds: ${known})`);
    }
    for (const [factor, levelsOfIt] of Object.entries(build.factors)) {
      const before = factors[factor] ?? [];
      factors[factor] = [...new Set([...before, ...levelsOfIt])];
    }
  }
  return factors;
}
