// From a cell that fails to the cheapest one that still fails, and to the strongest provocation:
// one factor after the other, each candidate against what is best so far. The search is written as
// a generator that asks for trials, so that it reads from top to bottom, and a hunt that was killed
// goes on where it was by being told its trials again.

import type { Cell, Level, Levels } from '../domain/cell.ts';
import type { Race, Schedule } from '../domain/ports.ts';
import type {
  ShrinkAim,
  ShrinkQuestion,
  ShrinkStep,
  ShrinkTry,
  TimedCount,
} from '../domain/shrink.ts';
import { hasFailed, type Verdict } from '../domain/trial.ts';

export type RaceFor = (aim: ShrinkTry['aim']) => Race;

/** Asks for trials in cells and is told of each whether it failed, and how long it took. */
type Search<Found = void> = Generator<Cell, Found, Told>;

interface Told {
  /** Null where nothing may be concluded. */
  readonly failed: boolean | null;
  readonly durationMs: number;
}

interface OpenRace {
  readonly step: Pick<ShrinkStep, 'factor'> & { readonly aim: ShrinkTry['aim'] };
  readonly levels: Levels;
  readonly against: Levels;
  readonly race: Race;
}

/** So many trials in a row that cannot be judged: this is no cell to hunt in. */
const UNKNOWN_MAX = 10;
/** What one factor allows may depend on another one that changed after it. */
const PASSES_MAX = 2;

export class ShrinkingSchedule implements Schedule {
  /** Comparisons that were decided, in order. */
  readonly tried: ShrinkTry[] = [];
  /** Accepted cells in order, from the first one on; a confirmation may take back the last. */
  readonly incumbents: Cell[];
  confirmed = false;
  private readonly cells: ReadonlyMap<string, Cell>;
  private readonly raceFor: RaceFor;
  private readonly describe: (tried: ShrinkTry) => string;
  private readonly search: Search;
  /** Whose rate is to be kept: the best so far, so that small losses do not add up. */
  private rival: Cell;
  private asked: Cell | null;
  private racing: OpenRace | null = null;
  private told = 0;

  /**
   * @param cells every combination of the levels of the steps that the constraints allow
   * @param describe what came of a comparison, in a sentence
   */
  constructor(
    cells: readonly Cell[],
    { start, steps }: ShrinkQuestion,
    raceFor: RaceFor,
    describe: (tried: ShrinkTry) => string,
  ) {
    this.cells = new Map(cells.map((cell) => [keyOf(cell.levels), cell]));
    this.raceFor = raceFor;
    this.describe = describe;
    this.rival = cells[start] as Cell;
    this.incumbents = [this.rival];
    this.search = this.descend(steps);
    const { value } = this.search.next();
    this.asked = value ?? null;
  }

  next(): Cell | null {
    return this.asked;
  }

  learn(_cell: Cell, verdict: Verdict, durationMs: number): void {
    const failed = hasFailed(verdict);
    const { value } = this.search.next({ failed, durationMs });
    this.asked = value ?? null;
  }

  concluded(): string | null {
    return this.asked === null ? 'nothing smaller is left to try' : null;
  }

  news(): string | null {
    const news = this.tried.slice(this.told).map((tried) => this.describe(tried));
    this.told = this.tried.length;
    return news.length === 0 ? null : news.join('; ');
  }

  /**
   * Of the last comparison that a cell took part in; what was in turn with it is comparable. One
   * that has only begun says little: where the cell has not failed in it yet, and did before, the
   * one before counts.
   */
  countOf(levels: Levels): TimedCount {
    const key = keyOf(levels);
    const ofCell = (tried: ShrinkTry) => {
      if (keyOf(tried.levels) === key) return [tried.candidate];
      return keyOf(tried.against) === key ? [tried.incumbent] : [];
    };
    const underWay = this.underWay();
    const [open] = underWay === null ? [] : ofCell(underWay);
    const [decided] = this.tried.toReversed().flatMap(ofCell);
    if (open && (open.failures > 0 || !decided?.failures)) return open;
    return decided ?? { trials: 0, failures: 0, seconds: 0 };
  }

  /** The comparison under way, or null. */
  underWay(): ShrinkTry | null {
    return this.racing && tryOf(this.racing, 'open');
  }

