// The other media of cells: where their trials write besides their place.

import type { Levels } from '../domain/cell.ts';
import type { Workload } from '../domain/workload.ts';
import { completeLevels } from './expand.ts';

/** @returns URLs, each once */
export function otherMediaOf(cells: readonly Levels[], workloads: readonly Workload[]): string[] {
  const urls = cells.flatMap((levels) => {
    const workload = workloads.find(({ name }) => name === levels.workload);
    return workload?.otherMedia?.(completeLevels(levels, workload)) ?? [];
  });
  return [...new Set(urls)];
}
