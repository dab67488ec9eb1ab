// The five steps of a case, judged by the reports of its hunt and its proof: a step is shown when
// all that was expected of it is in them.

import type { CaseExpectation, CaseStep, ShownStep } from '../../domain/case.ts';
import type { HuntReport } from '../../domain/hunt-report.ts';
import type { ProofReport } from '../../domain/proof.ts';
import { huntAccount } from '../../report/account.ts';
import { plural } from '../../report/rate-words.ts';
import { summaryLines } from '../../report/summary.ts';
import type { Explanation } from './case-setup.ts';
import type { WindowsMet } from './case-windows.ts';

const WIDTH = 100;

function step(name: CaseStep, words: readonly string[], missing: readonly string[]): ShownStep {
  return { step: name, shown: missing.length === 0, words, missing };
}

/** It fails, and as it failed then. */
export function foundStep(report: HuntReport, expected: CaseExpectation): ShownStep {
  const missing: string[] = [];
  if (report.verdict !== expected.verdict) {
    missing.push(`the verdict is ${report.verdict}, not ${expected.verdict}`);
  }
  const kinds = new Set(report.findings.flatMap((each) => (each.expected ? each.kinds : [])));
  if (expected.kinds) {
    const others = [...kinds].filter((kind) => !expected.kinds?.includes(kind));
    if (kinds.size === 0) missing.push(`no damage of the kind ${expected.kinds.join(', ')}`);
    if (others.length > 0) missing.push(`other kinds of damage: ${others.join(', ')}`);
  }
  const failed = report.failures.map(({ operation, errno }) => `${operation} ${errno}`);
  if (expected.failures && !expected.failures.some((each) => failed.includes(each))) {
    const seen = failed.length > 0 ? failed.join(', ') : 'none';
    missing.push(`no call failed as ${expected.failures.join(' or ')} (failed: ${seen})`);
  }
  return step('found', [...report.words, ...linesOf(report, 'Captured')], missing);
}

/** What it needs, and what not. */
export function isolatedStep(
  { isolation }: HuntReport,
  { isolation: { needs, irrelevant }, windowsPValueMax }: CaseExpectation,
  met: WindowsMet | null,
): ShownStep {
  const found = Object.fromEntries(
    (isolation?.needs ?? []).map(({ factor, levels }) => [factor, levels]),
  );
  const missing = Object.entries(needs)
    .filter(([factor, levels]) => textOf(found[factor] ?? []) !== textOf(levels))
    .map(([factor, levels]) => `that it needs ${factor}=${levels.join(' or ')}`);
  for (const [factor, levels] of Object.entries(found)) {
    if (!(factor in needs)) missing.push(`that ${factor}=${levels.join(' or ')} is not needed`);
  }
  for (const factor of irrelevant) {
    if (!isolation?.irrelevant.includes(factor)) missing.push(`that ${factor} does not matter`);
  }
  if (windowsPValueMax !== undefined && !(met && met.pValue <= windowsPValueMax)) {
    missing.push(`failures in the windows by chance with p of at most ${windowsPValueMax}`);
  }
  const words = [...(isolation?.words ?? []), ...(met ? [met.words] : [])];
  return step('isolated', words, missing);
}

function textOf(levels: readonly unknown[]): string {
  return levels.map(String).toSorted().join(' ');
}

/** Rows of the account that explain; the others say how often and where. */
const EXPLAINING = ['Delivered', 'What', 'Came from', 'Layer', 'Failures'];

/** Why: what the report says of the damage and of the calls, which bears the mechanism out. */
export function explainedStep(
  report: HuntReport,
  { words, layer }: CaseExpectation,
  mechanism: readonly string[],
  shown: Explanation = { words: [], missing: [] },
): ShownStep {
  const text = summaryLines(report, { color: false, width: WIDTH })
    .join(' ')
    .replaceAll(/\s+/g, ' ');
  const missing = words
    .filter((each) => !new RegExp(each).test(text))
    .map((each) => `in the report: ${each}`);
  const layers = new Set(report.findings.filter((f) => f.expected).map((f) => f.layer));
  if (layer !== undefined && !(layers as ReadonlySet<string>).has(layer)) {
    missing.push(`the layer ${layer} (found: ${[...layers].join(', ') || 'none'})`);
  }
  missing.push(...shown.missing);
  const said = [...EXPLAINING.flatMap((label) => linesOf(report, label)), ...shown.words];
  return step('explained', [...said, ...(missing.length === 0 ? mechanism : [])], missing);
}

function linesOf(report: HuntReport, label: string): readonly string[] {
  return huntAccount(report).rows.find((row) => row.label === label)?.lines ?? [];
}

/** With the fix it does not fail, and without it it still does, in the same minutes. */
export function fixedStep(proofs: readonly ProofReport[]): ShownStep {
  const sides = proofs.map(fixedSides);
  return step(
    'fixed',
    sides.flatMap(({ words }) => words),
    sides.flatMap(({ missing }) => missing),
  );
}

function fixedSides({ old, fixed }: ProofReport): Pick<ShownStep, 'words' | 'missing'> {
  const missing: string[] = [];
  if (fixed.trials === 0) missing.push(`a trial with ${fixed.words}`);
  if (fixed.failures > 0) missing.push(`that nothing fails with ${fixed.words}`);
  if (old.failures === 0) missing.push(`that it still fails with ${old.words}`);
  const words = [fixed, old].map(
    ({ words: side, failures, trials }) =>
      `with ${side} ${failures} of ${plural(trials, 'trial')} failed`,
  );
  return { words, missing };
}

/** That is no luck: the rule has concluded, with its bound. */
export function provenStep(proofs: readonly ProofReport[]): ShownStep {
  const missing = proofs
    .filter(({ outcome }) => outcome !== 'proven')
    .map(({ outcome, fixed }) => `a proof of ${fixed.words}: it is ${outcome}`);
  return step(
    'proven',
    proofs.flatMap(({ words }) => words),
    missing,
  );
}
