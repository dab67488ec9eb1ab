// From the state of an isolator to what may be said. The rules of wording live here: "needs" only
// with a certificate and without a failure outside; "does not matter" only with a witness at every
// level; otherwise what is suspected, and what it would need.

import { binomialInterval } from '../base/binomial-interval.ts';
import type { Level } from '../domain/cell.ts';
import type {
  Certificate,
  ClaimKind,
  Contrast,
  Count,
  CountedRate,
  FactorSpec,
  FreeFactor,
  IsolationFacts,
  Witness,
} from '../domain/isolation.ts';
import type { CellCounts } from './cell-counts.ts';
import type { Certifier, ContrastState } from './certifier.ts';
import { literalsOf } from './conjunction.ts';
import type { Cover } from './cover.ts';
import type { FactorSpace } from './factor-space.ts';
import { rateRatio } from './fisher.ts';
import type { IsolationState } from './isolation-state.ts';
import { neededSteps } from './needed.ts';
import { outsideMissing } from './outside.ts';
import { distinguishes, isSeparable, sparedCells } from './spared.ts';
import { binomialAtMost, CLEAN_ENOUGH, IMPROBABLE } from './witnesses.ts';

const SUSPICIONS_MAX = 5;
const SPARED_MAX = 20;
/** By chance less often than once in ten thousand. */
const UNEVEN_MEMBER = 1e-4;

export function conclude(state: IsolationState, designed: boolean): IsolationFacts {
  const { space, counts, cover } = state;
  const certified = cover !== null && state.isCertified;
  const spared = new Set(cover ? sparedCells({ ...state, cover }) : []);
  const factors = cover ? freeFactors(space, cover, counts, spared) : [];
  const outside = cover ? counted(counts.sum(cover.outside)) : counted({ trials: 0, failures: 0 });
  const claim = certified ? claimOf(cover, outside, factors, spared.size, state) : 'none';
  const named = claim === 'needs' || claim === 'raises';
  return {
    claim,
    needs: named && cover ? literalsOf(cover.causes[0] ?? [], space) : [],
    irrelevant:
      claim === 'none'
        ? []
        : factors.filter(({ standing }) => standing === 'irrelevant').map(({ factor }) => factor),
    certificate: certified ? certificateOf(state) : null,
    causes:
      cover?.causes.map((conjunction, cause) => ({
        literals: literalsOf(conjunction, space),
        inside: counted(counts.sum(cover.inside[cause] ?? [])),
      })) ?? [],
    outside,
    spared: cover ? sparedOf(space, cover, counts, spared) : [],
    factors,
    trials: counts.allTrials,
    unknown: state.unknown,
    failures: counts.allFailures,
    milestones: state.milestones,
    suspicions: state
      .beliefs()
      .slice(0, SUSPICIONS_MAX)
      .map(({ conjunction, probability }) => ({
        literals: literalsOf(conjunction, space),
        posterior: probability,
      })),
    needed: neededSteps(state),
    designed,
  };
}

function claimOf(
  cover: Cover,
  outside: Count,
  factors: readonly FreeFactor[],
  spared: number,
  state: IsolationState,
): ClaimKind {
  if (cover.isUnconditional) {
    // Of no factor at all it would be said as well.
    const all = factors.length > 0 && factors.every(({ standing }) => standing === 'irrelevant');
    return all && state.isEven ? 'no-factor' : 'none';
  }
  if (outside.failures > 0 && namesAnotherCause(cover, state)) return 'none';
  if (outside.failures > 0 || outsideMissing(state) > 0 || spared > 0) return 'raises';
  return cover.causes.length > 1 ? 'any-of' : 'needs';
}

/**
 * A level that a cause names beside others and that fails far less often than they do, while
 * something fails outside as well, does so of another cause: the set is not what raises the rate.
 */
function namesAnotherCause({ causes }: Cover, { witnesses }: IsolationState): boolean {
  return causes.some((cause, at) => {
    const named = new Set(cause.map(({ factor }) => factor));
    return (witnesses[at]?.leastProbabilityOf(named) ?? 1) < UNEVEN_MEMBER;
  });
}

function certificateOf(state: IsolationState): Certificate {
  const { certifier, attempt, counts, milestones, space } = state;
  return {
    alpha: certifier?.alpha ?? 0,
    attempt,
    freshTrials: (milestones.witness ?? counts.allTrials) - state.frozenAt,
    halved: state.isHalved,
    contrasts: (certifier as Certifier).contrasts.map((contrast) => contrastOf(contrast, space)),
  };
}