  get incumbent(): Cell {
    return this.incumbents.at(-1) as Cell;
  }

  private *descend(steps: readonly ShrinkStep[]): Search {
    const settled = new Set<string>();
    for (let pass = 0; pass < PASSES_MAX; pass++) {
      const before = this.incumbent;
      for (const step of steps) {
        if (step.aim === 'stronger') {
          if (pass === 0) yield* this.strengthen(step, settled);
        } else if (!settled.has(step.factor)) {
          yield* this.cheapen(step);
        }
      }
      if (this.incumbent === before) break;
    }
    yield* this.confirm();
  }

  /** Level by level, as long as it fails more often; such a factor is not made cheaper again. */
  private *strengthen(step: ShrinkStep, settled: Set<string>): Search {
    for (const level of step.levels) {
      const cell = this.cellWith(step.factor, level);
      if (cell === null) continue;
      if (!(yield* this.race(step, cell))) return;
      settled.add(step.factor);
    }
  }

  /** The cheapest level first, since it is often enough; else by halves, as rates tend to fall. */
  private *cheapen(step: ShrinkStep): Search {
    const cells = step.levels.flatMap((level) => this.cellWith(step.factor, level) ?? []);
    const now = cells.indexOf(this.incumbent);
    let [best, worst] = [now, cells.length];
    for (let at = cells.length - 1; best < at && at < worst; at = Math.floor((best + worst) / 2)) {
      if (yield* this.race(step, cells[at] as Cell)) best = at;
      else worst = at;
    }
  }

  /** Whoever was accepted by many looks must hold against the first one on fresh trials. */
  private *confirm(): Search {
    const [first] = this.incumbents;
    while (this.incumbents.length > 1 && first !== undefined) {
      const step = { factor: '', aim: 'confirmation' } as const;
      const race = this.raceFor(step.aim);
      this.confirmed = yield* this.decide(step, race, this.incumbent, first);
      if (this.confirmed) return;
      this.incumbents.pop();
    }
  }

  /** Each cell once: what was rejected before is not tried again. */
  private *race(step: { factor: string; aim: ShrinkAim }, candidate: Cell): Search<boolean> {
    const key = keyOf(candidate.levels);
    if (this.tried.some(({ levels }) => keyOf(levels) === key)) return false;
    const race = this.raceFor(step.aim);
    const incumbent = step.aim === 'stronger' ? this.incumbent : this.rival;
    if (!(yield* this.decide(step, race, candidate, incumbent))) return false;
    this.incumbents.push(candidate);
    if (step.aim === 'stronger' || rateOf(race.candidate) >= rateOf(race.incumbent)) {
      this.rival = candidate;
    }
    return true;
  }

  private *decide(
    step: OpenRace['step'],
    race: Race,
    candidate: Cell,
    incumbent: Cell,
  ): Search<boolean> {
    const open = { step, levels: candidate.levels, against: incumbent.levels, race };
    this.racing = open;
    let unknown = 0;
    let decision = race.decision();
    while (decision === null && unknown < UNKNOWN_MAX) {
      const side = race.turn();
      const { failed, durationMs } = yield side === 'candidate' ? candidate : incumbent;
      if (failed !== null) race.add(side, failed, durationMs);
      unknown = failed === null ? unknown + 1 : 0;
      decision = race.decision();
    }
    this.racing = null;
    this.tried.push(tryOf(open, decision ?? 'rejected'));
    return decision === 'accepted';
  }

  private cellWith(factor: string, level: Level): Cell | null {
    return this.cells.get(keyOf({ ...this.incumbent.levels, [factor]: level })) ?? null;
  }
}

function tryOf(
  { step, levels, against, race }: OpenRace,
  decision: ShrinkTry['decision'],
): ShrinkTry {
  const [candidate, incumbent] = [{ ...race.candidate }, { ...race.incumbent }];
  return { factor: step.factor, aim: step.aim, levels, against, candidate, incumbent, decision };
}

function rateOf({ failures, seconds }: TimedCount): number {
  return failures / seconds;
}

function keyOf(levels: Levels): string {
  return JSON.stringify(Object.entries(levels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
