// The mechanical rules of the house, applied to every tracked file of this repository. That each
// rule can fail is shown beside this, in planted.test.ts.

import { expect, it } from 'vitest';
import { readRepository, violationText } from './repository.ts';
import { RULES } from './rules.ts';

const files = readRepository();

it('looks at the whole repository', () => {
  const paths = files.map(({ path }) => path);
  for (const known of ['src/domain/damage.ts', 'scripts/bring', 'heisenwrite', 'package.json']) {
    expect(paths).toContain(known);
  }
});

it.each(Object.entries(RULES))('%s', (_name, rule) => {
  expect(rule(files).map(violationText)).toEqual([]);
});
