// A search for origins that spares itself: a file that is foreign from end to end (the wrong disk
// image, an encrypted copy) need not be searched at each of its bytes. After long fruitless search
// only the beginning of each region is tried, so that a longer displaced run is still found.

import type { Origins } from './segmenter.ts';

/** So much is searched byte by byte before it is given up. */
const FRUITLESS_BYTES_MAX = 16 * 2 ** 20;
const TRIED_BYTES = 4096;

export function sparing(origins: Origins): Origins {
  let fruitless = 0;
  return {
    next(from, limit) {
      const spared = fruitless > FRUITLESS_BYTES_MAX;
      const to = spared ? Math.min(limit, from + TRIED_BYTES) : limit;
      const anchor = origins.next(from, to);
      fruitless = anchor ? 0 : fruitless + to - from;
      return anchor;
    },
  };
}
