// Balanced random order: every cell once, in random order, before any cell a second time. Seeded
// and repeatable; it learns nothing.

import type { Rng } from '../base/rng.ts';
import type { Cell } from '../domain/cell.ts';
import type { Schedule } from '../domain/ports.ts';

export function balancedSchedule(cells: readonly Cell[], rng: Rng): Schedule {
  let round = 0;
  let order = rng.fork(round).shuffle(cells);
  let at = 0;
  return {
    next: () => {
      if (at === order.length) {
        round++;
        order = rng.fork(round).shuffle(cells);
        at = 0;
      }
      return order[at++] ?? null;
    },
    learn: () => {},
    concluded: () => null,
    news: () => null,
  };
}
