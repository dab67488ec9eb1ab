// Trials in which writers rewrite something while readers poll it, for a time: what mailbox,
// replace and exchange have in common.

import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../base/clock.ts';
import type { OperationFailure } from '../domain/observation.ts';
import type { FactorDeclaration } from '../domain/plan.ts';
import type { TrialOutcome } from '../domain/trial.ts';
import { sumOpportunities, sumTallies, withChances } from './tally.ts';
import { arrived, runActors, stopActors, type UnitBoard } from './unit-board.ts';
import type { UnitReaderResult } from './unit-reader.ts';

export interface PollerResult extends UnitReaderResult {
  readonly failures: readonly OperationFailure[];
}

export interface RewriterResult {
  readonly writes?: number;
  readonly bytesWritten?: number;
  /** Of those that take several writes each; without it every write is one. */
  readonly rewrites?: number;
  readonly failures: readonly OperationFailure[];
}

export const READERS_FACTOR: FactorDeclaration = {
  name: 'readers',
  kind: 'count',
  about: 'how many poll',
  fallback: 1,
  min: 1,
  max: 16,
  shrinks: true,
  provokes: { toward: 'greater' },
};

/** @param fallbackMs milliseconds */
export function timeFactor(fallbackMs: number): FactorDeclaration {
  return {
    name: 'time',
    kind: 'duration',
    about: 'length of a trial',
    fallback: fallbackMs,
    min: 10,
    max: 600_000,
    shrinks: true,
  };
}

/** A process takes its time to start, once; its trial does not begin without it. */
const ARRIVAL_LIMIT_MS = 10_000;
const ARRIVAL_POLL_MS = 2;

/** Lets all of them run, for `timeMs` or until everybody has ended by himself. */
export async function rewriteWhilePolled(
  board: UnitBoard,
  timeMs: number,
  writing: readonly Promise<RewriterResult>[],
  reading: readonly Promise<PollerResult>[],
): Promise<TrialOutcome> {
  const everybody = Promise.all([Promise.all(reading), Promise.all(writing)]);
  everybody.catch(() => stopActors(board));
  await allArrived(board, [...reading, ...writing]);
  runActors(board);
  await Promise.race([sleep(timeMs), everybody]);
  stopActors(board);
  const [readers, writers] = await everybody;
  return polledOutcome(readers, writers);
}

/** One that has ended before it came so far is not waited for. */
async function allArrived(
  board: UnitBoard,
  actors: readonly Promise<PollerResult | RewriterResult>[],
): Promise<void> {
  let ended = 0;
  const end = () => ended++;
  for (const actor of actors) actor.then(end, end);
  const untilMs = monotonicMs() + ARRIVAL_LIMIT_MS;
  while (arrived(board) + ended < actors.length && monotonicMs() < untilMs) {
    await sleep(ARRIVAL_POLL_MS);
  }
}

export function polledOutcome(
  readers: readonly PollerResult[],
  writers: readonly RewriterResult[],
): TrialOutcome {
  const rewrites = writers.reduce((sum, each) => sum + (each.rewrites ?? each.writes ?? 0), 0);
  return {
    opportunities: sumOpportunities([...readers, ...writers]),
    tallies: withChances(sumTallies(readers.flatMap((reader) => reader.tallies)), rewrites),
    observations: readers
      .flatMap((reader) => reader.observations)
      .map((observation, seq) => ({ ...observation, seq })),
    failures: [...readers, ...writers].flatMap((actor) => actor.failures),
  };
}
