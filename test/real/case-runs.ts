// A case as users run it, judged by its report. What a hunt isolates is certified at 5 %, so that
// once in a while it names a factor too many or too few, and the case rightly says so. It is run
// once more then, and what it said is printed: that two in a row do so is no chance any more.

import { rmSync } from 'node:fs';
import { expect } from 'vitest';
import type { CaseReport } from '../../src/domain/case.ts';
import { type Environment, heisenwrite } from './command-line.ts';

export interface CaseRan {
  readonly report: CaseReport;
  readonly exitCode: number | undefined;
  /** Every step, with what was missing; for a test that fails. */
  readonly said: string;
}

/** @param words after `heisenwrite case`, without --json */
export async function caseRan(
  words: readonly string[],
  cwd: string,
  environment: Environment = {},
): Promise<CaseRan> {
  const first = await ran(words, cwd, environment);
  if (first.report.failedStep !== 'isolated') return first;
  console.log(`not isolated at the first time: ${first.said}`);
  if (first.report.kept !== null) rmSync(first.report.kept, { recursive: true });
  return ran(words, cwd, environment);
}

async function ran(
  words: readonly string[],
  cwd: string,
  environment: Environment,
): Promise<CaseRan> {
  const said = await heisenwrite(['case', ...words, '--json'], cwd, environment);
  expect(said.stdout, said.stderr).toMatch(/^\{/);
  const report = JSON.parse(said.stdout) as CaseReport;
  return { report, exitCode: said.exitCode, said: JSON.stringify(report.steps) };
}
