// The certificate of a frozen claim, on fresh trials only: a trial inside is paired with trials
// that differ from it in one required literal, flipped to each other level. Every contrast must
// reach 1/alpha; since all must, none pays for the others (intersection-union; Berger,
// Technometrics 24, 1982).

import type { Rng } from '../base/rng.ts';
import type { LevelSet } from './conjunction.ts';
import type { Cover } from './cover.ts';
import type { Coverage } from './coverage.ts';
import { type FactorSpace, NOT_APPLICABLE } from './factor-space.ts';
import { PairEvidence } from './pair-evidence.ts';
import type { Witnesses } from './witnesses.ts';

/** Cells looked at to find one that serves the contrasts and the witnesses best. */
const CANDIDATES_MAX = 24;
/** Pairs times the rate after which a contrast that did not certify is given up. */
const PATIENCE = 40;
/** As is one whose evidence sank so low: after five pairs in which the flipped side alone fails. */
const REFUTED = 0.001;
/** Clean flipped trials times the rate that leave a level out of a set. */
const EXCLUDED = 9;

export interface ContrastState {
  readonly cause: number;
  readonly set: LevelSet;
  /** Index of the level to which the literal is flipped. */
  readonly against: number;
  readonly evidence: PairEvidence;
  readonly inside: { trials: number; failures: number };
  readonly flipped: { trials: number; failures: number };
  /** Cells of the cause of which the flipped one exists and no cause explains it. */
  readonly cells: readonly number[];
}

/** A trial inside and the flipped ones that are compared with it. */
export interface Round {
  /** The cell inside, then one for each contrast. */
  readonly cells: readonly number[];
  /** Takes the outcomes in the order of `cells`; null where nothing may be concluded. */
  settle(failed: readonly (boolean | null)[]): void;
}

export class Certifier {
  readonly contrasts: readonly ContrastState[];
  readonly alpha: number;
  private readonly space: FactorSpace;
  private readonly cover: Cover;
  private readonly witnesses: readonly Witnesses[];
  private readonly coverage: Coverage;
  private readonly rng: Rng;
  private readonly isCertifiable: boolean;
  private rounds = 0;

  constructor(
    space: FactorSpace,
    cover: Cover,
    alpha: number,
    rng: Rng,
    wanted: { readonly witnesses: readonly Witnesses[]; readonly coverage: Coverage },
  ) {
    this.witnesses = wanted.witnesses;
    this.coverage = wanted.coverage;
    this.space = space;
    this.cover = cover;
    this.alpha = alpha;
    this.rng = rng;
    this.isCertifiable = isCertifiable(space, cover);
    this.contrasts = cover.causes.flatMap((conjunction, cause) =>
      conjunction.flatMap((set) => contrastsOf(space, cover, cause, set)),
    );
  }

  get isComplete(): boolean {
    return this.contrasts.length > 0 && this.isCertifiable && this.open.length === 0;
  }

  /** Contrasts that can be tried at all. */
  get testable(): ContrastState[] {
    return this.contrasts.filter(({ cells }) => cells.length > 0);
  }

  get open(): ContrastState[] {
    return this.testable.filter(
      (contrast) => contrast.evidence.value < 1 / this.alpha || !this.isExcluded(contrast),
    );
  }

  /** So many pairs without a certificate, or such pairs, speak against the claim. */
  get isHopeless(): boolean {
    return this.open.some(
      ({ cause, evidence }) =>
        evidence.value < REFUTED || evidence.pairs * this.rateOf(cause) > PATIENCE,
    );
  }

  /** The next round serves the contrast that is least advanced. */
  nextRound(): Round {
    const open = this.open;
    const first = open.reduce((least, each) =>
      each.evidence.value < least.evidence.value ? each : least,
    );
    const inside = this.chooseInside(first, open);
    const served = open.filter((each) => each.cause === first.cause && this.serves(inside, each));
    const cells = [
      inside,
      ...served.map(({ set, against }) => this.space.flip(inside, set.factor, against)),
    ];
    return { cells, settle: (failed) => settle(served, failed) };
  }

  private chooseInside(first: ContrastState, open: readonly ContrastState[]): number {
    const others = open.filter((each) => each !== first && each.cause === first.cause);
    this.rounds++;
    let best = -1;
    let most = -1;
    for (let tries = 0; tries < CANDIDATES_MAX; tries++) {
      const cell = this.rng.pick(first.cells);
      const serves = others.filter((contrast) => this.serves(cell, contrast)).length;
      const worth = serves * 1000 + this.sideUse(first.cause, cell, open);
      if (worth > most) [best, most] = [cell, worth];
    }
    return best;
  }

  /**
   * What a round around this cell is good for beside its contrasts: in turn a witness for levels
   * that have none, and a look into regions outside where a second cause might hide.
   */
  private sideUse(cause: number, cell: number, open: readonly ContrastState[]): number {
    if (this.rounds % 2 === 0) return (this.witnesses[cause] as Witnesses).served(cell);
    const enough = (this.witnesses[cause] as Witnesses).cleanEnough;
    return open
      .filter((each) => each.cause === cause && this.serves(cell, each))
      .reduce((sum, { set, against }) => {
        const flipped = this.space.flip(cell, set.factor, against);
        return sum + this.coverage.served(flipped, enough);
      }, 0);
  }

  /**
   * A set of levels stands for "all but these", so that a level left out must not merely fail less:
   * it must have been clean for long, or have shown that it does fail.
   */
  private isExcluded({ set, cause, flipped }: ContrastState): boolean {
    if (set.size === 1 || flipped.failures > 0) return true;
    return flipped.trials * this.rateOf(cause) >= EXCLUDED;
  }

  private rateOf(cause: number): number {
    return (this.witnesses[cause] as Witnesses).rate;
  }

  private serves(cell: number, { set, against }: ContrastState): boolean {
    const flipped = this.space.flip(cell, set.factor, against);
    return flipped >= 0 && this.cover.explainedBy[flipped] === -1;
  }
}

/** Whether every literal of every cause has a neighbour outside to be compared with. */
export function isCertifiable(space: FactorSpace, cover: Cover): boolean {
  return cover.causes.every((conjunction, cause) =>
    conjunction.every((set) =>
      contrastsOf(space, cover, cause, set).some(({ cells }) => cells.length > 0),
    ),
  );
}

function contrastsOf(
  space: FactorSpace,
  cover: Cover,
  cause: number,
  set: LevelSet,
): ContrastState[] {
  const inside = cover.inside[cause] ?? [];
  return [...set.member].flatMap((member, against) => {
    if (member === 1 || space.factors[set.factor]?.levels[against] === NOT_APPLICABLE) return [];
    const cells = inside.filter((cell) => {
      const flipped = space.flip(cell, set.factor, against);
      return flipped >= 0 && cover.explainedBy[flipped] === -1;
    });
    const [zero, none] = [
      { trials: 0, failures: 0 },
      { trials: 0, failures: 0 },
    ];
    return [
      { cause, set, against, evidence: new PairEvidence(), inside: zero, flipped: none, cells },
    ];
  });
}

function settle(served: readonly ContrastState[], failed: readonly (boolean | null)[]): void {
  const inside = failed[0];
  if (inside === null || inside === undefined) return;
  served.forEach((contrast, at) => {
    const flipped = failed[at + 1];
    if (flipped === null || flipped === undefined) return;
    contrast.evidence.add(inside, flipped);
    contrast.inside.trials++;
    contrast.flipped.trials++;
    if (inside) contrast.inside.failures++;
    if (flipped) contrast.flipped.failures++;
  });
}
