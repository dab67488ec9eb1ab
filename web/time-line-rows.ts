// What the time line draws: bars of provocations and marks of failures, by trial.

import { formatDuration } from '../src/base/quantities.ts';
import type { ProvokedTrial } from '../src/domain/provoked.ts';

export interface WindowBar {
  readonly trial: string;
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly words: string;
}

export interface FailureMark {
  readonly trial: string;
  readonly atMs: number;
  readonly words: string;
}

export function timeLineRows(timeLine: readonly ProvokedTrial[]) {
  const label = ({ trial }: ProvokedTrial) => `trial ${trial}`;
  const windows = timeLine.flatMap((trial) =>
    trial.windows.map(
      ({ provocation, what, fromMs, toMs }): WindowBar => ({
        trial: label(trial),
        name: provocation,
        fromMs: Math.max(0, fromMs),
        toMs: Math.min(trial.spanMs, toMs),
        words: `${what}: ${formatDuration(toMs - fromMs)} from ${formatDuration(fromMs)} on`,
      }),
    ),
  );
  const failures = timeLine.flatMap((trial) =>
    trial.failuresMs.map(
      (atMs): FailureMark => ({
        trial: label(trial),
        atMs,
        words: `a failure at ${formatDuration(atMs)} of ${label(trial)}`,
      }),
    ),
  );
  return {
    trials: timeLine.map(label),
    names: [...new Set(windows.map(({ name }) => name))],
    spans: timeLine.map((trial) => ({
      trial: label(trial),
      spanMs: trial.spanMs,
      words: `${label(trial)}: ${formatDuration(trial.spanMs)}`,
    })),
    windows,
    failures,
    longestMs: Math.max(1, ...timeLine.map(({ spanMs }) => spanMs)),
  };
}
