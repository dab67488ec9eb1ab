// The trials of a hunt in the order in which they were made, with how long each took: from it the
// time to failure in any set of cells. Sixteen bytes a trial.

import type { TimeToFailure } from '../domain/isolation.ts';
import { exposureRate, fitWeibull } from './time-to-failure.ts';

/** Where more trials fail, the end of a trial is too coarse a clock for the shape. */
const FREQUENT = 0.1;

export class TimeLine {
  private readonly cells: number[] = [];
  private readonly seconds: number[] = [];
  private readonly failed: boolean[] = [];

  add(cell: number, failed: boolean, seconds: number): void {
    this.cells.push(cell);
    this.seconds.push(seconds);
    this.failed.push(failed);
  }

  /** @param inside whether a cell is looked at */
  timeToFailure(inside: (cell: number) => boolean): TimeToFailure {
    const failedAt: number[] = [];
    let [trials, total, since] = [0, 0, 0];
    this.cells.forEach((cell, at) => {
      if (!inside(cell)) return;
      trials++;
      total += this.seconds[at] as number;
      since += this.seconds[at] as number;
      if (!this.failed[at]) return;
      failedAt.push(since);
      since = 0;
    });
    const failures = failedAt.length;
    const frequent = failures > FREQUENT * trials;
    const fit = frequent ? null : fitWeibull(failedAt, since > 0 ? [since] : []);
    return {
      failures,
      seconds: total,
      ...exposureRate(failures, total),
      shape: fit?.shape ?? null,
      shapeLow: fit?.low ?? null,
      shapeHigh: fit?.high ?? null,
      course: fit?.verdict ?? 'too-few',
    };
  }
}
