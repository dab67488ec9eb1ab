// The port of what plants the faults of a plan in its trials.

import type { Rng } from '../base/rng.ts';
import type { Levels } from './cell.ts';
import type { FaultReceipt } from './fault.ts';
import type { MediumAddress } from './medium.ts';

/** Where the actors of a trial find its directory. */
export interface TrialGround {
  readonly directory: string;
  readonly medium: MediumAddress;
}

/** Plants what a plan plants, one trial at a time. */
export interface FaultPlanting {
  /**
   * Sets the faults of the cell.
   * @param ground as it is without them
   * @param levels every factor of the workload, defaults filled in
   * @param rng of the trial
   * @returns the same with the faults in the way: on a mount, or through a proxy
   */
  begin(ground: TrialGround, levels: Levels, rng: Rng): Promise<TrialGround>;
  /** Clears them, and returns what fired. */
  end(): Promise<readonly FaultReceipt[]>;
}
