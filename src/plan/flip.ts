// What `--fixed writer=direct` makes of a cell that fails: the same cell with another level, where
// the workload has such a level and no constraint forbids it.

import type { Level, Levels } from '../domain/cell.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { Workload } from '../domain/workload.ts';
import { parseConstraint } from './constraint.ts';
import { findFactor } from './define-plan.ts';
import { completeLevels } from './expand.ts';
import { parseLevel } from './level.ts';

const OPTION = '--fixed';

/** `writer=direct,reader=direct` as pairs. @throws HeisenwriteError `invalid-option` */
export function parseFlips(text: string): [factor: string, written: string][] {
  return text.split(',').map((part) => {
    const at = part.indexOf('=');
    const factor = part.slice(0, at).trim();
    const written = part.slice(at + 1).trim();
    if (at > 0 && factor !== '' && written !== '') return [factor, written];
    throw new HeisenwriteError(
      'invalid-option',
      `${OPTION} takes FACTOR=LEVEL, for example ${OPTION} writer=direct, not "${part}"`,
    );
  });
}

/**
 * The levels with those of `flips` in place of their own.
 * @param constraints those of the plan; the workload's hold besides
 * @throws HeisenwriteError `unknown-factor`, `unknown-level`, `invalid-size`, or
 *   `impossible-constraint` with the constraint that forbids it
 */
export function flipLevels(
  levels: Levels,
  flips: readonly (readonly [factor: string, written: string])[],
  workload: Workload,
  constraints: readonly string[],
): Levels {
  const flipped: Record<string, Level> = { ...levels };
  for (const [factor, written] of flips) {
    if (isOfBuild(factor, levels, workload)) {
      flipped[factor] = written;
      continue;
    }
    const declaration = findFactor(workload, factor, OPTION);
    flipped[factor] = parseLevel(declaration, written, `${OPTION} ${factor}`);
  }
  const broken = brokenConstraint(flipped, workload, constraints);
  if (broken === null) return flipped;
  const given = flips.map((flip) => flip.join('=')).join(',');
  throw new HeisenwriteError(
    'impossible-constraint',
    `${OPTION} ${given}: the constraint "${broken}" forbids it for every cell that failed`,
    { remedy: `give the other factor with it: ${OPTION} FACTOR=LEVEL,OTHER=LEVEL` },
  );
}

/** A factor that the cell has from what the plan builds: any text may be its level. */
function isOfBuild(factor: string, levels: Levels, { factors }: Workload): boolean {
  return factor in levels && !factors.some(({ name }) => name === factor);
}

/** The text of the first one that these levels break, or null. */
export function brokenConstraint(
  levels: Levels,
  workload: Workload,
  constraints: readonly string[],
): string | null {
  const names = [...workload.factors.map(({ name }) => name), ...Object.keys(levels)];
  const complete = completeLevels(levels, workload);
  const texts = [...workload.constraints, ...constraints];
  return texts.find((text) => !parseConstraint(text, names).holds(complete)) ?? null;
}
