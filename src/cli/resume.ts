// `--resume`: the stored plan is gone on with, in the order of cells that it would have had,
// whether it was a hunt, the proof of a fix, or the search for a smaller trial.

import { formatCount, formatDuration } from '../base/quantities.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import { resolveHunt } from '../evidence/resolve-hunt.ts';
import { type HuntPurpose, type OpenGround, reopenGround, storedPlan } from './hunt-ground.ts';
import { connectOptions } from './places.ts';
import { type PlanOptions, sizeOption, stopOf } from './plan-source.ts';

export interface ResumeOptions extends PlanOptions {
  readonly space?: string;
  readonly destroyDataOn?: string;
}

export interface Resumed {
  readonly plan: Plan;
  readonly ground: OpenGround;
  readonly notes: readonly string[];
  readonly purpose: HuntPurpose | undefined;
}

/**
 * @param named the hunt, or undefined for the newest here
 * @throws HeisenwriteError `no-such-hunt`, `evidence-busy`, `evidence-damaged`, `invalid-option`
 */
export async function resume(named: string | undefined, options: ResumeOptions): Promise<Resumed> {
  const spaceBytes = sizeOption(options.space, '--space');
  const ground = await reopenGround(
    resolveHunt(named, process.cwd()),
    spaceBytes,
    connectOptions(options),
  );
  const { plan, purpose } = storedPlan(ground.header);
  const stop = stopOf(plan.stop, options);
  // `--for` is the time from now on; without it, what is left of the plan's.
  const forMs =
    options.for === undefined || stop.forMs === null ? stop.forMs : stop.forMs + ground.msBefore;
  const notes = [
    `resumed after ${formatCount(ground.trialsBefore)} recorded trials, ` +
      `${formatDuration(ground.msBefore)} of trials`,
  ];
  if (forMs !== null && forMs <= ground.msBefore) {
    notes.push('its time is up: go on for longer with --for, for example --for 60s');
  }
  if (stop.trials !== null && stop.trials <= ground.trialsBefore) {
    const more = String(2 * ground.trialsBefore);
    notes.push(`its trials are made: go on with more of them, for example --trials ${more}`);
  }
  return { plan: { ...plan, stop: { ...stop, forMs } }, ground, notes, purpose };
}

/** What belongs to the stored plan cannot be given again. @throws HeisenwriteError */
export function refuseWithResume(given: Readonly<Record<string, unknown>>): void {
  refuseWith('--resume goes on with the stored plan', given);
}

/** @param because what these options contradict. @throws HeisenwriteError */
export function refuseWith(because: string, given: Readonly<Record<string, unknown>>): void {
  const names = Object.entries(given)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  if (names.length === 0) return;
  throw new HeisenwriteError(
    'invalid-option',
    `${because}: ${names.join(', ')} cannot be given with it`,
  );
}
