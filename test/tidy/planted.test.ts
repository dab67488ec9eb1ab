// A check that cannot fail checks nothing: for each rule a planted violation on a file that is on
// no disk, and a near miss that the rule must let through.

import { describe, expect, it } from 'vitest';
import { complete } from '../../scripts/complete-lockfile.ts';
import { importsFollowLayout } from './import-rules.ts';
import type { Rule, TidyFile } from './repository.ts';
import { RULES } from './rules.ts';

interface Planted {
  readonly bad: readonly TidyFile[];
  readonly good: readonly TidyFile[];
}

const file = (path: string, text = '// Why.\n'): TidyFile => ({ path, text });
const lines = (count: number) => 'x;\n'.repeat(count);
let pages = 0;
const md = (text: string) => file(`docs/page-${pages++}.md`, text);
const hunt = file('src/hunt.ts', '// Why.\nexport function runHunt() {}\n');
const pkg = file('package.json', '{"dependencies":{"a":"1.0.0"}}');
const lock = (locked: object) =>
  file(
    'package-lock.json',
    JSON.stringify({ packages: { '': {}, 'node_modules/a': { version: '1.0.0', ...locked } } }),
  );

const PLANTED: Readonly<Record<string, Planted>> = {
  'kebab-case': {
    bad: [file('src/stamp/FastKernel.ts'), file('src/bad_folder/kernel.ts')],
    good: [
      file('src/stamp/fast-kernel.test.ts'),
      file('web/parts/HeatMap.svelte'),
      file('.ci/run'),
    ],
  },
  'forbidden-name': {
    bad: [file('src/stamp/utils.ts'), file('src/plan/types.ts'), file('test/test-helpers.ts')],
    good: [file('src/plan/level-types.ts'), file('src/plan/utilization.ts')],
  },
  'no-barrels': {
    bad: [file('src/stamp/index.ts')],
    good: [file('src/index.ts'), file('src/stamp/block-index.ts')],
  },
  'opening-comment': {
    bad: [file('src/a.ts', 'export {};\n'), file('src/b.ts', '// x\n'.repeat(9))],
    good: [
      file('src/a.ts', '// Why.\nexport {};\n'),
      file('src/b.ts', `// +---+\n${'// x\n'.repeat(20)}`),
      file('scripts/c', '#!/bin/sh\n# Why.\n'),
      file('web/d.svelte', '<!-- Why. -->\n<p></p>\n'),
    ],
  },
  'file-length': {
    bad: [file('src/a.ts', lines(301))],
    good: [file('src/a.ts', lines(300)), file('README.md', lines(900))],
  },
  'function-length': {
    bad: [file('src/a.ts', `const f = () => {\n${lines(69)}};\n`)],
    good: [
      file('src/a.ts', `const f = () => {\n${lines(68)}};\n`),
      file('test/a.test.ts', `describe('a', () => {\n${lines(90)}it('b', () => {});\n});\n`),
    ],
  },
  'line-length': {
    bad: [file('src/a.ts', `// ${'x'.repeat(98)}\n`)],
    good: [file('src/a.ts', `// ${'x'.repeat(97)}\n// https://a.test/${'x'.repeat(100)}\n`)],
  },
  'clocks-only-in-base': {
    bad: [
      file('src/trial/a.ts', 'const t = Date.now();'),
      file('src/trial/b.ts', 'const t = process.hrtime.bigint();'),
      file('test/c.ts', 'const r = Math.random();'),
      file('bench/d.ts', 'const t = new Date();'),
      file('src/recorder/e.ts', 'const t = Date.now();'),
    ],
    good: [
      file('src/base/clock.ts', 'const t = Date.now();'),
      file('src/recorder/clock.ts', 'const t = Date.now();'),
      file('src/trial/a.ts', "const t = 'Date.now()'; // Date.now()"),
      file('src/trial/b.ts', 'const t = new Date(0);'),
    ],
  },
  'no-any': {
    bad: [file('src/a.ts', 'const a: any = 1;')],
    good: [
      file('src/a.ts', "const any = 'any'; // any"),
      file(
        'src/b.ts',
        '// biome-ignore lint/suspicious/noExplicitAny: no types there\nlet a: any;',
      ),
    ],
  },
  'notes-have-owners': {
    bad: [file('src/a.ts', '// TODO later'), file('scripts/b', '#!/bin/sh\n# FIXME(me)\n')],
    good: [
      file('src/a.ts', '// TODO(ada): waits for the next kernel'),
      file('src/b.ts', "const word = 'TODO';"),
    ],
  },
  'named-exports-only': {
    bad: [file('src/index.ts', "export * from './hunt.ts';")],
    good: [file('src/index.ts', "export { runHunt } from './hunt.ts';")],
  },
  'imports-follow-layout': {
    bad: [
      file('src/base/a.ts', "import '../domain/cell.ts';"),
      file('src/recorder/a.ts', "import '../base/x.ts';"),
      file('src/domain/a.ts', "import '../plan/x.ts';"),
      file('src/plan/a.ts', "import type { A } from '../report/x.ts';"),
      file('src/index.ts', "export { a } from './cli/main.ts';"),
      file('src/plan/b.ts', "const x = await import('../report/x.ts');"),
      file('src/plan/c.ts', "new URL('../report/x.ts', import.meta.url);"),
      file('src/hunt.ts', "import './medium/x.ts';"),
      file('src/plan/d.ts', "import '../../test/x.ts';"),
      file('web/a.ts', "import '../src/plan/x.ts';"),
      file('web/A.svelte', "<p></p>\n<script>\nimport '../src/plan/x.ts';\n</script>"),
    ],
    good: [
      file('src/plan/a.ts', "import '../domain/x.ts'; import '../base/x.ts'; import './b.ts';"),
      file('src/hunt.ts', "import './plan/x.ts'; import './hunt-report.ts';"),
      file('src/hunt-report.ts', "import './report/x.ts';"),
      file('src/cli/a.ts', "import '../medium/x.ts';"),
      file('test/a.ts', "import '../src/plan/x.ts';"),
    ],
  },
  'no-registry-hosts': {
    bad: [file('a.json', `"https://${'registry'}.example.com/a.tgz"`)],
    good: [file('a.md', 'npm cannot reach its registry: check the network.')],
  },
  'no-machine-paths': {
    bad: [file('a.md', `see /${'home'}/ada/src`), file('b.ts', `'/${'work'}/main'`)],
    good: [file('a.md', 'write to /tmp/x or ~/work/x; src/homework/a.ts')],
  },
  'lockfile-clean': {
    bad: [pkg, lock({ integrity: 'sha512-x', resolved: 'https://a.test/a.tgz' })],
    good: [pkg, lock({ integrity: 'sha512-x' })],
  },
  'links-resolve': {
    bad: [
      md('[gone](gone.md)'),
      md('[far](../src/hunt.ts#L9)'),
      md('[moved](../src/hunt.ts#stopHunt)'),
      md('[`stopHunt`](../src/hunt.ts#L2)'),
      md('[heading](#no-such)'),
      md('`src/gone.ts#L2`'),
      md('    npm test -- test/gone.test.ts'),
    ],
    good: [
      hunt,
      md('# One two!\n[a](../src/hunt.ts) [b](#one-two) [c](../src) [d](https://a.test/x)'),
      md('[`runHunt`](../src/hunt.ts#L2) [x](../src/hunt.ts#runHunt) `src/hunt.ts#L1-L2`'),
      md('```\n[gone](gone.md)\n```'),
    ],
  },
};

