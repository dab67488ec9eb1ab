// `npm test`: the static checks, then every test, then one closing line that counts both (each
// command of STATIC_CHECKS counts as one). With arguments (`npm test -- test/tidy`) only vitest
// runs, with these arguments. `--check` leaves out all tests but tidy: `npm run check`.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { addTally, closingLines, exitCodeOf, type Tally } from './tally.ts';

const ROOT = resolve(import.meta.dirname, '..');

const STATIC_CHECKS: readonly (readonly [string, ...string[]])[] = [
  ['biome', 'check', '--error-on-warnings', '.'],
  ['tsc', '-p', '.'],
  ['tsc', '-p', 'web'],
  ['knip'],
];

/** True when the program ended with 0. Its output goes to where ours goes. */
function run(program: string, parameters: readonly string[], tallyFile?: string): boolean {
  const bin = join(ROOT, 'node_modules', '.bin');
  const env: NodeJS.ProcessEnv = { ...process.env, PATH: bin + delimiter + process.env.PATH };
  if (tallyFile !== undefined) env.HEISENWRITE_TALLY_FILE = tallyFile;
  return spawnSync(program, parameters, { cwd: ROOT, stdio: 'inherit', env }).status === 0;
}

function runStaticChecks(tally: Tally): void {
  for (const [program, ...parameters] of STATIC_CHECKS) {
    const name = `check ${[program, ...parameters].join(' ')}`;
    console.log(name);
    if (run(program, parameters)) tally.passed += 1;
    else tally.failed.push(name);
  }
}

function runVitest(tally: Tally, parameters: readonly string[]): void {
  const directory = mkdtempSync(join(tmpdir(), 'heisenwrite-tally-'));
  const before = tally.passed + tally.failed.length + tally.skipped.length;
  try {
    const file = join(directory, 'tally.json');
    const reporters = ['--reporter=default', '--reporter=./scripts/tally-reporter.ts'];
    const succeeded = run('vitest', ['run', ...reporters, ...parameters], file);
    const counted = existsSync(file);
    if (counted) addTally(tally, JSON.parse(readFileSync(file, 'utf8')));
    if (!succeeded && !counted) tally.failed.push('vitest ended before it could count');
    if (counted && tally.passed + tally.failed.length + tally.skipped.length === before) {
      tally.failed.push('no test ran: does the path or the name match one?');
    } else if (!succeeded && tally.failed.length === 0) {
      tally.failed.push('vitest ended with an error and named no test');
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const parameters = process.argv.slice(2);
const checkOnly = parameters[0] === '--check';
const total: Tally = { passed: 0, failed: [], skipped: [] };
if (checkOnly || parameters.length === 0) runStaticChecks(total);
runVitest(total, checkOnly ? ['--project', 'tidy', ...parameters.slice(1)] : parameters);
console.log(`\n${closingLines(total).join('\n')}`);
process.exitCode = exitCodeOf(total);
