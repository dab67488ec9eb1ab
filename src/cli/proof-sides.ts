// The two sides of a proof: cells of a stored hunt that fail, and what the fix makes of each. A fix
// is another level, another place, or a plan of its own; the two cells of a pair differ in nothing
// else.

import { existsSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Cell, Levels } from '../domain/cell.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { Plan, PlanTerms } from '../domain/plan.ts';
import type { Workload } from '../domain/workload.ts';
import { countOf, fewBest, type GuiltyCell, guiltyCells } from '../isolate/guilty-cells.ts';
import { schemeOf } from '../medium/media.ts';
import { completeLevels, expandPlan } from '../plan/expand.ts';
import { brokenConstraint, flipLevels, parseFlips } from '../plan/flip.ts';
import { onlyCells } from '../plan/only.ts';
import { bothTerms, termsOf } from '../plan/plan-terms.ts';
import { WORKLOADS } from '../workload/workloads.ts';
import { isPlanFile, planInFile } from './plan-source.ts';
import type { StoredHunt } from './stored-hunt.ts';

export interface SideOptions {
  readonly fixed: string;
  readonly place?: string;
  readonly only?: readonly string[];
  /** Whether the old side is run; if it is not, cells that never failed may stand for it. */
  readonly control: boolean;
}

/** A cell and where it is tried; the label of a place depends on which others there are. */
export interface PlacedCell {
  readonly levels: Levels;
  readonly path: string;
}

export interface PlacedPair {
  readonly old: PlacedCell & { readonly guilty: GuiltyCell };
  readonly fixed: PlacedCell;
}

export interface ProofSides {
  /** The fix as it was given, a path so that it holds from anywhere. */
  readonly fix: string;
  readonly pairs: readonly PlacedPair[];
  readonly terms: PlanTerms;
}

type Fix = (guilty: GuiltyCell, old: PlacedCell) => PlacedCell;

/**
 * The best few of the cells that fail, each with its partner.
 * @throws HeisenwriteError `no-control` where nothing failed, and as parseFlips, flipLevels and
 *   expandPlan
 */
export async function proofSides(hunt: StoredHunt, options: SideOptions): Promise<ProofSides> {
  const guilty = oldCells(hunt, options);
  const placed = guilty.map((cell) => ({ ...placedCell(cell, hunt, options.place), guilty: cell }));
  const terms = termsOf(hunt.stored.plan);
  if (isPlan(options.fixed, hunt)) {
    const plan = await planInFile(options.fixed);
    const sides = {
      fix: resolve(options.fixed),
      pairs: pairsWithPlan(placed, plan, options),
      terms: bothTerms(terms, plan),
    };
    checkTested(sides, options.fixed);
    return sides;
  }
  const fixOf = placeFix(options.fixed, hunt) ?? levelFix(options.fixed, hunt);
  const fix = isPlace(options.fixed, hunt) ? realPath(options.fixed) : options.fixed;
  const pairs = bestPairs(pairsWith(placed, fixOf, options));
  return { fix, pairs, terms };
}

/** In the order of their rates; without a control any cell of the hunt will do. */
function oldCells({ report, directory }: StoredHunt, options: SideOptions): GuiltyCell[] {
  const { only = [] } = options;
  const failing = guiltyCells(report);
  if (failing.length > 0) return onlyCells(failing, only, WORKLOADS);
  if (!options.control) return onlyCells(report.cells.map(countOf), only, WORKLOADS);
  throw new HeisenwriteError(
    'no-control',
    `no trial of ${directory} failed: there is nothing that a fix could be proven against`,
  );
}

/** @param place instead of its own */
export function placedCell(
  { levels }: Pick<Cell, 'levels'>,
  { header }: Pick<StoredHunt, 'header'>,
  place?: string,
): PlacedCell {
  const { place: label, ...rest } = levels;
  const own = header.places[String(label)] ?? Object.values(header.places)[0];
  return { levels: rest, path: realPath(place ?? (own as string)) };
}

function isPlan(fixed: string, { header }: StoredHunt): boolean {
  return !(fixed in header.places) && !fixed.includes('=') && isPlanFile(fixed);
}

/** `--fixed xfs`, `place=xfs`, `/mnt/patched`, `sftp://new/dir`: the same cells elsewhere. */
function placeFix(fixed: string, hunt: StoredHunt): Fix | null {
  const { header } = hunt;
  const label = fixed.startsWith('place=') ? fixed.slice('place='.length) : fixed;
  const path = header.places[label] ?? (isPlace(label, hunt) ? label : null);
  if (path !== null) return (_, { levels }) => ({ levels, path: realPath(path) });
  if (fixed.includes('=') && label === fixed) return null;
  const labels = Object.keys(header.places).join(', ');
  throw new HeisenwriteError(
    'unknown-level',
    `--fixed: "${fixed}" is no FACTOR=LEVEL, no place of the hunt (${labels}), no directory, ` +
      `no URL and no plan file${levelHint(fixed, hunt)}`,
    { remedy: 'give the level that repairs it, for example --fixed writer=direct' },
  );
}

function isPlace(fixed: string, { header }: StoredHunt): boolean {
  if (schemeOf(fixed) !== null) return true;
  return !(fixed in header.places) && existsSync(fixed) && statSync(fixed).isDirectory();
}

