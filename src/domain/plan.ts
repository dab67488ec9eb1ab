// A plan: what to vary, what must hold, and when to stop. This is the normalised form, plain JSON,
// which is hashed, stored with the evidence and enough to resume a hunt without the plan's file.

import type { Build } from './build.ts';
import type { Level, Levels } from './cell.ts';
import type { Expectation } from './promise.ts';

/** One workload with the levels of its factors; a plan is the union of the cells of its arms. */
export interface Arm {
  readonly workload: string;
  /** Factors that are varied or fixed here; those not named take the workload's default. */
  readonly factors: Readonly<Record<string, readonly Level[]>>;
  /** Cells that break one of these are left out; see src/plan/constraint.ts for the grammar. */
  readonly constraints: readonly string[];
}

export interface Plan {
  readonly name: string;
  /** Label to directory or URL; more than one makes the factor `place`. */
  readonly places: Readonly<Record<string, string>>;
  readonly arms: readonly Arm[];
  /** Programs that are made for the cells, by name. */
  readonly builds?: Readonly<Record<string, Build>>;
  /** Factors that only name what a trial ran on or with: nothing is done for their levels. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  /** Planted under the trials, by a mount over their directory: for tests of the hunter itself. */
  readonly faults?: readonly PlantedFault[];
  readonly expectations: readonly Expectation[];
  /**
   * Calls that may fail, as `write EROFS`: what provokes them makes no secret of it. A trial that
   * had only these and read back what was acknowledged is clean.
   */
  readonly tolerated?: readonly string[];
  readonly schedule: ScheduleName;
  readonly stop: PlanStop;
}

/**
 * What a plan says beside its cells, its places and its end: it holds as well where some of its
 * cells are tried again, in the proof of a fix or in the search for a smaller trial.
 */
export type PlanTerms = Pick<Plan, 'builds' | 'labels' | 'faults' | 'expectations' | 'tolerated'>;

/** A fault of a plan, and the cells in which it is planted. */
export interface PlantedFault {
  /** As `faultOf` reads it: its kind and keys. */
  readonly fault: Readonly<Record<string, string | number>>;
  /** In the grammar of constraints; left out: in all. */
  readonly where?: string;
  /** In so many of their trials, drawn by the seed of each; left out: in every one. */
  readonly chance?: number;
}

/** `balanced`: every cell alike. `adaptive`: once there is a failure, what isolates it best. */
export const SCHEDULES = ['adaptive', 'balanced'] as const;
export type ScheduleName = (typeof SCHEDULES)[number];

export interface PlanStop {
  /** Milliseconds of hunting, null for no limit. */
  readonly forMs: number | null;
  readonly trials: number | null;
  /** Damaged or failed trials. */
  readonly findings: number | null;
  /** Ends once the factors of a failure are isolated. */
  readonly isolated: boolean;
}

export type FactorKind = 'size' | 'duration' | 'count' | 'choice' | 'flag' | 'text';

/** What a workload says of a factor, so that plans are checked and `--help` is made from it. */
export interface FactorDeclaration {
  readonly name: string;
  readonly kind: FactorKind;
  readonly about: string;
  /** Taken where a plan does not name the factor. Sizes in bytes, durations in milliseconds. */
  readonly fallback: Level;
  /** Of a choice: all levels there are. */
  readonly choices?: readonly string[];
  /** Of a choice: a level may also begin so, with a name behind it without spaces. */
  readonly named?: { readonly prefix: string; readonly about: string };
  /** A plan must name it: there is no level that would do for everybody. */
  readonly required?: true;
  /** Of a text that is a command: what may stand in braces in it, `build:` with any name. */
  readonly placeholders?: readonly string[];
  /**
   * Of a text with a grammar of its own: the level as it is kept. Such levels are separated by
   * commas on the command line, unless a comma is quoted.
   * @throws HeisenwriteError `unknown-level`, naming `where`
   */
  readonly check?: (text: string, where: string) => string;
  /** Of a size, duration or count: inclusive bounds. */
  readonly min?: number;
  readonly max?: number;
  /** Of a size: must be a power of two. */
  readonly powerOfTwo?: boolean;
  /** What a change of its level costs, in trials: a reboot may cost hundreds. Left out: nothing. */
  readonly switchTrials?: number;
  /** Smaller levels make a cheaper trial of the same kind: less data, less time, fewer actors. */
  readonly shrinks?: true;
  /** Levels in this direction may make a failure more frequent, where the constraint holds. */
  readonly provokes?: { readonly toward: 'greater' | 'smaller'; readonly where?: string };
}

export function numberLevel(levels: Levels, factor: string): number {
  return Number(levels[factor]);
}

export function textLevel(levels: Levels, factor: string): string {
  return String(levels[factor]);
}
