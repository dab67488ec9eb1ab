// What every adapter of a medium must keep, whatever is behind it. Each test asks for what the
// connection declares; a capability that it lacks must be refused as UNSUPPORTED, since a call that
// is silently done in another way would make a hunt accuse, or acquit, the wrong thing.

import { describe } from 'vitest';
import type { Requirement } from '../real/requirements.ts';
import { connectionTests } from './medium-connection.ts';
import { contentTests } from './medium-content.ts';
import { nameTests } from './medium-names.ts';
import { replaceTests } from './medium-replace.ts';
import { contractTest, type StartedMedium } from './medium-setting.ts';
import { writeTests } from './medium-writes.ts';

/**
 * Registers the tests. Where a requirement is missing each is skipped with its reason, and the
 * medium is not started.
 */
export function mediumContract(
  name: string,
  start: () => Promise<StartedMedium>,
  requirements: readonly Requirement[] = [],
): void {
  describe(`${name} keeps the contract of media`, () => {
    const test = contractTest(start, requirements);
    connectionTests(test);
    nameTests(test);
    contentTests(test);
    writeTests(test);
    replaceTests(test);
  });
}
