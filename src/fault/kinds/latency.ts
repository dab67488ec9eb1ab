// A call that takes longer, by a fixed time and a jitter around it.

import type { Rng } from '../../base/rng.ts';
import type { Fault } from '../../domain/fault.ts';

/** Milliseconds, 0 or more; even in [time - jitter, time + jitter]. */
export function latencyMs({ values }: Fault, rng: Rng): number {
  const jitter = Number(values.jitter ?? 0);
  return Math.max(0, Number(values.time) + (jitter === 0 ? 0 : (rng.uniform() * 2 - 1) * jitter));
}
