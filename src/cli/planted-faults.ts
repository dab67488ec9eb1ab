// The faults of a plan, planted: a mount over the directory of the trials, or a proxy before the
// server of a medium, in which the faults of a cell are set while one of its trials runs.

import type { Rng } from '../base/rng.ts';
import type { Levels } from '../domain/cell.ts';
import type { FaultReceipt } from '../domain/fault.ts';
import { faultOf } from '../domain/fault-grammar.ts';
import type { Plan, PlantedFault } from '../domain/plan.ts';
import type { FaultPlanting, TrialGround } from '../domain/planting.ts';
import type { Workload } from '../domain/workload.ts';
import { schemeOf } from '../medium/media.ts';
import { isPlantedIn } from '../plan/planted.ts';
import { WORKLOADS } from '../workload/workloads.ts';
import { type FaultyPlace, FaultyPlaces } from './planting/faulty-places.ts';
import { plantedPlace } from './planting/planted-place.ts';

/** @throws HeisenwriteError `invalid-plan` where no faults can be laid over a place */
export function refusePlantedElsewhere({ faults, places }: Pick<Plan, 'faults' | 'places'>): void {
  if (!faults?.length) return;
  for (const url of Object.values(places)) {
    if (schemeOf(url) !== null) plantedPlace({ url, options: {} });
  }
}

/** Undefined for a plan that plants none. */
export function plantedFaults(plan: Plan, seed: string): PlantedFaults | undefined {
  return plan.faults?.length ? new PlantedFaults(plan.faults, seed) : undefined;
}

class PlantedFaults implements FaultPlanting {
  private readonly faults: readonly PlantedFault[];
  private readonly places: FaultyPlaces;
  private current: FaultyPlace | null = null;

  constructor(faults: readonly PlantedFault[], seed: string) {
    this.faults = faults;
    this.places = new FaultyPlaces(seed);
  }

  async begin(ground: TrialGround, levels: Levels, rng: Rng): Promise<TrialGround> {
    const place = await this.places.of(ground);
    const workload = WORKLOADS.find(({ name }) => name === levels.workload) as Workload;
    const drawn = rng.fork('planted');
    const planted = this.faults.filter((each) => {
      const falls = drawn.uniform() < (each.chance ?? 1);
      return falls && isPlantedIn(each, levels, workload);
    });
    if (planted.length > 0) {
      this.current = place;
      await place.set(planted.map(({ fault }) => faultOf(fault).text));
    }
    return place.through(ground);
  }

  async end(): Promise<readonly FaultReceipt[]> {
    const place = this.current;
    this.current = null;
    return place ? place.clear() : [];
  }

  /** Unmounts, and ends the proxies. Never rejects. */
  close(): Promise<void> {
    return this.places.close();
  }
}
