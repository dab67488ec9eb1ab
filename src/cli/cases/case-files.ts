// The directories under `cases/` that can be run: each has a README, a plan, what is expected, and
// case.json, which names the servers that it needs and the fix.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { CaseExpectation } from '../../domain/case.ts';
import { HeisenwriteError } from '../../domain/errors.ts';
import { nearest } from '../../plan/nearest.ts';

/** The same depth below the package from src/ and from dist/. */
const CASES = resolve(import.meta.dirname, '../../../cases');

const CASE = z.strictObject({
  /** One line. */
  title: z.string(),
  /** A name of CASE_SETUPS. */
  setup: z.string(),
  /** How it came about, in sentences: shown where the report bears it out. */
  mechanism: z.array(z.string()),
  /** As of `prove --fixed`. */
  fixed: z.string(),
  /** Further fixes, each of which is proven by itself. */
  alsoFixed: z.array(z.string()).optional(),
  /** As of `prove --under`. */
  under: z.string().optional(),
  /** As of `prove --only`. */
  only: z.array(z.string()).optional(),
});

const LEVEL = z.union([z.string(), z.number(), z.boolean()]);
const EXPECTED = z.strictObject({
  verdict: z.enum(['damaged', 'failed']),
  kinds: z.array(z.string()).optional(),
  layer: z.string().optional(),
  failures: z.array(z.string()).optional(),
  words: z.array(z.string()),
  isolation: z.strictObject({
    needs: z.record(z.string(), z.array(LEVEL)),
    irrelevant: z.array(z.string()),
  }),
  windowsPValueMax: z.number().optional(),
});

export interface CaseFiles extends z.infer<typeof CASE> {
  readonly slug: string;
  readonly directory: string;
  readonly expected: CaseExpectation;
}

/** Those that can be run, in order of their names. */
export function caseSlugs(): string[] {
  if (!existsSync(CASES)) return [];
  return readdirSync(CASES).filter((slug) => existsSync(join(CASES, slug, 'case.json')));
}

/** @throws HeisenwriteError `invalid-option` for a case that there is not, `invalid-plan` */
export function readCase(slug: string): CaseFiles {
  const slugs = caseSlugs();
  if (!slugs.includes(slug)) {
    const near = nearest(slug, slugs);
    throw new HeisenwriteError(
      'invalid-option',
      `there is no case "${slug}"${near ? `; did you mean "${near}"?` : ''} ` +
        `(cases: ${slugs.join(', ')})`,
      { remedy: 'see them with `heisenwrite case`' },
    );
  }
  const directory = join(CASES, slug);
  const expected = parsed(EXPECTED, join(directory, 'expected.json'));
  return { slug, directory, expected, ...parsed(CASE, join(directory, 'case.json')) };
}

function parsed<Schema extends z.ZodType>(schema: Schema, path: string): z.infer<Schema> {
  if (!existsSync(path)) throw new HeisenwriteError('invalid-plan', `${path} is missing`);
  const found = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (found.success) return found.data;
  throw new HeisenwriteError('invalid-plan', `${path}: ${z.prettifyError(found.error)}`);
}

/**
 * The text of its plan, in which `{here}` is the directory of the case and `{case:NAME}` what the
 * set-up made.
 */
export function casePlan(
  { directory }: Pick<CaseFiles, 'directory'>,
  values: Readonly<Record<string, string>>,
  places: Readonly<Record<string, string>>,
): string {
  const path = join(directory, 'plan.json');
  const text = readFileSync(path, 'utf8').replaceAll(
    /\{(?:(here)|case:([\w-]+))\}/g,
    (whole, here: string | undefined, name = '') => {
      const value = here ? directory : values[name];
      return value === undefined ? whole : JSON.stringify(value).slice(1, -1);
    },
  );
  return `${JSON.stringify({ ...JSON.parse(text), places }, null, 2)}\n`;
}
