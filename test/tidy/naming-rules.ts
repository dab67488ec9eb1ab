// Names of files: kebab-case nouns of the domain. A name such as `utils` attracts whatever has no
// place, until nothing can be found in it, so these names are refused.

import type { Rule, TidyFile, Violation } from './repository.ts';
import { isCode } from './repository.ts';

/** Forbidden as a whole name and as a part of one (`string-utils`), for files and for folders. */
const FORBIDDEN_PARTS = new Set([
  ...['util', 'utils', 'utility', 'utilities', 'helper', 'helpers', 'common', 'misc'],
  ...['manager', 'managers', 'stuff', 'shared'],
]);
/** Forbidden only as a whole name. */
const FORBIDDEN_NAMES = new Set(['types', 'constants', 'lib']);

const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*$/;
/** Svelte components are named as the tags they are used by, as everywhere in Svelte. */
const COMPONENT = /(^|\/)([A-Z][a-z0-9]*)+\.svelte$/;

export const kebabCase: Rule = (files) =>
  files.filter(isCode).flatMap((file) =>
    segments(file)
      .filter((name) => !KEBAB.test(name) && !COMPONENT.test(file.path))
      .map((name) => violation(file, 'kebab-case', `"${name}" is not kebab-case`)),
  );

export const forbiddenNames: Rule = (files) =>
  files.filter(isCode).flatMap((file) =>
    segments(file)
      .filter(
        (name) =>
          FORBIDDEN_NAMES.has(name) || name.split('-').some((part) => FORBIDDEN_PARTS.has(part)),
      )
      .map((name) =>
        violation(file, 'forbidden-name', `"${name}" says nothing: name what the file holds`),
      ),
  );

/** What the package exports by name (package.json). */
const PACKAGE_INDEXES = new Set(['src/index.ts', 'src/recorder/index.ts']);

/** Barrels hide where things live: only what the package exports has an index. */
export const noBarrels: Rule = (files) =>
  files
    .filter((file) => /(^|\/)index\.(ts|js|mjs|svelte)$/.test(file.path))
    .filter((file) => !PACKAGE_INDEXES.has(file.path))
    .map((file) => violation(file, 'no-barrels', 'only what package.json exports is called index'));

/** Folders and the file's name without its endings (`seed.test.ts` is `seed`). */
function segments(file: TidyFile): string[] {
  const parts = file.path.split('/').filter((part) => !/^\.\w/.test(part) || part.includes('..'));
  return parts.map((part) => part.replace(/(\.(test|config|svelte|d))?\.\w+$/, ''));
}

function violation(file: TidyFile, rule: string, message: string): Violation {
  return { path: file.path, line: 0, rule, message };
}
