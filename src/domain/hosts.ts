// The hosts of a hunt besides the one on which it runs. The factor `kernel` of a cell says on which
// host its trials run; a host runs the same actors and the same roles, and sees the directory of a
// trial under a name of its own.

import type { Rng } from '../base/rng.ts';
import type { Levels } from './cell.ts';
import type { FactorDeclaration } from './plan.ts';
import type { TrialOutcome } from './trial.ts';
import type { Actors } from './workload.ts';

/** The level of `kernel` that means this machine. */
export const HERE = 'here';

/** In trials: a trial takes seconds; another kernel a boot, once, and then to pause and resume. */
const REBOOT_TRIALS = 4;

/** Factors of a workload that may run on another host. */
export const HOST_FACTORS: readonly FactorDeclaration[] = [
  {
    name: 'kernel',
    kind: 'choice',
    about: 'the host: this one, or a guest with this kernel, which mounts the place over NFS',
    fallback: HERE,
    choices: [HERE, '6.1', '6.12'],
    switchTrials: REBOOT_TRIALS,
  },
  {
    name: 'mount',
    kind: 'choice',
    about: 'how the guest mounts it: sync or async of nfs(5)',
    fallback: 'none',
    choices: ['none', 'sync', 'async'],
  },
  {
    name: 'toggle',
    kind: 'duration',
    about: 'the export is read-only for so long of each second, to provoke; 0ms for never',
    fallback: 0,
    min: 0,
    max: 900,
    provokes: { toward: 'greater', where: 'mount != none' },
  },
];

export const HOST_CONSTRAINTS: readonly string[] = [
  'kernel = here => mount = none',
  'mount = none => kernel = here',
  'mount = none => toggle = 0ms',
];

/** A trial that is about to run. */
export interface HostRequest {
  /** Every factor of the workload, defaults filled in. */
  readonly levels: Levels;
  /** The directory of the trial, on this host. */
  readonly directory: string;
  /** Of the trial; fixes when the host provokes. */
  readonly rng: Rng;
}

/** Where a trial runs, from the moment it is ready for it. */
export interface TrialHost {
  readonly actors: Actors;
  /** The directory of the trial, as it is called there. */
  readonly directory: string;
  /** Time that each call of the trial may take; milliseconds. */
  limit(limitMs: number): void;
  /**
   * Ends what provokes, and adds what only this host can see: the bytes from the server's side, as
   * a second client, and the receipts.
   */
  leave(outcome: TrialOutcome): Promise<TrialOutcome>;
  /** Ends what provokes, where the trial broke. Never rejects. */
  abandon(): Promise<void>;
}

export interface Hosts {
  /**
   * Makes the host of this trial ready: boots it, mounts, begins to provoke. Null for this machine.
   * @throws HeisenwriteError `missing-component`; Error when it does not come up
   */
  enter(request: HostRequest): Promise<TrialHost | null>;
  /** Powers everything off. Never rejects. */
  close(): Promise<void>;
}
