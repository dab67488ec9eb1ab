// Something legitimate that is done while a trial runs, to make a rare failure frequent. It leaves
// a receipt each time it fires, so that a failure can be set beside what was going on. Each is a
// factor of every workload: that it matters says something of the cause.

import type { Rng } from '../base/rng.ts';
import type { Levels } from './cell.ts';
import type { FactorDeclaration } from './plan.ts';
import type { Receipt } from './receipt.ts';

/** The level of a cell in which it does nothing. */
export const UNPROVOKED = 'none';

/** One that is under way. */
export interface Provocation {
  /** Ends it, with everything as it was before, and returns what it did. Never rejects. */
  stop(): Promise<readonly Receipt[]>;
  /** Why it could not do or undo what it should: the trial tells nothing. Asked at the end. */
  trouble?(): string | null;
}

/** A command and its arguments, without a shell; as the guard of src/base takes it. */
export type CommandWords = readonly [program: string, ...args: string[]];

/** A process that takes part in a trial. */
export interface ActorProcess {
  /** `writer-0`, `reader-1`; `program` for one of the user's. */
  readonly name: string;
  /** Of the user's programs: of their process group, too. */
  readonly pid: number;
}

/** The actors of a trial, as a provocation gets at them. */
export interface ActorProcesses {
  /** Those that are there now, without the children that they have started. */
  list(): readonly ActorProcess[];
}

/** What a provocation has of the trial in which it begins. */
export interface ProvocationSetting {
  /** Of this provocation in this trial alone. */
  readonly rng: Rng;
  readonly actors: ActorProcesses;
  /** The directory of the trial, where it is one of this host. */
  readonly directory: string;
  /**
   * Has the guard run a command should this process be killed before it is released: to be awaited
   * before anything is changed.
   */
  undo(command: CommandWords): Promise<() => void>;
}

export interface ProvocationKind {
  /** Its name, its `about`, and how its level is checked. */
  readonly factor: FactorDeclaration;
  /** What it is good for, and a factor as it is written: `stop=none,writer every=50ms for=10ms`. */
  readonly example: string;
  /** Whether the actors must be processes of their own. `level` is one that was checked. */
  separates(level: string): boolean;
  /**
   * Why this machine may not do it, or null.
   * @param levels every factor of the cell
   * @param directory where its trials are made, where that is on this host
   */
  refusal(level: string, levels: Levels, directory?: string): string | null;
  /** @throws Error when it could not begin, with nothing changed */
  begin(level: string, setting: ProvocationSetting): Promise<Provocation>;
}
