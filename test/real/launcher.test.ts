// The launcher as a newcomer meets it: what it brings, that it brings it once, and what it says
// when it cannot. Asserted on the steps that are printed and on what npm was asked, never on time.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../tidy/repository.ts';
import { createMiniature, type Miniature } from './miniature-checkout.ts';
import { requireOrSkip } from './requirements.ts';

const ALL_STEPS = [/npm ci/, /stamp kernels/, /page for reports/];
const steps = (stderr: string) => stderr.split('\n').filter((line) => line !== '');

describe('in a checkout', () => {
  it('brings each missing thing with a line, then runs main with the Node it brought', () => {
    using checkout = createMiniature();
    const first = checkout.run(['hunt', '--for', '60 s']);
    expect(steps(first.stderr)).toEqual(ALL_STEPS.map((step) => expect.stringMatching(step)));
    expect(JSON.parse(first.stdout)).toEqual({
      parameters: ['hunt', '--for', '60 s'],
      cwd: join(checkout.root, '..'),
      major: '24',
    });
    expect(first.status).toBe(7);
    expect(checkout.npmCalls()).toEqual([
      expect.stringMatching(/^ci/),
      'run build:kernels',
      'run build:web',
    ]);
  });

  it('brings nothing and does not call npm the second time', () => {
    using checkout = createMiniature();
    checkout.run();
    checkout.npmCalls();
    const second = checkout.run();
    expect(second.stderr).toBe('');
    expect(second.status).toBe(7);
    expect(checkout.npmCalls()).toEqual([]);
  });

  it('does again only the step whose source changed', () => {
    using checkout = createMiniature();
    checkout.run();
    checkout.npmCalls();
    checkout.write('package-lock.json', '{"name":"two"}');
    checkout.run();
    // The page is made of dependencies, the kernels are not.
    expect(checkout.npmCalls()).toEqual([expect.stringMatching(/^ci/), 'run build:web']);
    checkout.write('kernels/stamp.ts', '// newer');
    checkout.run();
    expect(checkout.npmCalls()).toEqual(['run build:kernels']);
    checkout.write('web/page.svelte', '<!-- newer -->');
    checkout.run();
    expect(checkout.npmCalls()).toEqual(['run build:web']);
    rmSync(join(checkout.root, 'dist'), { recursive: true });
    checkout.run();
    expect(checkout.npmCalls()).toEqual(['run build:kernels', 'run build:web']);
  });

  it('is found through a chain of relative and absolute symbolic links', () => {
    using checkout = createMiniature();
    const bin = join(checkout.root, '..', 'links');
    mkdirSync(bin);
    symlinkSync('../check out/heisenwrite', join(bin, 'relative'));
    symlinkSync(join(bin, 'relative'), join(bin, 'absolute'));
    expect(checkout.run([], { command: join(bin, 'absolute') }).status).toBe(7);
  });

  it('started twice at once, installs once, and both run', async () => {
    using checkout = createMiniature();
    const env = { ...checkout.env, FAKE_NPM_SECONDS: '1' };
    const ended = await Promise.all(
      [1, 2].map(() => once(spawn(join(checkout.root, 'heisenwrite'), { env }), 'close')),
    );
    expect(ended.map(([code]) => code)).toEqual([7, 7]);
    expect(checkout.npmCalls()).toHaveLength(3);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'after %s in the middle of npm ci, the next start does it again',
    async (signal) => {
      using checkout = createMiniature();
      const env = { ...checkout.env, FAKE_NPM_SECONDS: '60' };
      const launcher = spawn(join(checkout.root, 'heisenwrite'), { env, detached: true });
      const closed = once(launcher, 'close');
      while (!checkout.hasCalledNpm()) await pause(10);
      process.kill(-(launcher.pid as number), signal);
      const [code] = await closed;
      expect(code).not.toBe(0);
      const next = checkout.run();
      expect(steps(next.stderr)).toEqual(ALL_STEPS.map((step) => expect.stringMatching(step)));
      expect(next.status).toBe(7);
    },
  );
});

describe('when it cannot bring something', () => {
  const cases = [
    ['offline', 'getaddrinfo EAI_AGAIN', /cannot reach its registry: check the network/],
    ['disk full', 'ENOSPC: no space left on device, write', /no space is left .* free some/],
    ['not its owner', 'EACCES: permission denied, mkdir', /may not be written to: run once as/],
    ['anything else', 'Exit handler never called!', /npm's whole output is in .*bring\.log/],
  ] as const;

  it.each(cases)('%s: what npm said, one line with the remedy, exit 3', (_name, said, remedy) => {
    using checkout = createMiniature();
    const failed = checkout.run([], { env: { FAKE_NPM_FAILS: said } });
    expect(failed.status).toBe(3);
    expect(failed.stderr).toContain(`  | npm error ${said}`);
    expect(steps(failed.stderr).at(-1)).toMatch(remedy);
    expect(failed.stdout).toBe('');
    expect(readFileSync(join(checkout.root, '.cache/bring.log'), 'utf8')).toContain(said);
    expect(checkout.run().status).toBe(7);
  });

  it('without npm, says what to install', () => {
    using checkout = createMiniature();
    rmSync(join(checkout.env.PATH as string, 'npm'));
    const failed = checkout.run();
    expect(failed.status).toBe(3);
    expect(steps(failed.stderr)).toEqual([expect.stringMatching(/npm is missing: install/)]);
  });

  it('says so when npm ci was told to run no install scripts', () => {
    using checkout = createMiniature();
    const npm = join(checkout.env.PATH as string, 'npm');
    rmSync(npm);
    symlinkSync('/bin/true', npm);
    expect(checkout.run().stderr).toMatch(/brought no Node 24.*ignore-scripts false/s);
  });
});

describe('as an installed package', () => {
  const install = (checkout: Miniature) => {
    for (const path of ['src', 'scripts']) rmSync(join(checkout.root, path), { recursive: true });
    checkout.write('dist/cli/main.js', "console.log('compiled');");
  };
  const node = `#!/bin/sh\nexec "$REAL_NODE" "$@"\n`;

  it.each(['node_modules/node/bin/node', '../node_modules/node/bin/node'])('finds %s', (place) => {
    using checkout = createMiniature();
    install(checkout);
    checkout.write(place, node, 0o755);
    const ran = checkout.run();
    expect(ran.stdout).toBe('compiled\n');
    expect(ran.stderr).toBe('');
  });

  it('makes do with a Node 24 of the machine, and refuses an older one with the remedy', () => {
    using checkout = createMiniature();
    install(checkout);
    expect(checkout.run().stderr).toMatch(/Node 24 is missing/);
    checkout.write('../bin/node', '#!/bin/sh\necho 20\n', 0o755);
    expect(checkout.run().status).toBe(3);
    checkout.write('../bin/node', node, 0o755);
    expect(checkout.run().stdout).toBe('compiled\n');
  });
});

describe('a fresh clone', () => {
  /** Without what vitest set for us: the clone must find everything by itself. */
  const env = Object.fromEntries(
    Object.entries(process.env)
      .filter(([name]) => !/^(VITEST|NODE_|HEISENWRITE_|npm_)|^(TEST|DEV|PROD|MODE)$/.test(name))
      .map(([name, value]) => [name, name === 'PATH' ? withoutModules(value ?? '') : value]),
  );

  it.for([
    ['the launcher', ['./heisenwrite', '--version'], /^\d+\.\d+\.\d+/],
    [
      'npm test',
      ['npm', 'test', '--', 'test/tidy/tally.test.ts'],
      /^\d+ passed, 0 failed, 0 skip/m,
    ],
  ] as const)('needs one command, %s, which brings things once', ([, command, says], context) => {
    requireOrSkip(context, 'git', 'npm');
    const base = mkdtempSync(join(tmpdir(), 'heisenwrite-clone-'));
    try {
      const cwd = join(base, 'clone');
      execFileSync('git', ['clone', '--quiet', '--no-hardlinks', ROOT, cwd]);
      const [program, ...parameters] = command;
      const launch = () => spawnSync(program, parameters, { cwd, encoding: 'utf8', env });
      const stepsOf = (stderr: string) => steps(stderr).filter((line) => /^heisenw/.test(line));
      const first = launch();
      expect(stepsOf(first.stderr)).toEqual(ALL_STEPS.map((step) => expect.stringMatching(step)));
      expect(first.stdout).toMatch(says);
      expect(first.status).toBe(0);
      const second = launch();
      expect(stepsOf(second.stderr)).toEqual([]);
      expect(second.stdout).toMatch(says);
      const changed = execFileSync('git', ['status', '--porcelain'], { cwd, encoding: 'utf8' });
      expect(changed, 'what is brought must be ignored by git').toBe('');
    } finally {
      rmSync(base, { recursive: true, force: true });
    }
  });
});

function withoutModules(path: string): string {
  return path
    .split(':')
    .filter((place) => !place.includes('node_modules'))
    .join(':');
}
