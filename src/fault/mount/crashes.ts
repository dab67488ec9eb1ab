// The faults `unsynced`: at a signal or after a time, what was written since the last fsync is
// gone, as after a power cut. The mount goes on, as a machine that came back would.

import type { Fault } from '../../domain/fault.ts';
import type { ArmedFault, ArmedFaults, FaultCall } from '../armed-faults.ts';
import { CrashMoments } from '../crash-moments.ts';
import type { FileLayers, LayeredFiles } from './file-layers.ts';

export class Crashes {
  readonly #faults: ArmedFaults;
  readonly #layers: LayeredFiles;
  readonly #moments: CrashMoments;

  constructor(faults: ArmedFaults, layers: LayeredFiles) {
    this.#faults = faults;
    this.#layers = layers;
    this.#moments = new CrashMoments(faults, (armed) => void this.#crash(armed));
  }

  close(): void {
    this.#moments.close();
  }

  async #crash(armed: ArmedFault): Promise<void> {
    for (const laid of this.#layers.all()) {
      const call = callOf(laid);
      if (call === null) continue;
      const firing = this.#faults.firing(call, (fault: Fault) => fault === armed.fault);
      if (firing.length === 0) continue;
      const bytes = await laid.inTurn(() => laid.crash());
      this.#faults.receipt(armed, call, `${bytes} bytes as they were at the last fsync`);
    }
  }
}

/** What is at stake of a file: all that was written since the last fsync. */
function callOf({ path, history }: FileLayers): FaultCall | null {
  const range = history.lostRange();
  return range && { operation: 'write', path, ...range };
}
