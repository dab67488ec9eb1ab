// A checkout in miniature for the launcher: the real `heisenwrite` and `scripts/bring`, a main.ts
// that says how it was called, and an npm that does nothing slow and fails as it is told. The PATH
// holds only the programs that a POSIX system has, so that a machine's own npm is out of reach.

import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  chmodSync,
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
import { ROOT } from '../tidy/repository.ts';

const PROGRAMS = [
  ...['sh', 'cat', 'cmp', 'cp', 'dirname', 'find', 'flock', 'grep', 'head', 'mkdir', 'mv', 'paste'],
  ...['readlink', 'rm', 'sed', 'sleep', 'tail', 'tr', 'chmod'],
];

/** Prints its parameters, its directory and Node's major version as JSON, and exits with 7. */
const MAIN = `
const major = process.versions.node.split('.')[0];
console.log(JSON.stringify({ parameters: process.argv.slice(2), cwd: process.cwd(), major }));
process.exitCode = 7;
`;

/** FAKE_NPM_FAILS: what it says when it fails. FAKE_NPM_SECONDS: how long \`npm ci\` takes. */
const NPM = `#!/bin/sh
echo "$1 \${2-}" >>"$NPM_CALLS"
[ -n "\${FAKE_NPM_FAILS-}" ] && { echo "npm error $FAKE_NPM_FAILS" >&2; exit 1; }
case $1 in
  ci)
    rm -rf node_modules
    mkdir -p node_modules/node/bin
    sleep "\${FAKE_NPM_SECONDS-0}" || exit 130
    printf '#!/bin/sh\\nexec "%s" "$@"\\n' "$REAL_NODE" >node_modules/node/bin/node
    chmod +x node_modules/node/bin/node ;;
esac
`;

export interface Miniature extends Disposable {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  /** Runs the launcher (or what stands at `command`) from a directory that is not the checkout. */
  run(
    parameters?: readonly string[],
    options?: { env?: NodeJS.ProcessEnv; command?: string },
  ): SpawnSyncReturns<string>;
  /** Whether npm was asked for anything since; takes nothing of it. */
  hasCalledNpm(): boolean;
  /** What npm was asked for since the last call of this, one line each, trimmed. */
  npmCalls(): string[];
  write(path: string, text: string, mode?: number): void;
}

export function createMiniature(): Miniature {
  const base = mkdtempSync(join(tmpdir(), 'heisenwrite-miniature-'));
  const root = join(base, 'check out');
  const bin = join(base, 'bin');
  const calls = join(base, 'npm-calls');
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), mode);
  };
  mkdirSync(bin, { recursive: true });
  for (const program of PROGRAMS) symlinkSync(pathOf(program), join(bin, program));
  writeFileSync(join(bin, 'npm'), NPM, { mode: 0o755 });
  for (const path of ['heisenwrite', 'scripts/bring', 'scripts/from-source.mjs']) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    copyFileSync(join(ROOT, path), join(root, path));
  }
  write('package-lock.json', '{"name":"one"}');
  write('kernels/stamp.ts', '');
  write('web/page.svelte', '');
  write('src/cli/main.ts', MAIN);
  const env = { PATH: bin, NPM_CALLS: calls, REAL_NODE: process.execPath };
  return {
    root,
    env,
    write,
    run: (parameters = [], options = {}) =>
      spawnSync(options.command ?? join(root, 'heisenwrite'), parameters, {
        cwd: base,
        encoding: 'utf8',
        env: { ...env, ...options.env },
      }),
    hasCalledNpm: () => existsSync(calls) && readFileSync(calls, 'utf8').endsWith('\n'),
    npmCalls: () => {
      const text = existsSync(calls) ? readFileSync(calls, 'utf8') : '';
      rmSync(calls, { force: true });
      return text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '');
    },
    [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }),
  };
}

function pathOf(program: string): string {
  return execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
}
