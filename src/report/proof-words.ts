// The claim that a fix works, in words: what was shown, with its bound, and what was not. "PROVEN"
// is the first word only where the rule says so; everything else says plainly that it is not.

import { binomialInterval } from '../base/binomial-interval.ts';
import { formatCount, formatDuration, roundToTwoDigits } from '../base/quantities.ts';
import type { Levels } from '../domain/cell.ts';
import { EXIT_CLEAN, EXIT_DAMAGE, EXIT_INTERRUPTED, EXIT_UNKNOWN } from '../domain/errors.ts';
import type { HuntReport } from '../domain/hunt-report.ts';
import type { Count, CountedRate } from '../domain/isolation.ts';
import {
  isConcluded,
  type Proof,
  type ProofQuestion,
  type ProofReport,
  type ProofSide,
  underOf,
} from '../domain/proof.ts';
import type { ExitMeaning } from './exit-meaning.ts';
import { type FactorKinds, factorKinds, levelText } from './level-words.ts';
import { failedBeforeWords, notCoveredWords } from './proof-cell-words.ts';
import { boundText, plural, proportionText } from './rate-words.ts';

/** Sides that differ in more factors than these are not told apart by naming them. */
const FACTORS_NAMED_MAX = 3;
/** A smaller factor says no more than "less often". */
const FACTOR_TOLD_MIN = 1.2;
/** A bound above this one leaves room for a fix that is only half of one. */
const BOUND_WEAK = 0.01;
/** Below this rate odds are rates, to within a hundredth. */
const RARE_BELOW = 0.01;

interface Course {
  readonly alpha: number;
  readonly fixed: readonly Levels[];
  readonly least: Pick<ProofReport['rule'], 'leastTrials' | 'leastNeeded'>;
  /** Trials that would conclude; null where nothing would. */
  readonly needed: number | null;
}

export function proofReport(
  question: ProofQuestion,
  proof: Proof,
  report: HuntReport,
  { alpha, needed, least, ...course }: Course,
): ProofReport {
  const { outcome, old, fixed, ...rule } = proof;
  const { unknown } = report.trials;
  const made = old.trials + fixed.trials + unknown;
  const secondsPerTrial = made === 0 ? null : report.seconds / made;
  const cells = { old: question.oldCells, fixed: course.fixed };
  const names = sideNames(cells, factorKinds(report));
  const facts: Omit<ProofReport, 'words'> = {
    schema: 'heisenwrite.proof/1',
    outcome,
    old: { words: names.old, ...counted(old), cells: cells.old },
    fixed: { words: names.fixed, ...counted(fixed), cells: cells.fixed },
    rule: {
      ...rule,
      alpha,
      withoutControl: question.withoutControl,
      under: underOf(question),
      ...least,
    },
    needed:
      needed === null || needed === 0
        ? null
        : { trials: needed, seconds: secondsPerTrial && needed * secondsPerTrial },
    failedBefore: question.failedBefore ?? [],
    notCovered: question.notCovered ?? [],
    unknown,
    rig: report.rig,
    of: question.of,
    fix: question.fix,
    hunt: report.hunt,
    directory: report.directory,
    seed: report.seed,
    seconds: report.seconds,
    stopped: report.stopped,
    replay: question.replay,
  };
  // So that `words` stands where it is looked for, after the outcome.
  const { schema, ...rest } = facts;
  return { schema, words: proofInWords(facts, factorKinds(report)), ...rest };
}

/** As of `diff`: 1 is a difference that was found, here a failure of the fixed side. */
export function proofExit({
  outcome,
  stopped,
}: Pick<ProofReport, 'outcome' | 'stopped'>): ExitMeaning {
  if (/^interrupt/i.test(stopped)) {
    return { code: EXIT_INTERRUPTED, words: 'interrupted; what was found is kept' };
  }
  switch (outcome) {
    case 'proven':
      return { code: EXIT_CLEAN, words: 'the fix is proven' };
    case 'rarer':
      return { code: EXIT_DAMAGE, words: 'the fixed side fails, too, if less often' };
    case 'not-proven':
      return { code: EXIT_DAMAGE, words: 'the fixed side fails, too' };
    case 'open':
      return { code: EXIT_UNKNOWN, words: 'the fix is not proven yet' };
  }
}

