// Narrowing a plan from the command line: `--only factor=level` keeps the cells that have this level,
// `--factor name=a,b` replaces the levels of a factor. A replay command is made of the former.

import type { Cell, Level, Levels } from '../domain/cell.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import type { Workload } from '../domain/workload.ts';
import { completeLevels } from './expand.ts';
import { levelText, parseLevel } from './level.ts';
import { nearest } from './nearest.ts';

/** The cells that have all of these levels. @throws `unknown-factor`, `unknown-level` */
export function onlyCells(
  cells: readonly Cell[],
  wanted: readonly string[],
  workloads: readonly Workload[],
): Cell[] {
  let kept = [...cells];
  for (const text of wanted) {
    const [factor, written] = splitPair(text, '--only');
    kept = kept.filter((cell) => hasLevel(cell, factor, written, cells, workloads));
  }
  if (kept.length > 0) return kept;
  const what = wanted.map((text) => `--only ${text}`).join(' ');
  throw new HeisenwriteError('unknown-level', `no cell of the plan has ${what}`);
}

function hasLevel(
  cell: Cell,
  factor: string,
  written: string,
  cells: readonly Cell[],
  workloads: readonly Workload[],
): boolean {
  if (factor === 'workload' || factor === 'place') return cell.levels[factor] === written;
  const declared = workloads.flatMap((each) => each.factors).some((each) => each.name === factor);
  if (!declared) throw unknownFactor(factor, cells);
  const workload = workloads.find((each) => each.name === cell.levels.workload) as Workload;
  const declaration = workload.factors.find((each) => each.name === factor);
  if (!declaration) return false;
  const level = parseLevel(declaration, written, `--only ${factor}`);
  return completeLevels(cell.levels, workload)[factor] === level;
}

/** The plan with these levels in place of its own. @throws `unknown-factor`, `unknown-level` */
export function withFactors(
  plan: Plan,
  replacements: readonly string[],
  workloads: readonly Workload[],
): Plan {
  let arms = plan.arms;
  for (const text of replacements) {
    const [factor, written] = splitPair(text, '--factor');
    let applied = false;
    arms = arms.map((arm) => {
      const workload = workloads.find((each) => each.name === arm.workload) as Workload;
      const declaration = workload.factors.find((each) => each.name === factor);
      if (!declaration) return arm;
      applied = true;
      const levels = written
        .split(',')
        .map((each) => parseLevel(declaration, each, `--factor ${factor}`));
      return { ...arm, factors: { ...arm.factors, [factor]: levels as Level[] } };
    });
    if (!applied) throw unknownFactor(factor, [], workloads);
  }
  return { ...plan, arms };
}

/** `--only unit=4KiB --only writer=direct`: what picks this cell alone out of its plan. */
export function onlyOptions(levels: Levels, workloads: readonly Workload[]): string {
  const workload = workloads.find((each) => each.name === levels.workload);
  return Object.entries(levels)
    .map(([factor, level]) => {
      const declaration = workload?.factors.find((each) => each.name === factor);
      return `--only ${factor}=${levelText(declaration, level)}`;
    })
    .join(' ');
}

function splitPair(text: string, option: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw new HeisenwriteError(
    'invalid-option',
    `${option} takes FACTOR=LEVEL, for example ${option} unit=4KiB, not "${text}"`,
  );
}

function unknownFactor(
  factor: string,
  cells: readonly Cell[],
  workloads: readonly Workload[] = [],
): HeisenwriteError {
  const names = [
    ...new Set([
      ...cells.flatMap((cell) => Object.keys(cell.levels)),
      ...workloads.flatMap((workload) => workload.factors.map((each) => each.name)),
    ]),
  ];
  const near = nearest(factor, names);
  return new HeisenwriteError(
    'unknown-factor',
    `no workload of the plan has a factor "${factor}"` +
      `${near ? `; did you mean "${near}"?` : ''} (factors: ${names.join(', ')})`,
  );
}
