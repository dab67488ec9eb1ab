// Adaptive order: balanced until something fails, then the cells that tell best what the failure
// needs. What that is, the adviser knows; this maps its cells and outcomes to those of a hunt.

import type { Cell } from '../domain/cell.ts';
import type { Adviser, Schedule } from '../domain/ports.ts';
import { hasFailed } from '../domain/trial.ts';

/**
 * @param describe what the adviser has come to, in a sentence; asked when it does something else
 */
export function adaptiveSchedule(
  cells: readonly Cell[],
  adviser: Adviser,
  describe: () => string | null,
): Schedule {
  const positions = new Map(cells.map((cell, position) => [cell.index, position]));
  let stage = adviser.stage;
  return {
    next: () => cells[adviser.next()] ?? null,
    learn: (cell, verdict) => {
      const position = positions.get(cell.index);
      if (position === undefined) return;
      adviser.learn(position, hasFailed(verdict));
    },
    concluded: () => (adviser.isSettled ? 'what the failures need was isolated' : null),
    news: () => {
      if (adviser.stage === stage) return null;
      stage = adviser.stage;
      return describe();
    },
  };
}