function proofInWords(facts: Omit<ProofReport, 'words'>, kinds: FactorKinds): string[] {
  const { unknown, rig } = facts;
  const lines = facts.rule.withoutControl === null ? controlledWords(facts) : givenWords(facts);
  lines.push(...failedBeforeWords(facts, kinds), ...notCoveredWords(facts, kinds));
  if (unknown > 0) lines.push(`${plural(unknown, 'trial')} could not be judged: in no count.`);
  const broken = rig.checks.filter(({ passed }) => !passed).map(({ name }) => name);
  if (broken.length > 0) {
    lines.push(`The rig failed a check (${broken.join(', ')}): mend it before you rely on this.`);
  }
  return lines;
}

function controlledWords(facts: Omit<ProofReport, 'words'>): string[] {
  const { outcome, old, fixed } = facts;
  const both = `with ${fixed.words} ${failedWords(fixed)}; with ${old.words} ${failedWords(old)}`;
  switch (outcome) {
    case 'proven':
      return [`PROVEN: ${both} in the same time.`, loweredWords(facts), ...furtherWords(facts)];
    case 'rarer':
      return [
        `NOT PROVEN, but rarer: ${both} in the same time.`,
        `${loweredWords(facts)} It is no fix: it ${stillFails(facts)}.`,
      ];
    case 'not-proven':
      return [
        `NOT PROVEN: ${both} in the same time.`,
        'It is no fix: it still fails, and nothing shows that it fails less often.',
      ];
    case 'open':
      return openWords(facts, both);
  }
}

function openWords(facts: Omit<ProofReport, 'words'>, both: string): string[] {
  const { old, rule } = facts;
  const more = rule.oldFailuresNeeded ?? 0;
  const lines = [`OPEN: nothing is proven. So far ${both}.`];
  if (isConcluded(rule)) return [...lines, loweredWords(facts), ...lackingWords(facts)];
  if (old.failures === 0) {
    lines.push(
      'The old side did not fail: as long as it does not, a fix cannot be told from luck.',
    );
  }
  lines.push(
    `It takes ${plural(more, 'more failure')} with ${old.words} and none with ` +
      `${facts.fixed.words}${aboutWords(facts)}.`,
  );
  return lines;
}

/** Against a rate that was given instead of a control. */
function givenWords(facts: Omit<ProofReport, 'words'>): string[] {
  const { outcome, fixed, rule } = facts;
  const given = proportionText(rule.withoutControl ?? 0);
  const side = `with ${fixed.words} ${failedWords(fixed)}`;
  const condition =
    `That it failed in ${given} of trials before, and that nothing else has changed, rests on ` +
    'whoever gave that rate: the old side was not run.';
  switch (outcome) {
    case 'proven':
      return [
        `PROVEN: ${side}; did it still fail in ${given} of trials, so many clean ones would have ` +
          `a chance under ${proportionText(rule.alpha)}.`,
        condition,
        ...furtherWords(facts),
      ];
    case 'open':
      return [
        `OPEN: nothing is proven. So far ${side}.`,
        ...(isConcluded(rule) ? lackingWords(facts) : [cleanWords(facts)]),
      ];
    default:
      return [`NOT PROVEN: ${side}.`, `It is no fix: it ${stillFails(facts)}.`];
  }
}

