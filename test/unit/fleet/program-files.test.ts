// What a guest takes along is found by following imports: types are none, what is loaded on demand
// is left behind, and koffi is one although it is required by hand.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { importsOf, programFiles } from '../../../src/fleet/program-files.ts';

test('imports are those that run', () => {
  const source = [
    "import { a } from './a.ts';",
    "import type { B } from './b.ts';",
    'import {',
    '  c,',
    '  type D,',
    "} from './c.ts';",
    "export * from './e.ts';",
    "import './f.ts';",
    "const g = await import('./g.ts');",
    "const koffi = createRequire(import.meta.url)('koffi');",
    "export const PLACES = ['./no.ts'];",
  ].join('\n');
  const found = ['./a.ts', './c.ts', './e.ts', './f.ts', 'koffi'];
  expect(importsOf(source).toSorted()).toEqual(found.toSorted());
});

test('the agent takes along its roles, koffi with its binary, and no test', () => {
  const agent = fileURLToPath(new URL('../../../src/fleet/guest-agent.ts', import.meta.url));
  const entry = fileURLToPath(new URL('../../../src/trial/actor-entry.ts', import.meta.url));
  const { root, files, packages } = programFiles([agent, entry]);
  expect(files).toEqual(
    expect.arrayContaining([
      'package.json',
      'src/fleet/guest-agent.ts',
      'src/stamp/kernel.ts',
      'src/trial/actor-entry.ts',
      'src/workload/roundtrip-roles.ts',
    ]),
  );
  expect(files.filter((file) => file.startsWith('test/') || file.startsWith('src/cli/'))).toEqual(
    [],
  );
  expect(files).not.toContain('src/medium/s3.ts');
  expect(packages).toContain('node_modules/koffi');
  expect(packages.some((each) => each.includes('koffi-linux'))).toBe(true);
  expect(packages.every((each) => existsSync(join(root, each)))).toBe(true);
});
