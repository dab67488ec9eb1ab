// What isolation found, as sentences for a person on call. "Needs" is said only where the rules of
// docs/isolation.md allow it; a claim that is not certified is called a suspicion.

import { formatCount, formatDuration, formatPercent } from '../base/quantities.ts';
import type { Isolation, IsolationFacts, NeededStep } from '../domain/isolation.ts';
import { beliefText, literalsText, literalText } from './isolation-words.ts';
import { type FactorKinds, levelText } from './level-words.ts';
import { boundText, countInterval, plural, proportionText } from './rate-words.ts';

const SPARED_SHOWN_MAX = 4;

/** @param secondsPerTrial to say how long what is missing would take; null where unknown */
export function isolationInWords(
  facts: IsolationFacts,
  kinds: FactorKinds,
  secondsPerTrial: number | null,
): Isolation {
  const missing = facts.needed.map((step) => neededText(step, kinds, secondsPerTrial));
  return { ...facts, words: sentences(facts, kinds), missing };
}

function sentences(facts: IsolationFacts, kinds: FactorKinds): string[] {
  if (facts.claim === 'none') return [undecided(facts, kinds)];
  const lines = [claimText(facts, kinds)];
  if (facts.irrelevant.length > 0 && facts.claim !== 'no-factor') {
    lines.push(`${listText(facts.irrelevant)} ${doNot(facts.irrelevant)} matter.`);
  }
  for (const { factor, levels, standing } of facts.factors) {
    const seldom = levels.filter(
      ({ seen, probability }) => seen === 'failed' && probability < 0.01,
    );
    const unseen = levels.filter(({ seen }) => seen === 'not-seen');
    if (standing === 'modulates' && seldom.length > 0) {
      const named = seldom.map(({ level }) => levelText(factor, level, kinds)).join(', ');
      lines.push(`${factor} changes how often it fails: seldom with ${named}.`);
    }
    for (const { level, trials, high } of unseen) {
      const bound = high === null ? '' : `, under ${boundText(high, 'up')}`;
      const named = levelText(factor, level, kinds);
      lines.push(`Not seen with ${factor}=${named} (0 of ${formatCount(trials)} trials${bound}).`);
    }
  }
  lines.push(...sparedTexts(facts, kinds));
  const certified = certifiedText(facts);
  if (certified) lines.push(certified);
  if (facts.claim !== 'no-factor') lines.push(outsideText(facts));
  lines.push(...untestableTexts(facts, kinds));
  return lines;
}

/** What a cause holds and does not make fail, as far as anybody saw. */
function sparedTexts({ spared }: IsolationFacts, kinds: FactorKinds): string[] {
  const shown = spared.slice(0, SPARED_SHOWN_MAX).map(({ literals, trials }) => {
    const bound = boundText(countInterval(0, trials).high ?? 1, 'up');
    const named = literalsText(literals, kinds);
    return `Spared: ${named} (0 of ${plural(trials, 'trial')}, under ${bound}).`;
  });
  const more = spared.length - shown.length;
  return more > 0 ? [...shown, `${plural(more, 'more cell')} spared inside the claim.`] : shown;
}

function claimText(facts: IsolationFacts, kinds: FactorKinds): string {
  const causes = facts.causes.map(({ literals }) => literalsText(literals, kinds));
  switch (facts.claim) {
    case 'needs':
      return `The failure needs ${causes[0]}.`;
    case 'any-of':
      return `It fails ${causes.map((cause) => `with ${cause}`).join(', or ')}.`;
    case 'raises':
      return raisesText(facts, causes);
    default:
      return 'No factor of the plan matters: it failed at every level of each.';
  }
}

function raisesText({ causes, outside }: IsolationFacts, named: readonly string[]): string {
  const inside = causes.reduce(
    (sum, { inside }) => ({
      trials: sum.trials + inside.trials,
      failures: sum.failures + inside.failures,
    }),
    { trials: 0, failures: 0 },
  );
  const rate = inside.failures / inside.trials;
  const raised = named.length > 1 ? 'each raise the rate' : 'raises the rate';
  if (outside.failures === 0) {
    return `${named.join(', or ')} ${raised}, and nothing failed outside so far.`;
  }
  const fold = Number((rate / (outside.failures / outside.trials)).toPrecision(2));
  return (
    `${named.join(', or ')} ${raised} ${formatCount(fold)}-fold; ` +
    `${plural(outside.failures, 'failure')} outside: there is another cause, or a background.`
  );
}

