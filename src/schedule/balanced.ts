// Balanced random order: every cell once, in random order, before any cell a second time. Seeded
// and repeatable; it learns nothing, so a resumed hunt only has to ask it again as often as before.

import type { Rng } from '../base/rng.ts';
import type { Cell } from '../domain/cell.ts';
import type { Schedule } from '../domain/ports.ts';

/** @param done trials that the hunt has had already (0 unless it is resumed) */
export function balancedSchedule(cells: readonly Cell[], rng: Rng, done = 0): Schedule {
  let round = Math.floor(done / cells.length);
  let order = rng.fork(round).shuffle(cells);
  let at = done % cells.length;
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
  };
}
