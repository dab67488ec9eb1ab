// Faults at the beginning of a connection: it takes longer, or is refused. A proxy has accepted it
// already, so that a client sees a reset where it would have seen a refusal.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Rng } from '../base/rng.ts';
import type { Fault } from '../domain/fault.ts';
import type { ArmedFaults, FaultCall } from './armed-faults.ts';
import { latencyMs } from './kinds/latency.ts';

const CONNECT: FaultCall = { operation: 'connect', path: '', offset: 0, length: 0 };

/**
 * What a relay asks before it joins a client to the server: false refuses it.
 * @param may leaves out faults that are not about connections
 */
export function connectionAdmission(
  faults: ArmedFaults,
  rng: Rng,
  may?: (fault: Fault) => boolean,
): () => boolean | Promise<boolean> {
  const ask = async () => {
    let isAdmitted = true;
    for (const armed of faults.firing(CONNECT, may)) {
      if (armed.fault.kind === 'latency') {
        const ms = latencyMs(armed.fault, rng);
        faults.receipt(armed, CONNECT, `${ms.toFixed(1)} ms later`);
        await sleep(ms);
      } else {
        faults.receipt(armed, CONNECT, 'refused');
        isAdmitted = false;
      }
    }
    return isAdmitted;
  };
  return () => faults.quiet || ask();
}