describe.each(Object.entries(RULES))('%s', (name, applied) => {
  // The real allowlist would complain of being unused on files that are on no disk.
  const rule: Rule = name === 'imports-follow-layout' ? importsFollowLayout([]) : applied;
  const planted = PLANTED[name];

  it('finds each planted violation', () => {
    expect(planted, 'plant a violation for this rule').toBeDefined();
    const bad = planted?.bad ?? [];
    const found = name === 'lockfile-clean' ? [rule(bad)] : bad.map((one) => rule([hunt, one]));
    expect(found.map((violations) => violations.length > 0)).toEqual(found.map(() => true));
    expect(found.flat().map((violation) => violation.rule)).toEqual(found.flat().map(() => name));
  });

  it('lets near misses through', () => {
    expect(rule(planted?.good ?? [])).toEqual([]);
  });
});

describe('allowlist', () => {
  const pair = { from: 'plan', to: 'stamp', reason: 'a reason of some length' };
  const user = file('src/plan/a.ts', "import '../stamp/x.ts';");

  it('lets a pair through, and is itself at fault when unused or without a reason', () => {
    expect(importsFollowLayout([pair])([user])).toEqual([]);
    expect(importsFollowLayout([pair])([])).toHaveLength(1);
    expect(importsFollowLayout([{ ...pair, reason: '' }])([user])).toHaveLength(1);
  });

  it('opens no way to cli', () => {
    const toCli = file('src/plan/a.ts', "import '../cli/main.ts';");
    expect(importsFollowLayout([{ ...pair, to: 'cli' }])([toCli])).toHaveLength(1);
  });
});

describe('lockfile-clean', () => {
  const rule = RULES['lockfile-clean'] as Rule;

  it('finds an optional package that is not listed, which `npm ci` would refuse', () => {
    const optionalDependencies = { 'b-linux-x64-musl': '2.0.0' };
    const unlisted = lock({ integrity: 'x', optionalDependencies });
    expect(rule([pkg, unlisted]).map(({ message }) => message)).toEqual([
      expect.stringMatching(/b-linux-x64-musl is not listed/),
    ]);
    const { packages } = JSON.parse(unlisted.text);
    const completed = complete(packages);
    expect(completed['node_modules/b-linux-x64-musl']).toEqual({
      ...{ version: '2.0.0', os: ['linux'], cpu: ['x64'], libc: ['musl'], optional: true },
    });
    const listed = file('package-lock.json', JSON.stringify({ packages: completed }));
    expect(rule([pkg, listed])).toEqual([]);
  });

  it('finds a missing digest, a loose version and a version that differs', () => {
    expect(rule([pkg, lock({})])[0]?.message).toMatch(/digest/);
    const loose = file('package.json', '{"dependencies":{"a":"^1.0.0"}}');
    const messages = rule([loose, lock({ integrity: 'x' })]).map(({ message }) => message);
    expect(messages.join()).toMatch(/not pinned.*1\.0\.0 in the lockfile/);
  });
});