/** `7 of 1,841 trials failed, 0.38% (95% interval 0.15% to 0.79%)`, `0 of 9 failed, under 29%`. */
function failedWords({ failures, trials, rate, low, high }: CountedRate): string {
  const failed = `${formatCount(failures)} of ${plural(trials, 'trial')} failed`;
  if (rate === null || low === null || high === null) return failed;
  if (failures === 0) return `${failed}, under ${boundText(high, 'up')}`;
  const interval = `95% interval ${boundText(low, 'down')} to ${boundText(high, 'up')}`;
  return `${failed}, ${proportionText(rate)} (${interval})`;
}

function loweredWords({ old, rule }: Omit<ProofReport, 'words'>): string {
  const level = proportionText(1 - rule.alpha);
  const factor = rule.factorLow ?? 1;
  if (factor < FACTOR_TOLD_MIN) return `That it fails less often is certain at ${level}.`;
  const what = (old.high ?? 1) < RARE_BELOW ? 'rate' : 'odds of a failure';
  return `The fix lowers the ${what} at least ${roundToTwoDigits(factor, 'down')}-fold (${level}).`;
}

/** How little a few clean trials say. */
function furtherWords({ fixed }: Omit<ProofReport, 'words'>): string[] {
  const high = fixed.high ?? 1;
  if (high <= BOUND_WEAK) return [];
  const bound = boundText(high, 'up');
  const option = `--under ${proportionText(BOUND_WEAK)}`;
  return [`It may still fail in up to ${bound} of trials: ${option} goes on until it may not.`];
}

/** What a proof takes besides, and has not yet. */
function lackingWords({ fixed, rule, needed }: Omit<ProofReport, 'words'>): string[] {
  const about = aboutWords({ needed });
  if ((fixed.high ?? 1) > rule.under) {
    const under = proportionText(rule.under);
    return [`That it fails in under ${under} of trials is not shown yet${about}.`];
  }
  const { leastTrials: least, leastNeeded } = rule;
  return [`Each fixed cell takes ${plural(leastNeeded, 'trial')}, and one has ${least}${about}.`];
}

function cleanWords(facts: Omit<ProofReport, 'words'>): string {
  const more = plural(facts.rule.cleanTrialsNeeded ?? 0, 'more clean trial');
  return `It takes ${more}${aboutWords(facts)}.`;
}

function stillFails({ fixed }: Omit<ProofReport, 'words'>): string {
  return fixed.failures > 0 ? 'still fails' : 'failed before, with the fix';
}

function aboutWords({ needed }: Pick<ProofReport, 'needed'>): string {
  if (needed === null) return '';
  const time = needed.seconds === null ? '' : `, ${formatDuration(needed.seconds * 1000)}`;
  return `: about ${plural(needed.trials, 'more trial')}${time}`;
}

/** By the factors in which the sides differ: `writer=direct` and `writer=buffered or sync`. */
function sideNames({ old, fixed }: Record<ProofSide, readonly Levels[]>, kinds: FactorKinds) {
  const factors = [...new Set([...old, ...fixed].flatMap((levels) => Object.keys(levels)))];
  const textOf = (cells: readonly Levels[], factor: string) => {
    const texts = cells.map((levels) => {
      const level = levels[factor];
      return level === undefined ? 'default' : levelText(factor, level, kinds);
    });
    return `${factor}=${[...new Set(texts)].join(' or ')}`;
  };
  const ofWorkload = { old: textOf(old, 'workload'), fixed: textOf(fixed, 'workload') };
  if (ofWorkload.old !== ofWorkload.fixed) return ofWorkload;
  const differing = factors.filter((factor) => textOf(old, factor) !== textOf(fixed, factor));
  if (differing.length === 0 || differing.length > FACTORS_NAMED_MAX) {
    return { old: 'the old cells', fixed: 'the fixed cells' };
  }
  const named = (cells: readonly Levels[]) =>
    differing.map((factor) => textOf(cells, factor)).join(' and ');
  return { old: named(old), fixed: named(fixed) };
}

function counted({ trials, failures }: Count): CountedRate {
  return { trials, failures, ...binomialInterval(failures, trials) };
}
