// The provocations of one trial: begun before its workload, ended before it is judged. What could
// not begin, or could not be undone, makes the trial unknown: it was not what its cell says.

import { monotonicNs } from '../base/clock.ts';
import { runningGroups } from '../base/process-group.ts';
import type { Levels } from '../domain/cell.ts';
import {
  type ActorProcesses,
  type Provocation,
  type ProvocationKind,
  type ProvocationSetting,
  UNPROVOKED,
} from '../domain/provocation.ts';
import type { Provoked, Receipt } from '../domain/receipt.ts';
import type { TrialOutcome } from '../domain/trial.ts';

/** What a hunt provokes with. */
export interface Provoker {
  readonly kinds: readonly ProvocationKind[];
  readonly undo: ProvocationSetting['undo'];
}

/** One provocation at the level that a cell has of it. */
interface Chosen {
  readonly kind: ProvocationKind;
  readonly level: string;
}

export function chosenProvocations(
  provoker: Provoker | undefined,
  levels: Levels,
): readonly Chosen[] {
  return (provoker?.kinds ?? []).flatMap((kind) => {
    const level = String(levels[kind.factor.name] ?? UNPROVOKED);
    return level === UNPROVOKED ? [] : [{ kind, level }];
  });
}

export class TrialProvocations {
  private readonly begun: Provocation[];
  private readonly by: Provoked['by'];
  private readonly fromNs = String(monotonicNs());

  private constructor(begun: Provocation[], chosen: readonly Chosen[]) {
    this.begun = begun;
    this.by = Object.fromEntries(chosen.map(({ kind, level }) => [kind.factor.name, level]));
  }

  /** @throws Error when one of them could not begin; those before it have ended then */
  static async begin(
    chosen: readonly Chosen[],
    setting: ProvocationSetting,
  ): Promise<TrialProvocations> {
    const begun: Provocation[] = [];
    try {
      for (const { kind, level } of chosen) {
        const { name } = kind.factor;
        const rng = setting.rng.fork(`provoke-${name}`);
        begun.push(await kind.begin(level, { ...setting, rng }));
      }
    } catch (error) {
      for (const each of begun.toReversed()) await each.stop();
      throw error;
    }
    return new TrialProvocations(begun, chosen);
  }

  /** With everything as before, and what was done in the outcome. Never rejects. */
  async end(outcome: TrialOutcome): Promise<TrialOutcome> {
    if (this.begun.length === 0) return outcome;
    const provoked = { by: this.by, fromNs: this.fromNs, untilNs: String(monotonicNs()) };
    const receipts: Receipt[] = [];
    let trouble: string | null = null;
    for (const each of this.begun.splice(0).toReversed()) {
      receipts.push(...(await each.stop()));
      trouble ??= each.trouble?.() ?? null;
    }
    const unknown = outcome.unknown ?? trouble;
    return { ...outcome, receipts, provoked, ...(unknown !== null && { unknown }) };
  }
}

/** The actors of a pool, and the programs of the user's that run now. */
export function actorProcesses(pool: ActorProcesses): ActorProcesses {
  return {
    list: () => [...pool.list(), ...runningGroups().map((pid) => ({ name: 'program', pid }))],
  };
}
