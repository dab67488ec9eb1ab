// The real command line as a child process: what it says, and what it leaves behind.

import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { expect } from 'vitest';
import type { HuntReport } from '../../src/domain/hunt-report.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const NODE = join(ROOT, 'node_modules/node/bin/node');
const MAIN = join(ROOT, 'scripts/from-source.mjs');

const OPTIONS = { reject: false, env: { NO_COLOR: '1' }, stdin: 'ignore' } as const;

export interface Said {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** With `--json`. */
  readonly isJson?: boolean;
}

export type Environment = Readonly<Record<string, string>>;

/** Starts `heisenwrite ...` and does not wait. */
export function started(words: readonly string[], cwd: string, environment: Environment = {}) {
  return execa(NODE, [MAIN, ...words], {
    ...OPTIONS,
    env: { ...OPTIONS.env, ...environment },
    cwd,
  });
}

/** @param cwd the directory in which it is called */
export async function heisenwrite(
  words: readonly string[],
  cwd = '/',
  environment: Environment = {},
): Promise<Said> {
  const { exitCode, stdout, stderr } = await started(words, cwd, environment);
  return { exitCode, stdout, stderr, isJson: words.includes('--json') };
}

/** The one document on standard output of `hunt --json` or `report --json`. */
export function reportIn({ stdout, stderr }: Said): HuntReport {
  expect(stdout, stderr).toMatch(/^\{/);
  return JSON.parse(stdout) as HuntReport;
}

/** A stack trace of Node, of which a user must never see a line. */
const STACK = /^\s+at .+[:(]|node:internal|\bError:.*\n\s+at /m;

/** One clear message with its remedy, and nothing else. */
export function expectRefusal(said: Said, exitCode: number, message: RegExp): void {
  expect(said.stderr).toMatch(message);
  expect(said.stderr).not.toMatch(STACK);
  expect(said.exitCode).toBe(exitCode);
  if (said.isJson) expectErrorDocument(said);
  else expect(said.stdout).toBe('');
  const lines = said.stderr.trimEnd().split('\n');
  expect(lines.length, said.stderr).toBe(2);
  expect(lines[0]).toMatch(/^heisenwrite: ./);
  expect(lines[1]).toMatch(/^ {2}what to do: .../);
}

/** What is told to a person on standard error, as the one document on standard output. */
function expectErrorDocument({ stdout, stderr, exitCode }: Said): void {
  const { schema, error, ...rest } = JSON.parse(stdout);
  expect(schema).toBe('heisenwrite.error/1');
  expect(rest).toEqual({ exitCode });
  expect(error.code).toMatch(/^[a-z]+(-[a-z]+)*$/);
  expect(stderr).toContain(`heisenwrite: ${error.message}\n`);
  expect(stderr).toContain(`what to do: ${error.remedy}`);
  expect(typeof error.definite).toBe('boolean');
}

/**
 * Every file below `directory` by path: mode, size, time of its last change and digest. Directories
 * by mode and names, since a directory's time also changes when a file of ours comes and goes.
 * @param omitted names directly below `directory` that are left out
 */
export function listing(directory: string, omitted = /^$/): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (path: string, depth: number) => {
    for (const name of readdirSync(path).sort()) {
      if (depth === 0 && omitted.test(name)) continue;
      const inner = join(path, name);
      const { mode, size, mtimeMs, uid } = lstatSync(inner);
      const kind = mode & 0o170000;
      const parts: (string | number)[] = [mode.toString(8), uid];
      if (kind === 0o100000) {
        parts.push(size, mtimeMs, createHash('sha256').update(readFileSync(inner)).digest('hex'));
      }
      if (kind === 0o120000) parts.push(readlinkSync(inner));
      found[inner.slice(directory.length + 1)] = parts.join(' ');
      if (kind === 0o040000) visit(inner, depth + 1);
    }
  };
  visit(directory, 0);
  return found;
}
