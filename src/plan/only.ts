// Narrowing a plan from the command line: `--only factor=level` keeps the cells that have this
// level, `--factor name=a,b` replaces the levels of a factor. A replay command is made of the
// former.

import type { Cell, Level, Levels } from '../domain/cell.ts';
import { shellWord } from '../domain/command-text.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { FactorDeclaration, Plan } from '../domain/plan.ts';
import type { Workload } from '../domain/workload.ts';
import { completeLevels } from './expand.ts';
import { levelText, parseLevel } from './level.ts';
import { nearest } from './nearest.ts';

/** The cells that have all of these levels. @throws `unknown-factor`, `unknown-level` */
export function onlyCells<Kept extends Cell>(
  cells: readonly Kept[],
  wanted: readonly string[],
  workloads: readonly Workload[],
): Kept[] {
  let kept = [...cells];
  for (const text of wanted) {
    const [factor, written] = splitPair(text, '--only');
    const levels = levelsByWorkload(factor, written, cells, workloads);
    const before = kept;
    kept = kept.filter((cell) => hasLevel(cell, factor, written, levels, workloads));
    if (kept.length === 0) throw noCellHas(text, factor, before, workloads);
  }
  return kept;
}

function noCellHas(
  text: string,
  factor: string,
  cells: readonly Cell[],
  workloads: readonly Workload[],
): HeisenwriteError {
  const there = cells.flatMap(({ levels }) => {
    const workload = workloads.find((each) => each.name === levels.workload) as Workload;
    const level = completeLevels(levels, workload)[factor];
    const declaration = workload.factors.find((each) => each.name === factor);
    return level === undefined ? [] : [levelText(declaration, level)];
  });
  const levels = there.length > 0 ? [...new Set(there)].join(', ') : 'none';
  return new HeisenwriteError(
    'unknown-level',
    `no cell of the plan has --only ${text} (levels of ${factor} left in it: ${levels})`,
  );
}

/**
 * What `written` means to each workload of the cells that has this factor: `writer=direct` is a
 * level of mailbox and none of append, which is no mistake as long as one of them has it.
 */
function levelsByWorkload(
  factor: string,
  written: string,
  cells: readonly Cell[],
  workloads: readonly Workload[],
): Map<string, Level> {
  if (factor === 'workload' || factor === 'place') return new Map();
  const isDeclared = workloads.some(({ factors }) => factors.some(({ name }) => name === factor));
  if (!isDeclared && cells.some(({ levels }) => factor in levels)) return new Map();
  const present = new Set(cells.map((cell) => String(cell.levels.workload)));
  const levels = new Map<string, Level>();
  let refusal: unknown = null;
  for (const workload of workloads.filter(({ name }) => present.has(name))) {
    const declaration = workload.factors.find((each) => each.name === factor);
    if (!declaration) continue;
    try {
      levels.set(workload.name, parseLevel(declaration, written, `--only ${factor}`));
    } catch (error) {
      refusal ??= error;
    }
  }
  if (levels.size > 0) return levels;
  throw refusal ?? unknownFactor(factor, cells, [...present], workloads);
}

function hasLevel(
  { levels }: Cell,
  factor: string,
  written: string,
  meant: ReadonlyMap<string, Level>,
  workloads: readonly Workload[],
): boolean {
  // Of the cell itself, or of what the plan builds: no workload says what its levels mean.
  if (meant.size === 0) return levels[factor] === written;
  const level = meant.get(String(levels.workload));
  if (level === undefined) return false;
  const workload = workloads.find((each) => each.name === levels.workload) as Workload;
  return completeLevels(levels, workload)[factor] === level;
}

/** The plan with these levels in place of its own. @throws `unknown-factor`, `unknown-level` */
export function withFactors(
  plan: Plan,
  replacements: readonly string[],
  workloads: readonly Workload[],
): Plan {
  let { arms } = plan;
  for (const text of replacements) {
    const [factor, written] = splitPair(text, '--factor');
    let applied = false;
    let refusal: unknown = null;
    arms = arms.map((arm) => {
      const workload = workloads.find((each) => each.name === arm.workload) as Workload;
      const declaration = workload.factors.find((each) => each.name === factor);
      if (!declaration && factor in arm.factors) {
        applied = true;
        return { ...arm, factors: { ...arm.factors, [factor]: [...new Set(written.split(','))] } };
      }
      if (!declaration) return arm;
      try {
        const levels = writtenLevels(declaration, written).map((each) =>
          parseLevel(declaration, each, `--factor ${factor}`),
        );
        applied = true;
        return { ...arm, factors: { ...arm.factors, [factor]: [...new Set(levels)] } };
      } catch (error) {
        // Another arm may have a factor of this name with these levels.
        refusal ??= error;
        return arm;
      }
    });
    const present = arms.map((arm) => arm.workload);
    if (!applied) throw refusal ?? unknownFactor(factor, [], present, workloads);
  }
  return { ...plan, arms };
}

/** A command may well have commas in it; a quoted comma belongs to its level. */
function writtenLevels({ kind, check }: FactorDeclaration, written: string): string[] {
  if (kind !== 'text') return written.split(',');
  if (!check) return [written];
  return written.match(/(?:'[^']*'|"[^"]*"|[^,])+/g) ?? [written];
}

/** `--only unit=4KiB --only writer=direct`: what picks this cell alone out of its plan. */
export function onlyOptions(levels: Levels, workloads: readonly Workload[]): string {
  const workload = workloads.find((each) => each.name === levels.workload);
  return Object.entries(levels)
    .map(([factor, level]) => {
      const declaration = workload?.factors.find((each) => each.name === factor);
      return `--only ${shellWord(`${factor}=${levelText(declaration, level)}`)}`;
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
  present: readonly string[],
  workloads: readonly Workload[],
): HeisenwriteError {
  const declared = workloads
    .filter((workload) => present.includes(workload.name))
    .flatMap((workload) => workload.factors.map((each) => each.name));
  const names = [...new Set([...cells.flatMap((cell) => Object.keys(cell.levels)), ...declared])];
  const near = nearest(factor, names);
  return new HeisenwriteError(
    'unknown-factor',
    `no workload of the plan has a factor "${factor}"` +
      `${near ? `; did you mean "${near}"?` : ''} (factors: ${names.join(', ')})`,
  );
}