function levelHint(fixed: string, { stored }: StoredHunt): string {
  const factors = stored.cells.flatMap(({ levels }) => workloadOf(levels).factors);
  const owner = factors.find(({ choices = [] }) => choices.includes(fixed));
  return owner ? `; did you mean ${owner.name}=${fixed}?` : '';
}

function levelFix(fixed: string, { stored }: StoredHunt): Fix {
  const flips = parseFlips(fixed);
  if (flips.some(([factor]) => factor === 'workload' || factor === 'place')) {
    throw new HeisenwriteError(
      'invalid-option',
      `--fixed ${fixed}: another workload, or a place together with levels, takes a plan`,
      { remedy: 'write the fixed side as a plan file: --fixed plan.json (see docs/plans.md)' },
    );
  }
  return ({ levels: named }, { levels, path }) => {
    const workload = workloadOf(named);
    // The user's own constraints are kept where the failing cell keeps them.
    const constraints = stored.plan.arms
      .filter((arm) => arm.workload === workload.name)
      .flatMap((arm) => arm.constraints)
      .filter((text) => brokenConstraint(levels, workload, [text]) === null);
    return { levels: flipLevels(levels, flips, workload, constraints), path };
  };
}

/** A cell that cannot be fixed so is left out; with none left the first refusal says why. */
function pairsWith(
  placed: readonly PlacedPair['old'][],
  fix: Fix,
  { fixed }: SideOptions,
): PlacedPair[] {
  let refusal: unknown = null;
  const pairs = placed.flatMap((old): PlacedPair[] => {
    try {
      return [{ old, fixed: fix(old.guilty, old) }];
    } catch (error) {
      refusal ??= error;
      return [];
    }
  });
  if (pairs.length === 0) throw refusal;
  const differing = pairs.filter((pair) => keyOf(pair.old) !== keyOf(pair.fixed));
  if (differing.length === 0) throw sameSides(fixed);
  return differing.map(({ old, fixed }) => ({
    old: { ...old, levels: alike(old.levels, fixed.levels) },
    fixed,
  }));
}

/** Each cell of the plan with the failing cell that is most like it. */
function pairsWithPlan(
  placed: readonly PlacedPair['old'][],
  plan: Plan,
  { fixed }: SideOptions,
): PlacedPair[] {
  const best = fewBest(placed.map((old) => ({ ...old.guilty, old }))).map(({ old }) => old);
  const paths = Object.values(plan.places).map(realPath);
  const oldKeys = new Set(best.map(keyOf));
  const cells = expandPlan({ ...plan, places: {} }, WORKLOADS);
  const pairs = cells.flatMap(({ levels }) => {
    const [old] = best.toSorted((a, b) => likeness(b.levels, levels) - likeness(a.levels, levels));
    if (!old) return [];
    const at = paths.length > 0 ? paths : [old.path];
    return at.map((path) => ({ old, fixed: { levels, path } }));
  });
  const differing = pairs.filter((pair) => !oldKeys.has(keyOf(pair.fixed)));
  if (differing.length === 0) throw sameSides(fixed);
  return differing;
}

function sameSides(fixed: string): HeisenwriteError {
  return new HeisenwriteError(
    'invalid-option',
    `--fixed ${fixed}: this is the old side, which failed`,
    { remedy: 'give what the fix changes, for example another level of a factor' },
  );
}

function bestPairs(pairs: readonly PlacedPair[]): PlacedPair[] {
  return fewBest(pairs.map((pair) => ({ ...pair, ...pair.old.guilty }))).map(({ old, fixed }) => ({
    old,
    fixed,
  }));
}

/** A fixed side that tests nothing that is expected could not fail, and would prove nothing. */
function checkTested({ pairs, terms: { expectations } }: ProofSides, fixed: string): void {
  const untested = pairs.find(({ fixed: { levels } }) => {
    const { promises, promisesItself } = workloadOf(levels);
    return !promisesItself && !expectations.some(({ promise }) => promises.includes(promise));
  });
  if (!untested) return;
  const { name, promises } = workloadOf(untested.fixed.levels);
  throw new HeisenwriteError(
    'invalid-plan',
    `${fixed}: workload ${name} tests nothing that is expected, so that it cannot fail`,
    { remedy: `let the plan expect one of: ${promises.join(', ')}` },
  );
}

/** With the factors that the fix names, so that both sides of a table say them. */
function alike(levels: Levels, fixed: Levels): Levels {
  const complete = completeLevels(levels, workloadOf(levels));
  const added = Object.keys(fixed).filter((name) => !(name in levels));
  return { ...levels, ...Object.fromEntries(added.map((name) => [name, complete[name] ?? ''])) };
}

function likeness(old: Levels, fixed: Levels): number {
  const [a, b] = [old, fixed].map((levels) => completeLevels(levels, workloadOf(levels)));
  return Object.entries(a ?? {}).filter(([name, level]) => b?.[name] === level).length;
}

/** The same for the same trial in the same place, whatever factors are named. */
export function keyOf({ levels, path }: PlacedCell): string {
  const complete = Object.entries(completeLevels(levels, workloadOf(levels)));
  return JSON.stringify([path, complete.toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}

export function workloadOf(levels: Levels): Workload {
  return WORKLOADS.find(({ name }) => name === levels.workload) as Workload;
}

/** As it is where it does not exist: that is refused later, with its reason. */
function realPath(place: string): string {
  if (schemeOf(place) !== null) return place;
  return existsSync(place) ? realpathSync(place) : resolve(place);
}
