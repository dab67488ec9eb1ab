// Runs the self-test: in each medium each fault is planted in some trials of its workload, through
// the same mounts, proxies, actors and judge as in a hunt, and then the same without a fault.

import { createRng, freshHuntNumber, type Rng } from '../../base/rng.ts';
import { judge } from '../../diagnose/judge.ts';
import type { Levels } from '../../domain/cell.ts';
import type { FaultReceipt } from '../../domain/fault.ts';
import type { FaultPlanting, TrialGround } from '../../domain/planting.ts';
import type { TrialsPlace } from '../../domain/ports.ts';
import type { TrialRecord } from '../../domain/trial.ts';
import type { Workload } from '../../domain/workload.ts';
import { completeLevels } from '../../plan/expand.ts';
import { ActorPool } from '../../trial/actor-pool.ts';
import { runTrial } from '../../trial/run-trial.ts';
import { WORKLOADS } from '../../workload/workloads.ts';
import { type FaultyPlace, FaultyPlaces } from '../planting/faulty-places.ts';
import { type ControlCounts, type CountedRow, countRow, type Seen } from './counts.ts';
import { type DetectionRow, type DrawnRow, drawRow } from './row.ts';

/** A fault may not fire: its call did not come, or too late. Tried so many times as often. */
const ATTEMPTS = 3;
/** Where the client is told, a trial may take as long as it waits, and nothing is to be found. */
const TOLD_TRIALS_MAX = 3;

export interface MediumCounts {
  readonly rows: readonly CountedRow[];
  readonly controls: readonly ControlCounts[];
}

export interface MediumTest {
  readonly medium: string;
  readonly place: TrialsPlace;
  readonly rows: readonly DetectionRow[];
  /** Before the server, instead of the one that understands what is spoken. */
  readonly proxy: 'tcp' | undefined;
  /** In which each fault must fire, and in which nothing is planted. */
  readonly trials: number;
  readonly seed: string;
  /** Told of each row that is done. */
  note(words: string): void;
}

/** @throws HeisenwriteError where no mount or proxy can be started for it */
export async function testMedium(test: MediumTest): Promise<MediumCounts> {
  const bench = new Bench(test);
  try {
    await bench.prepare();
    const rows: CountedRow[] = [];
    for (const row of test.rows) rows.push(await bench.plant(row));
    const controls: ControlCounts[] = [];
    for (const rows of controlsOf(test.rows)) controls.push(await bench.control(rows));
    return { rows, controls };
  } finally {
    await bench.close();
  }
}

/** The rows of each workload. */
function controlsOf(rows: readonly DetectionRow[]): (readonly DetectionRow[])[] {
  return [...Map.groupBy(rows, ({ workload }) => workload).values()];
}

class Bench {
  readonly #test: MediumTest;
  readonly #rng: Rng;
  readonly #places: FaultyPlaces;
  readonly #actors = new ActorPool();
  readonly #hunt = freshHuntNumber();
  #trial = 0;

  constructor(test: MediumTest) {
    this.#test = test;
    this.#rng = createRng(test.seed).fork(test.medium);
    this.#places = new FaultyPlaces(test.seed, test.proxy);
  }

  /** A mount or proxy that cannot be is better known now than as trials that are unknown. */
  async prepare(): Promise<void> {
    const { place } = this.#test;
    const trial = ++this.#trial;
    const directory = await place.make(trial);
    await this.#places.of({ directory, medium: place.medium });
    await place.remove(trial);
  }

  async plant(row: DetectionRow): Promise<CountedRow> {
    const { medium, note } = this.#test;
    const isTold = row.expects.outcome === 'told';
    const trials = Math.min(this.#test.trials, isTold ? TOLD_TRIALS_MAX : Infinity);
    const rng = this.#rng.fork(`${row.fault} ${row.case} ${JSON.stringify(row.factors)}`);
    const seen: Seen[] = [];
    let planted = 0;
    for (let attempt = 0; planted < trials && attempt < ATTEMPTS * trials; attempt++) {
      const drawn = rng.fork(attempt);
      seen.push(await this.#run(drawRow(row, drawn), drawn, row.counts));
      if (seen.at(-1)?.planted) planted++;
    }
    const counts = countRow(row, seen);
    const said = Object.entries(counts.called).map(([word, count]) => `${word} ${count}`);
    note(`${medium}: ${row.fault}: planted ${counts.planted}, ${said.join(', ')}`);
    return { medium, row, ...counts };
  }

  async control(rows: readonly DetectionRow[]): Promise<ControlCounts> {
    const { medium, trials, note } = this.#test;
    const { workload } = rows[0] as DetectionRow;
    const rng = this.#rng.fork(`control ${workload}`);
    const seen: Seen[] = [];
    for (const row of rows.length >= trials ? rows : Array(trials).fill(rows).flat()) {
      const drawn = rng.fork(seen.length);
      seen.push(await this.#run({ ...drawRow(row, drawn), fault: '' }, drawn));
    }
    const counts = countRow(null, seen);
    note(`${medium}: nothing planted under ${workload}: ${counts.invented} accusations`);
    return { medium, workload, trials: seen.length, ...counts };
  }

  /** Never rejects. */
  async close(): Promise<void> {
    this.#actors.close();
    await this.#places.close();
  }

  async #run(
    { fault, levels }: DrawnRow,
    rng: Rng,
    counts: DetectionRow['counts'] = () => true,
  ): Promise<Seen> {
    const workload = WORKLOADS.find(({ name }) => name === levels.workload) as Workload;
    const { place } = this.#test;
    const trial = ++this.#trial;
    const record = await runTrial(
      {
        trial,
        cell: { index: 0, levels },
        levels: completeLevels(levels, workload) as Levels,
        workload,
        rng,
        hunt: this.#hunt,
        place,
        planting: new OneFault(this.#places, fault),
      },
      this.#actors,
    );
    await place.remove(trial);
    return seenIn(record, workload, counts);
  }
}

class OneFault implements FaultPlanting {
  readonly #places: FaultyPlaces;
  readonly #fault: string;
  #place: FaultyPlace | null = null;

  /** @param fault empty for none */
  constructor(places: FaultyPlaces, fault: string) {
    this.#places = places;
    this.#fault = fault;
  }

  async begin(ground: TrialGround): Promise<TrialGround> {
    this.#place = await this.#places.of(ground);
    if (this.#fault !== '') await this.#place.set([this.#fault]);
    return this.#place.through(ground);
  }

  async end(): Promise<readonly FaultReceipt[]> {
    const place = this.#place;
    this.#place = null;
    return place ? place.clear() : [];
  }
}

/** Every promise of the workload is expected here. */
function seenIn(
  { outcome }: TrialRecord,
  { promises }: Workload,
  counts: NonNullable<DetectionRow['counts']>,
): Seen {
  const expectations = promises.map((promise) => ({ promise, source: 'design' as const }));
  const { verdict, damage, because } = judge(outcome, expectations, null);
  const kinds = damage.flatMap((each) => each.damage.map(({ kind }) => kind));
  return {
    planted: outcome.planted?.some((receipt) => counts(receipt)) ?? false,
    verdict,
    kinds: [...new Set(kinds)],
    errnos: [...new Set(outcome.failures.map(({ errno }) => errno))],
    ...(because !== undefined && { because }),
  };
}
