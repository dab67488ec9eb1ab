// What the proxies of all protocols have in common, to the command that runs one.

import type { Rng } from '../base/rng.ts';
import type { Fault, PlantableFaults } from '../domain/fault.ts';
import type { ArmedFaults } from './armed-faults.ts';
import type { Endpoint } from './endpoint.ts';

export interface ProxySettings {
  readonly listen: Endpoint;
  readonly to: Endpoint;
  readonly faults: ArmedFaults;
  /** For what is drawn besides whether a fault fires: a word, a jitter. */
  readonly rng: Rng;
  /** Told, in one line, what whoever runs it should know: a server that cannot be reached. */
  readonly note: (text: string) => void;
}

export interface RunningProxy {
  /** With the port that it was given. */
  readonly listening: Endpoint;
  /** What has passed, by name: connections, calls. */
  counts(): Readonly<Record<string, number>>;
  /** Ends all connections. Never throws. */
  close(): Promise<void>;
}

export interface FaultProxy {
  readonly plantable: PlantableFaults;
  /**
   * Refuses what `plantable` cannot say: an errno that the protocol has no word for.
   * @throws HeisenwriteError `invalid-fault`
   */
  admit(fault: Fault): void;
  /** @throws HeisenwriteError `invalid-option` where it cannot listen */
  start(settings: ProxySettings): Promise<RunningProxy>;
}
