// The package as somebody installs it: packed from a copy of what git tracks, installed globally
// under a prefix of its own, and run from there. Nothing of the checkout may be needed any more:
// worker files, kernels and the page's template must be inside.

import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { ROOT } from '../tidy/repository.ts';
import { missing, requireOrSkip } from './requirements.ts';

const VERSION: string = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version;

/** Its own npm and its own Node only: what the machine or vitest put on the PATH must not help. */
const ENV = { ...process.env, PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' };

const RECORDING_PROGRAM = `
import { openRecorder, openRecordings } from 'heisenwrite/recorder';
const path = process.argv[2];
const events = { sent: [['id', 'u32'], ['length', 'u32', 'bytes']] };
const recorder = openRecorder({ path, events });
recorder.record.sent(7, 512);
recorder.close();
console.log(JSON.stringify([...openRecordings([path]).events()].map(({ fields }) => fields)));
`;

describe('the package', () => {
  const base = mkdtempSync(join(tmpdir(), 'heisenwrite-package-'));
  const prefix = join(base, 'prefix');
  const installed = join(prefix, 'lib', 'node_modules', 'heisenwrite');
  let tarball = '';

  beforeAll(() => {
    if (missing('git') ?? missing('npm')) return;
    tarball = packCopy(join(base, 'copy'), base);
    npm(['install', '--global', '--prefer-offline', '--prefix', prefix, tarball], base);
    mkdirSync(join(base, 'node_modules'), { recursive: true });
    symlinkSync(installed, join(base, 'node_modules', 'heisenwrite'));
  });
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  const run = (context: TestContext, ...parameters: string[]): SpawnSyncReturns<string> => {
    requireOrSkip(context, 'git', 'npm');
    const command = join(prefix, 'bin', 'heisenwrite');
    return spawnSync(command, parameters, { cwd: base, encoding: 'utf8', env: ENV });
  };

  it('says its version, from compiled files, without bringing anything', (context) => {
    const ran = run(context, '--version');
    expect(ran.stderr).toBe('');
    expect(ran.stdout.trim()).toContain(VERSION);
    expect(ran.status).toBe(0);
  });

  it('holds what it needs at run time and none of the sources', (context) => {
    requireOrSkip(context, 'git', 'npm');
    for (const path of ['dist/cli/main.js', 'dist/index.js', 'dist/index.d.ts', 'LICENSE']) {
      expect(existsSync(join(installed, path)), path).toBe(true);
    }
    for (const path of ['dist/kernels/stamp.wasm', 'dist/web/report.html']) {
      expect(existsSync(join(installed, path)), path).toBe(true);
    }
    for (const path of ['src', 'test', 'node_modules/vite', 'dist/.brought-web']) {
      expect(existsSync(join(installed, path)), path).toBe(false);
    }
  });

  it('stamps a file, verifies it, and finds a byte that was changed', (context) => {
    const file = join(base, 'stamped');
    expect(run(context, 'stamp', file, '--size', '1MiB').status).toBe(0);
    expect(run(context, 'verify', file).status).toBe(0);
    const bytes = readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(70_000) ^ 1, 70_000);
    writeFileSync(file, bytes);
    const damaged = run(context, 'verify', file, '--json');
    expect(damaged.status).toBe(1);
    expect(JSON.parse(damaged.stdout).damage).toMatchObject([{ kind: 'flipped', offset: 70_000 }]);
  });

  it('runs a hunt, whose actors are files of their own, and writes its page', (context) => {
    const place = join(base, 'place');
    mkdirSync(place, { recursive: true });
    const page = join(base, 'page.html');
    const only = ['--only', 'size=64KiB', '--only', 'pattern=stamp', '--only', 'io=4KiB'];
    const hunt = ['hunt', place, '--preset', 'roundtrip', '--trials', '3', ...only];
    const hunted = run(context, ...hunt, '--html', page, '--json');
    expect(hunted.status, hunted.stderr).toBe(0);
    expect(JSON.parse(hunted.stdout)).toMatchObject({ verdict: 'clean', trials: { clean: 3 } });
    expect(readFileSync(page, 'utf8')).toContain('CLEAN');
  });

  it('has the cases, with all that they are made of', (context) => {
    const ran = run(context, 'case');
    expect(ran.stderr).toBe('');
    expect(ran.status).toBe(0);
    expect(ran.stdout).toMatch(/^torn-mailbox +a mailbox/m);
    for (const file of ['README.md', 'plan.json', 'case.json', 'expected.json']) {
      expect(existsSync(join(installed, 'cases', 'torn-mailbox', file)), file).toBe(true);
    }
  });

  it('doctor says what this machine can do', (context) => {
    const ran = run(context, 'doctor');
    expect(ran.stderr).not.toMatch(/\bat .*\.js:\d+/);
    expect(ran.stdout.split('\n').length).toBeGreaterThan(3);
  });

  it('can be imported by name, with types', (context) => {
    requireOrSkip(context, 'git', 'npm');
    const node = join(installed, 'node_modules', 'node', 'bin', 'node');
    const script = "import('heisenwrite').then((api) => console.log(Object.keys(api).length))";
    const ran = spawnSync(node, ['-e', script], { cwd: base, encoding: 'utf8' });
    expect(ran.stderr).toBe('');
    expect(Number(ran.stdout)).toBeGreaterThan(0);
  });

  it('has the recorder under a name of its own, with its header for C', (context) => {
    requireOrSkip(context, 'git', 'npm');
    const program = join(base, 'records.mjs');
    writeFileSync(program, RECORDING_PROGRAM);
    const node = join(installed, 'node_modules', 'node', 'bin', 'node');
    const recording = join(base, 'sent.hwrec');
    const ran = spawnSync(node, [program, recording], { cwd: base, encoding: 'utf8' });
    expect(ran.stderr).toBe('');
    expect(JSON.parse(ran.stdout)).toEqual([{ id: 7, length: 512 }]);
    for (const path of ['dist/recorder/index.d.ts', 'docs/heisenwrite-recorder.h']) {
      expect(existsSync(join(installed, path)), path).toBe(true);
    }
  });

  it('is clean by publint', (context) => {
    requireOrSkip(context, 'git', 'npm');
    const publint = join(ROOT, 'node_modules', '.bin', 'publint');
    const ran = spawnSync(publint, ['run', tarball, '--strict'], { encoding: 'utf8' });
    expect(ran.stdout + ran.stderr).toMatch(/All good/);
    expect(ran.status).toBe(0);
  });
});

/** Packs a copy, since packing builds dist/ anew, which the checkout may be using just now. */
function packCopy(copy: string, destination: string): string {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' });
  for (const path of tracked.split('\0').filter((one) => existsSync(join(ROOT, one)) && one)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    copyFileSync(join(ROOT, path), join(copy, path));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  npm(['pack', '--pack-destination', destination], copy);
  return join(destination, `heisenwrite-${VERSION}.tgz`);
}

function npm(parameters: readonly string[], cwd: string): void {
  const ran = spawnSync('npm', [...parameters, '--no-audit', '--no-fund'], {
    cwd,
    encoding: 'utf8',
    env: ENV,
  });
  if (ran.status !== 0) throw new Error(`npm ${parameters[0]} failed:\n${ran.stdout}${ran.stderr}`);
}
