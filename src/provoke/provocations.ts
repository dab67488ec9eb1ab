// All provocations that a plan can name, listed by hand, and the workloads with them as factors.

import type { Levels } from '../domain/cell.ts';
import { type ProvocationKind, UNPROVOKED } from '../domain/provocation.ts';
import type { Workload } from '../domain/workload.ts';
import { cpu } from './cpu.ts';
import { memory } from './memory.ts';
import { network } from './network.ts';
import { run } from './run.ts';
import { signal } from './signal.ts';
import { slowDevice } from './slow-device.ts';
import { stop } from './stop.ts';

export const PROVOCATIONS: readonly ProvocationKind[] = [
  stop,
  cpu,
  memory,
  slowDevice,
  signal,
  run,
  network,
];

/** The same workload with every provocation as a factor; what it does is the same. */
export function provokable(workload: Workload): Workload {
  const factors = PROVOCATIONS.map(({ factor }) => ({ ...factor, check: checkOf(factor) }));
  return {
    ...workload,
    factors: [...workload.factors, ...factors],
    refusal: (levels, directory) =>
      workload.refusal?.(levels, directory) ?? provocationRefusal(levels, directory),
  };
}

function checkOf({ check }: ProvocationKind['factor']) {
  return (text: string, where: string) =>
    text === UNPROVOKED ? text : (check?.(text, where) ?? text);
}

function provocationRefusal(levels: Levels, directory?: string): string | null {
  for (const kind of PROVOCATIONS) {
    const level = String(levels[kind.factor.name] ?? UNPROVOKED);
    const refusal = level === UNPROVOKED ? null : kind.refusal(level, levels, directory);
    if (refusal !== null) return `${kind.factor.name}=${level} is not possible here: ${refusal}`;
  }
  return null;
}
