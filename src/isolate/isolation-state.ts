// What a conclusion is drawn from, whether the trials were chosen by the isolator or made by
// others.

import type { CellCounts } from './cell-counts.ts';
import type { Certifier } from './certifier.ts';
import type { Cover } from './cover.ts';
import type { Coverage } from './coverage.ts';
import type { FactorSpace } from './factor-space.ts';
import type { Belief } from './posterior.ts';
import type { Witnesses } from './witnesses.ts';

export interface IsolationState {
  readonly space: FactorSpace;
  readonly counts: CellCounts;
  /** Trials from which nothing may be concluded. */
  readonly unknown: number;
  /** Claims that were frozen, this one included. */
  readonly attempt: number;
  /** The frozen claim, certified or not. */
  readonly cover: Cover | null;
  readonly certifier: Certifier | null;
  readonly coverage: Coverage | null;
  /** By cause of the cover. */
  readonly witnesses: readonly Witnesses[];
  readonly milestones: Readonly<Record<string, number>>;
  /** Trials that entered before the claim was frozen; all others are fresh. */
  readonly frozenAt: number;
  /** A random half of the trials was kept apart to certify, instead of making new ones. */
  readonly isHalved: boolean;
  /** Of "no factor matters": that failures are spread as chance would spread them. */
  readonly isEven: boolean;
  readonly isCertified: boolean;
  readonly isSettled: boolean;
  beliefs(): Belief[];
}
