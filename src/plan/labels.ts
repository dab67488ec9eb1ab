// Labels of a plan: factors that only name what a trial ran on or with (a host, a build, a kernel).
// Nothing is done for their levels; a fault may be planted where a cell has them, and a table of
// trials that were made elsewhere has them by nature.

import { z } from 'zod';
import { HeisenwriteError } from '../domain/errors.ts';

const level = z.string().min(1).max(80);

export const labelsSchema = z.record(z.string(), z.union([level, z.array(level).min(1)]));

const NAME = /^[a-z][a-z-]*$/;

/**
 * @param taken names that a label may not have, since cells have them already
 * @throws HeisenwriteError `invalid-plan`
 */
export function normaliseLabels(
  written: z.output<typeof labelsSchema>,
  source: string,
  taken: readonly string[],
): Readonly<Record<string, readonly string[]>> {
  const labels = Object.entries(written).map(([name, levels]) => {
    const where = `${source}: labels.${name}`;
    if (!NAME.test(name)) {
      throw new HeisenwriteError('invalid-plan', `${where} is no name of a factor (a-z and "-")`);
    }
    if (taken.includes(name)) {
      throw new HeisenwriteError(
        'invalid-plan',
        `${where} has the name of a factor that cells have already`,
      );
    }
    return [name, [...new Set([levels].flat())]];
  });
  return Object.fromEntries(labels);
}
