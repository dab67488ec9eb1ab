// From an opened ground to the report of its hunt: Ctrl-C ends it after the trial under way, and
// the evidence is closed whatever happens. Every command that hunts goes through here.

import { createBuilder } from '../build/program-builder.ts';
import { EXIT_INTERRUPTED, HeisenwriteError } from '../domain/errors.ts';
import type { HuntReport } from '../domain/hunt-report.ts';
import type { Plan } from '../domain/plan.ts';
import type { HuntListener } from '../domain/ports.ts';
import { type HuntRequest, hunt } from '../hunt.ts';
import { WORKLOADS } from '../workload/workloads.ts';
import { hostsFor } from './guest-hosts.ts';
import type { OpenGround } from './hunt-ground.ts';
import { huntProvoker } from './hunt-provoker.ts';
import { plantedFaults } from './planted-faults.ts';
import type { Terminal } from './terminal.ts';

export interface Expedition {
  readonly plan: Plan;
  readonly ground: OpenGround;
  /** Told to whoever watches, once it has begun. */
  readonly notes: readonly string[];
  readonly schedule?: NonNullable<HuntRequest['schedule']>;
}

/** @throws HeisenwriteError when the evidence can no longer be written */
export async function carryOut(expedition: Expedition, terminal: Terminal): Promise<HuntReport> {
  const { plan, ground, notes, schedule } = expedition;
  const interruption = new AbortController();
  let note: HuntListener['note'] = () => undefined;
  const interrupt = () => {
    // A second Ctrl-C does not wait for the trial; what was recorded stays recorded.
    if (interruption.signal.aborted) process.exit(EXIT_INTERRUPTED);
    interruption.abort();
    note('interrupted: finishing the trial under way (again to leave at once)');
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const listener = await terminal.listener();
  note = (words) => listener.note(words);
  const hosts = hostsFor(ground, (words) => listener.note(words));
  const planting = plantedFaults(plan, `${ground.header.seed}-${ground.trialsBefore}`);
  let isRefused = false;
  const provoker = huntProvoker();
  try {
    const request = {
      plan,
      workloads: WORKLOADS,
      listener: withNotes(listener, notes),
      provoker,
      signal: interruption.signal,
      ...(schedule && { schedule }),
      ...(hosts && { hosts }),
      ...(planting && { planting }),
      ...(plan.builds && { builder: createBuilder(plan.builds, ground.directory) }),
    };
    return await hunt(request, ground);
  } catch (error) {
    // Only the first trial meets what the user must mend before there can be any.
    isRefused = error instanceof HeisenwriteError && error.code === 'no-such-program';
    throw error;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await provoker.close();
    await hosts?.close();
    await planting?.close();
    await ground.store.close();
    if (isRefused && ground.trialsBefore === 0) ground.discard();
  }
}

/** Notes appear once the display has begun, so that it does not draw over them. */
function withNotes(listener: HuntListener, notes: readonly string[]): HuntListener {
  return {
    ...listener,
    begun: (header, cells, limits) => {
      listener.begun(header, cells, limits);
      for (const note of notes) listener.note(note);
    },
  };
}
