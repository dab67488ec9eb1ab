// Isolation of trials that were made for another purpose: a balanced hunt, somebody's CI history.
// The trials of each cell are divided at random: one half proposes the claim, the other certifies
// it, so that no trial speaks for a claim that was made because of it.

import type { Rng } from '../base/rng.ts';
import { CellCounts } from './cell-counts.ts';
import { Certifier, type ContrastState } from './certifier.ts';
import { Cover } from './cover.ts';
import { Coverage } from './coverage.ts';
import { EVEN_AT_LEAST, evenness } from './evenness.ts';
import type { FactorSpace } from './factor-space.ts';
import type { IsolationState } from './isolation-state.ts';
import { outsideMissing } from './outside.ts';
import { Posterior } from './posterior.ts';
import { SETTLE_NO_FACTOR_AT, Search } from './search.ts';
import { Witnesses } from './witnesses.ts';

/** One look, one claim: all of 5 % is its own. */
const ALPHA = 0.05;

/** @param counts by cell of the space; @param unknown trials that are in no count */
export function retrospect(
  space: FactorSpace,
  counts: CellCounts,
  unknown: number,
  rng: Rng,
): IsolationState {
  const [first, second] = halves(space, counts, rng.fork('halves'));
  const posterior = new Posterior(space);
  const search = new Search(space, first, posterior, rng.fork('search'));
  for (let cell = 0; cell < space.cellCount; cell++) {
    if (first.failures[cell] !== 0) search.failedAt(cell);
  }
  fill(posterior, space, first);
  const proposal = search.proposeNow();
  const cover = proposal && new Cover(space, proposal.causes);
  const witnesses = (cover?.causes ?? []).map(
    (_, cause) => new Witnesses(space, cover as Cover, cause, counts),
  );
  const coverage = cover && new Coverage(space, cover, counts);
  const certifier =
    cover &&
    coverage &&
    new Certifier(space, cover, ALPHA, rng.fork('certificate'), { witnesses, coverage });
  for (const contrast of certifier?.contrasts ?? []) {
    pairUp(contrast, space, second, rng.fork(`${contrast.cause}/${contrast.against}`));
  }
  const state: Omit<IsolationState, 'isSettled'> = {
    space,
    counts,
    unknown,
    attempt: cover ? 1 : 0,
    cover,
    certifier,
    coverage,
    witnesses,
    milestones: {},
    frozenAt: first.allTrials,
    isHalved: true,
    isEven: cover?.isUnconditional === true && isEven(space, counts, rng),
    isCertified: cover !== null && (cover.isUnconditional || certifier?.isComplete === true),
    beliefs: () => posterior.beliefs(),
  };
  const open = state.witnesses.some((each) => each.openLevels.length > 0);
  const settled = state.isCertified && !open;
  return { ...state, isSettled: settled && outsideMissing({ ...state, isSettled: false }) === 0 };
}

/** Believed on all trials, not on the half that proposed it, and spread as by chance. */
function isEven(space: FactorSpace, counts: CellCounts, rng: Rng): boolean {
  if (evenness(space, counts, rng.fork('evenness')) < EVEN_AT_LEAST) return false;
  const posterior = new Posterior(space);
  fill(posterior, space, counts);
  const [best] = posterior.beliefs();
  return best?.conjunction.length === 0 && best.probability >= SETTLE_NO_FACTOR_AT;
}

function fill(posterior: Posterior, space: FactorSpace, counts: CellCounts): void {
  for (let cell = 0; cell < space.cellCount; cell++) {
    if (counts.failures[cell] !== 0) posterior.anchorAt(cell);
  }
  for (let cell = 0; cell < space.cellCount; cell++) {
    const failures = counts.failures[cell] as number;
    const clean = (counts.trials[cell] as number) - failures;
    if (failures > 0) posterior.observe(cell, true, failures);
    if (clean > 0) posterior.observe(cell, false, clean);
  }
}

function halves(space: FactorSpace, counts: CellCounts, rng: Rng): [CellCounts, CellCounts] {
  const [first, second] = [new CellCounts(space.cellCount), new CellCounts(space.cellCount)];
  for (let cell = 0; cell < space.cellCount; cell++) {
    let trials = counts.trials[cell] as number;
    let failures = counts.failures[cell] as number;
    // An odd trial falls to either half, so that cells with one trial are not all in the first.
    let toFirst = Math.floor((trials + rng.integer(0, 1)) / 2);
    for (; trials > 0; trials--) {
      const failed = rng.integer(1, trials) <= failures;
      if (failed) failures--;
      const isFirst = rng.integer(1, trials) <= toFirst;
      if (isFirst) toFirst--;
      (isFirst ? first : second).add(cell, failed);
    }
  }
  return [first, second];
}

/** Pairs trials of cells that differ in this literal alone, at random, each trial once. */
function pairUp(contrast: ContrastState, space: FactorSpace, counts: CellCounts, rng: Rng): void {
  const drawn = new Map<number, Urn>();
  const urn = (cell: number) => {
    const known = drawn.get(cell) ?? new Urn(counts, cell);
    drawn.set(cell, known);
    return known;
  };
  for (const cell of rng.shuffle(contrast.cells)) {
    const inside = urn(cell);
    const flipped = urn(space.flip(cell, contrast.set.factor, contrast.against));
    while (inside.trials > 0 && flipped.trials > 0) {
      const [failed, otherFailed] = [inside.draw(rng), flipped.draw(rng)];
      contrast.evidence.add(failed, otherFailed);
      contrast.inside.trials++;
      contrast.flipped.trials++;
      if (failed) contrast.inside.failures++;
      if (otherFailed) contrast.flipped.failures++;
    }
  }
}

/** Trials of one cell, drawn without putting back. */
class Urn {
  trials: number;
  private failures: number;

  constructor(counts: CellCounts, cell: number) {
    this.trials = counts.trials[cell] as number;
    this.failures = counts.failures[cell] as number;
  }

  draw(rng: Rng): boolean {
    const failed = rng.integer(1, this.trials) <= this.failures;
    this.trials--;
    if (failed) this.failures--;
    return failed;
  }
}
