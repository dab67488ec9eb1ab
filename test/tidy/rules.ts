// Every rule by name. Listed here and nowhere else: planted.test.ts demands a planted violation for
// each, so that no rule is applied that cannot fail.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALLOWLIST_PATH, type AllowedPair, importsFollowLayout } from './import-rules.ts';
import { linksResolve } from './link-rules.ts';
import { forbiddenNames, kebabCase, noBarrels } from './naming-rules.ts';
import { lockfileClean, noMachinePaths, noRegistryHosts } from './place-rules.ts';
import { ROOT, type Rule } from './repository.ts';
import { fileLength, functionLength, lineLength, openingComment } from './size-rules.ts';
import { clocksOnlyInBase, namedExportsOnly, noAny, notesHaveOwners } from './source-rules.ts';

const allowlist: AllowedPair[] = JSON.parse(readFileSync(join(ROOT, ALLOWLIST_PATH), 'utf8'));

export const RULES: Readonly<Record<string, Rule>> = {
  'kebab-case': kebabCase,
  'forbidden-name': forbiddenNames,
  'no-barrels': noBarrels,
  'opening-comment': openingComment,
  'file-length': fileLength,
  'function-length': functionLength,
  'line-length': lineLength,
  'clocks-only-in-base': clocksOnlyInBase,
  'no-any': noAny,
  'notes-have-owners': notesHaveOwners,
  'named-exports-only': namedExportsOnly,
  'imports-follow-layout': importsFollowLayout(allowlist),
  'no-registry-hosts': noRegistryHosts,
  'no-machine-paths': noMachinePaths,
  'lockfile-clean': lockfileClean,
  'links-resolve': linksResolve,
};
