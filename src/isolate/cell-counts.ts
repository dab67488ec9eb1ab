// How often each cell was tried and failed, and sums of that over parts of the plan. Trials of
// verdict `unknown` are not in it.

import type { Count } from '../domain/isolation.ts';

export class CellCounts {
  readonly trials: Uint32Array;
  readonly failures: Uint32Array;
  allTrials = 0;
  allFailures = 0;

  constructor(cells: number) {
    this.trials = new Uint32Array(cells);
    this.failures = new Uint32Array(cells);
  }

  add(cell: number, failed: boolean, count = 1): void {
    this.trials[cell] = (this.trials[cell] as number) + count;
    this.allTrials += count;
    if (!failed) return;
    this.failures[cell] = (this.failures[cell] as number) + count;
    this.allFailures += count;
  }

  sum(cells: Iterable<number>): Count {
    let [trials, failures] = [0, 0];
    for (const cell of cells) {
      trials += this.trials[cell] as number;
      failures += this.failures[cell] as number;
    }
    return { trials, failures };
  }
}
