// Seeded decisions. A seed repeats *decisions*, not outcomes. Streams are forked by name so that a
// new draw in one place does not shift the decisions of another.

import { createHash, randomBytes } from 'node:crypto';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

export interface Rng {
  /** The text from which this stream was derived; the same text gives the same draws. */
  readonly seed: string;
  /** An independent stream: the same name always gives the same one, whatever was drawn before. */
  fork(name: string | number): Rng;
  /** Uniform integer in [low, high], both inclusive. */
  integer(low: number, high: number): number;
  /** Uniform in [0, 1). */
  uniform(): number;
  pick<T>(items: readonly T[]): T;
  /** A new array in random order (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[];
}

export function createRng(seed: string): Rng {
  const digest = createHash('sha256').update(seed).digest();
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((at) => digest.readInt32LE(at)));
  const integer = (low: number, high: number) => uniformInt(generator, low, high);
  const rng: Rng = {
    seed,
    fork: (name) => createRng(`${seed}/${name}`),
    integer,
    uniform: () => integer(0, 2 ** 31 - 1) / 2 ** 31,
    pick: (items) => items[integer(0, items.length - 1)] as (typeof items)[number],
    shuffle: (items) => {
      const out = [...items];
      for (let last = out.length - 1; last > 0; last--) {
        const other = integer(0, last);
        [out[last], out[other]] = [out[other] as never, out[last] as never];
      }
      return out;
    },
  };
  return rng;
}

/** A seed to use where none was given: short enough to be typed again from a screen. */
export function freshSeed(): string {
  return randomBytes(4).toString('hex');
}

/** 16 hex digits that name a hunt; never derived from the seed, so that repeats do not collide. */
export function freshHuntNumber(): string {
  return randomBytes(8).toString('hex');
}
