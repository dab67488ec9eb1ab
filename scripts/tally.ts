// What a test run counted, and the closing lines made of it. The last line is a promise to CI:
// `N passed, N failed, N skipped`, alone on its line, and it counts tests.

export interface Tally {
  passed: number;
  /** Name of each failed test or check. */
  failed: string[];
  skipped: { name: string; reason: string }[];
}

export function addTally(to: Tally, from: Tally): void {
  to.passed += from.passed;
  to.failed.push(...from.failed);
  to.skipped.push(...from.skipped);
}

/** Every skip with its reason, every failure by name, then the line that counts. */
export function closingLines(tally: Tally): string[] {
  return [
    ...tally.skipped.map(({ name, reason }) => `skipped: ${name}: ${reason}`),
    ...tally.failed.map((name) => `failed: ${name}`),
    `${tally.passed} passed, ${tally.failed.length} failed, ${tally.skipped.length} skipped`,
  ];
}

/** Zero tests are a failure: a run that ran nothing shows nothing. */
export function exitCodeOf(tally: Tally): 0 | 1 {
  return tally.failed.length > 0 || tally.passed === 0 ? 1 : 0;
}
