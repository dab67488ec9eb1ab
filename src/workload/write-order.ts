// The orders in which a file's writes can be issued.

import { createRng } from '../base/rng.ts';

export const WRITE_ORDERS = ['sequential', 'random', 'reverse', 'interleaved'] as const;
export type WriteOrder = (typeof WRITE_ORDERS)[number];

/**
 * `interleaved` alternates between the two halves of the list, as two streams into one file do.
 * @param seed only `random` uses it
 */
export function ordered(items: readonly number[], order: WriteOrder, seed: string): number[] {
  switch (order) {
    case 'sequential':
      return [...items];
    case 'reverse':
      return [...items].reverse();
    case 'random':
      return createRng(seed).fork('order').shuffle(items);
    case 'interleaved': {
      const half = Math.ceil(items.length / 2);
      return items.map(
        (_, index) => items[index % 2 === 0 ? index / 2 : half + (index - 1) / 2] as number,
      );
    }
  }
}
