// The builds of a hunt, before its first trial: a cell whose program cannot be made gets one
// trial, `unknown` with the reason, and leaves the schedule, which would else spend its trials on
// what can never be tried. A resumed hunt leaves out the same cells, so that it decides as before.

import { wallMs } from './base/clock.ts';
import type { Builder } from './domain/build.ts';
import type { Cell } from './domain/cell.ts';
import type { EvidenceStore } from './domain/ports.ts';
import type { TrialRecord } from './domain/trial.ts';

/** Indices of the cells that an earlier run of this hunt has found to be untestable. */
export async function untestableCells(store: EvidenceStore): Promise<ReadonlySet<number>> {
  const found = new Set<number>();
  // Few hunts build anything, and reading all of a long one takes its time.
  if (!(await store.header()).planJson.includes('"builds":')) return found;
  for await (const { cell, outcome } of store.trials()) {
    if (outcome.untestable) found.add(cell.index);
  }
  return found;
}

/**
 * Makes what all cells need. Gives a trial for each cell for which that failed.
 */
export async function* failedBuilds(
  builder: Builder,
  cells: readonly Cell[],
  seed: string,
  signal: AbortSignal,
): AsyncGenerator<TrialRecord> {
  let trial = 0;
  for (const cell of cells) {
    if (signal.aborted) return;
    const reason = await reasonAgainst(builder, cell);
    if (reason === null) continue;
    trial++;
    yield {
      trial,
      cell,
      seed: `${seed}/trial-${trial}`,
      startedAtMs: wallMs(),
      durationMs: 0,
      outcome: {
        opportunities: { reads: 0, writes: 0, bytesRead: 0, bytesWritten: 0 },
        tallies: [],
        observations: [],
        failures: [],
        unknown: reason,
        untestable: true,
      },
    };
  }
}

async function reasonAgainst(builder: Builder, { levels }: Cell): Promise<string | null> {
  try {
    await builder.programs(levels);
    return null;
  } catch (error) {
    return (error as Error).message.split('\n')[0] as string;
  }
}
