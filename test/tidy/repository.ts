// The files that the tidy rules look at, as values: rules are pure functions from these to
// violations, so that each rule can be shown a planted violation that is nowhere on a disk.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface TidyFile {
  /** Relative to the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Violation {
  readonly path: string;
  /** From 1; 0 where the whole file is meant. */
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

export type Rule = (files: readonly TidyFile[]) => Violation[];

export const ROOT = resolve(import.meta.dirname, '..', '..');

const BINARY = /\.(wasm|png|jpg|ico|sqlite|gz|zip|woff2?)$/;

/** Tracked files and those about to be: what git ignores is nobody's concern. */
export function readRepository(): TidyFile[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  return listed
    .split('\0')
    .filter((path) => path !== '' && !BINARY.test(path) && existsSync(join(ROOT, path)))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

/** `src/a.ts:12 [lines]: message`, in order of place. */
export function violationText(violation: Violation): string {
  return `${violation.path}:${violation.line} [${violation.rule}]: ${violation.message}`;
}

/** The script of a Svelte component is TypeScript too (syntax.ts blanks the rest). */
export function isTypeScript(file: TidyFile): boolean {
  return /\.(ts|tsx|svelte)$/.test(file.path);
}

/** Scripts without an ending are known by their first line. */
export function isShell(file: TidyFile): boolean {
  return file.path.endsWith('.sh') || /^#!\/bin\/(ba)?sh\b/.test(file.text);
}

/** Everything that people write as code here; not data, not prose. */
export function isCode(file: TidyFile): boolean {
  return isTypeScript(file) || isShell(file) || /\.(mjs|cjs|js|css)$/.test(file.path);
}