function certifiedText({ certificate, designed, trials }: IsolationFacts): string | null {
  if (!certificate || certificate.contrasts.length === 0) return null;
  const fresh = designed ? `, ${formatCount(certificate.freshTrials)} of them fresh` : '';
  const history = designed ? '' : ' that were not made for it: what the table lacks may matter too';
  const level = formatPercent(designed ? 0.05 : certificate.alpha);
  return `Certified at ${level} on ${plural(trials, 'trial')}${fresh}${history}.`;
}

function outsideText({ outside }: IsolationFacts): string {
  const { failures, trials, high } = outside;
  if (trials === 0) return 'No trial was made outside.';
  if (failures > 0) {
    const rate = proportionText(failures / trials);
    return `Outside ${formatCount(failures)} of ${formatCount(trials)} trials failed (${rate}).`;
  }
  const bound = boundText(high ?? countInterval(0, trials).high ?? 1, 'up');
  return `Outside 0 of ${formatCount(trials)} trials failed (under ${bound}).`;
}

function untestableTexts({ certificate }: IsolationFacts, kinds: FactorKinds): string[] {
  const untried = certificate?.contrasts.filter(({ untestable }) => untestable !== undefined) ?? [];
  return untried.map(
    (contrast) =>
      `${literalText(contrast, kinds)} was not compared with ` +
      `${levelText(contrast.factor, contrast.against, kinds)}: ${contrast.untestable}.`,
  );
}

function undecided(facts: IsolationFacts, kinds: FactorKinds): string {
  if (facts.failures === 0) return 'No trial failed: there is nothing to isolate.';
  if (facts.needed.some(({ step, literals }) => step === 'cells' && literals.length === 0)) {
    return 'Nothing was varied: there is nothing to compare the failures with.';
  }
  // "No factor" that was frozen and not borne out is no better than what is believed now.
  const frozen = facts.causes.filter(({ literals }) => literals.length > 0);
  if (frozen.length > 0) {
    const named = frozen.map(({ literals }) => literalsText(literals, kinds));
    return `Nothing is certified yet; it may need ${named.join(', or with ')}.`;
  }
  const [best] = facts.suspicions;
  if (!best || best.posterior < 0.05) return 'Too few failures to tell what they need.';
  const belief = `(belief ${beliefText(best.posterior)})`;
  if (best.literals.length === 0) {
    return `Nothing is certified yet; perhaps no factor matters ${belief}.`;
  }
  return `Nothing is certified yet; it may need ${literalsText(best.literals, kinds)} ${belief}.`;
}

function neededText(
  { step, trials, literals }: NeededStep,
  kinds: FactorKinds,
  secondsPerTrial: number | null,
): string {
  const many = trials === null ? 'more trials' : `about ${plural(trials, 'more trial')}`;
  const time =
    trials === null || secondsPerTrial === null
      ? ''
      : ` (${formatDuration(trials * secondsPerTrial * 1000)})`;
  const named = literalsText(literals, kinds);
  switch (step) {
    case 'failure':
      return `${many} until something fails, or a provocation that makes it fail more often`;
    case 'search':
      return `${many} chosen to tell the suspicions apart${time}`;
    case 'certificate':
      return `${many} in matched pairs to certify ${named}${time}`;
    case 'witness':
      return `${many} with ${named}, which has not failed yet${time}`;
    case 'outside':
      return `${many} outside of the claim, to exclude a second cause${time}`;
    case 'cells':
      return literals.length === 0
        ? 'more than one level of some factor: what never varied cannot be told apart'
        : `cells that differ from ${named} in one factor alone: what always changed together ` +
            'cannot be told apart';
  }
}

/** `a`, `a and b`, `a, b and c`. */
function listText(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function doNot(names: readonly string[]): string {
  return names.length === 1 ? 'does not' : 'do not';
}