function contrastOf(state: ContrastState, space: FactorSpace): Contrast {
  const { factor, member } = state.set;
  const { name, levels } = space.factors[factor] as FactorSpec;
  return {
    cause: state.cause,
    factor: name,
    levels: levels.filter((_, index) => member[index] === 1),
    against: levels[state.against] as Level,
    inside: { ...state.inside },
    flipped: { ...state.flipped },
    onlyInside: state.evidence.only,
    onlyFlipped: state.evidence.onlyOther,
    eValue: state.evidence.value,
    ...(state.cells.length === 0 && {
      untestable: 'no two cells of the plan differ in this alone',
    }),
  };
}

/** Factors that no cause names, looked at in the cells that a cause explains. */
function freeFactors(
  space: FactorSpace,
  cover: Cover,
  counts: CellCounts,
  spared: ReadonlySet<number>,
): FreeFactor[] {
  const named = new Set(cover.causes.flatMap((cause) => cause.map(({ factor }) => factor)));
  const sums = space.factors.map(({ levels }) => levels.map(() => ({ trials: 0, failures: 0 })));
  const all = { trials: 0, failures: 0 };
  for (let cell = 0; cell < space.cellCount; cell++) {
    const trials = counts.trials[cell] as number;
    if (cover.explainedBy[cell] === -1 || trials === 0) continue;
    const failures = counts.failures[cell] as number;
    all.trials += trials;
    all.failures += failures;
    space.factors.forEach((_, factor) => {
      const sum = sums[factor]?.[space.levelOf(cell, factor)] as {
        -readonly [K in keyof Count]: number;
      };
      sum.trials += trials;
      sum.failures += failures;
    });
  }
  return space.factors.flatMap(({ name, levels }, factor) => {
    if (named.has(factor)) return [];
    const present = levelsPresent(space, cover, factor);
    const witnesses = levels.flatMap((level, index) =>
      present.has(index) ? [witnessOf(level, sums[factor]?.[index] as Count, all)] : [],
    );
    // What has one level inside cannot be told from the claim itself.
    if (witnesses.length < 2) return [];
    const standing = !isSeparable({ space, cover, counts }, factor)
      ? 'open'
      : distinguishes({ space, cover }, spared, factor)
        ? 'modulates'
        : standingOf(witnesses);
    return [{ factor: name, standing, levels: witnesses }];
  });
}

/** Spared cells, named by the factors that no cause names and that tell them from others. */
function sparedOf(
  space: FactorSpace,
  cover: Cover,
  counts: CellCounts,
  spared: ReadonlySet<number>,
): IsolationFacts['spared'] {
  const telling = space.factors.flatMap((_, factor) =>
    distinguishes({ space, cover }, spared, factor) ? [factor] : [],
  );
  return [...spared].slice(0, SPARED_MAX).map((cell) => ({
    trials: counts.trials[cell] as number,
    literals: telling.map((factor) => {
      const { name, levels } = space.factors[factor] as FactorSpec;
      return { factor: name, levels: [levels[space.levelOf(cell, factor)] as Level] };
    }),
  }));
}

function levelsPresent(space: FactorSpace, cover: Cover, factor: number): Set<number> {
  const present = new Set<number>();
  for (let cell = 0; cell < space.cellCount; cell++) {
    if (cover.explainedBy[cell] !== -1) present.add(space.levelOf(cell, factor));
  }
  return present;
}

function witnessOf(level: Level, count: Count, all: Count): Witness {
  const others = { trials: all.trials - count.trials, failures: all.failures - count.failures };
  const { ratio, low, high } = rateRatio(count, others);
  const share = all.trials === 0 ? 0 : count.trials / all.trials;
  const clean = count.trials * ((all.failures + 0.5) / (all.trials + 1));
  return {
    level,
    ...counted(count),
    seen: count.failures > 0 ? 'failed' : clean >= CLEAN_ENOUGH ? 'not-seen' : 'too-few',
    ratio,
    ratioLow: low,
    ratioHigh: high,
    probability: binomialAtMost(count.failures, all.failures, share),
  };
}

function standingOf(levels: readonly Witness[]): FreeFactor['standing'] {
  if (levels.some(({ seen }) => seen === 'too-few')) return 'open';
  const low = levels.some(
    ({ seen, probability }) => seen === 'not-seen' || probability < IMPROBABLE,
  );
  return low ? 'modulates' : 'irrelevant';
}

function counted({ trials, failures }: Count): CountedRate {
  return { trials, failures, ...binomialInterval(failures, trials) };
}
