// A vitest reporter that leaves a tally of tests (not of files) for scripts/run-tests.ts. Whatever
// went wrong outside a test, such as a file that does not load, counts as one failure: otherwise a
// run in which nothing ran would look like a run in which nothing failed.

import { writeFileSync } from 'node:fs';
import type { SerializedError } from 'vitest';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import type { Tally } from './tally.ts';

export default class TallyReporter implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly SerializedError[],
    reason: string,
  ): void {
    const tally: Tally = { passed: 0, failed: [], skipped: [] };
    for (const module of modules) {
      for (const test of module.children.allTests()) count(tally, test);
      for (const error of module.errors()) {
        tally.failed.push(`${module.relativeModuleId}: ${firstLine(error.message)}`);
      }
      for (const suite of module.children.allSuites()) {
        for (const error of suite.errors()) {
          tally.failed.push(`${module.relativeModuleId} > ${suite.fullName}: ${error.message}`);
        }
      }
    }
    for (const error of unhandledErrors) {
      tally.failed.push(`outside any test: ${firstLine(error.message)}`);
    }
    if (reason === 'interrupted') tally.failed.push('the run was interrupted');
    const file = process.env.HEISENWRITE_TALLY_FILE;
    if (file !== undefined) writeFileSync(file, JSON.stringify(tally));
  }
}

function count(tally: Tally, test: TestCase): void {
  const name = `${test.module.relativeModuleId} > ${test.fullName}`;
  const result = test.result();
  if (result.state === 'passed') tally.passed += 1;
  else if (result.state === 'failed') tally.failed.push(name);
  else if (result.state === 'skipped') {
    tally.skipped.push({ name, reason: result.note ?? 'no reason was given' });
  } else tally.failed.push(`${name}: never finished`);
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
