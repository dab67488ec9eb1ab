// The cells of a proof hunt: those of both sides with the labels of their places, less those that
// cannot be tried here, and which of them make a pair.

import { binomialInterval } from '../base/binomial-interval.ts';
import type { Cell, Levels } from '../domain/cell.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { Count } from '../domain/isolation.ts';
import type { CountedCell, ProofQuestion } from '../domain/proof.ts';
import { countOf, type GuiltyCell } from '../isolate/guilty-cells.ts';
import { completeLevels } from '../plan/expand.ts';
import { otherMediaOf } from '../plan/other-media.ts';
import { boundText, proportionText } from '../report/rate-words.ts';
import { WORKLOADS } from '../workload/workloads.ts';
import { labelPlaces } from './hunt-ground.ts';
import { type CheckedPlaces, fitOn, type Whereabouts } from './places.ts';
import {
  keyOf,
  type PlacedCell,
  type PlacedPair,
  type ProofSides,
  placedCell,
  workloadOf,
} from './proof-sides.ts';
import type { StoredHunt } from './stored-hunt.ts';

export interface ProofCells {
  readonly cells: readonly Cell[];
  /** Positions among the cells; without a control the old one is the fixed one, and is not run. */
  readonly pairs: ProofQuestion['pairs'];
  readonly oldCells: readonly Levels[];
}

/** Places by label: as in the stored hunt where it has one, else by its last path element. */
export function placesOf(
  { pairs }: ProofSides,
  { header }: StoredHunt,
  control: boolean,
): Whereabouts {
  const all = pairs.flatMap(({ old, fixed }) => (control ? [old, fixed] : [fixed]));
  const paths = [...new Set(all.map(({ path }) => path))];
  const known = Object.entries(header.places).filter(([, path]) => paths.includes(path));
  const further = paths.filter((path) => !known.some(([, each]) => each === path));
  const labelled = labelPlaces([...known.map(([label]) => `/${label}`), ...further]);
  const added = Object.entries(labelled).filter(([, path]) => further.includes(path));
  const others = otherMediaOf(
    all.map(({ levels }) => levels),
    WORKLOADS,
  );
  return { places: Object.fromEntries([...known, ...added]), others };
}

/**
 * The cells of those pairs of which both sides can be tried.
 * @throws HeisenwriteError `impossible-constraint`, `no-space`
 */
export function cellsOf(
  { pairs }: ProofSides,
  places: CheckedPlaces,
  control: boolean,
): ProofCells & { readonly fitting: readonly PlacedPair[]; readonly leftOut: readonly string[] } {
  const { paths } = places;
  const all = layOut(pairs, paths, control);
  const fit = fitOn(places, all.cells);
  const fits = (position: number) => fit.cells.some(({ index }) => index === position);
  const fitting = pairs.filter((_, at) => {
    const { old, fixed } = all.pairs[at] as ProofQuestion['pairs'][number];
    return fits(old) && fits(fixed);
  });
  if (fitting.length > 0) {
    return { ...layOut(fitting, paths, control), fitting, leftOut: fit.leftOut };
  }
  throw new HeisenwriteError(
    'impossible-constraint',
    `no failing cell can be tried together with its fixed one: ${fit.leftOut.join('; ')}`,
    { remedy: 'prove it on another place: --place DIR' },
  );
}

/** Cells name their place only where there are several, as in every plan. */
function layOut(
  pairs: readonly PlacedPair[],
  places: CheckedPlaces['paths'],
  control: boolean,
): ProofCells {
  const labels = new Map(Object.entries(places).map(([label, path]) => [path, label]));
  const cells: Cell[] = [];
  const known = new Map<string, number>();
  const placed = ({ levels, path }: PlacedCell): Levels => {
    const { workload = '', ...factors } = levels;
    return labels.size > 1
      ? { workload, place: labels.get(path) ?? path, ...factors }
      : { workload, ...factors };
  };
  const positionOf = (cell: PlacedCell): number => {
    const levels = placed(cell);
    const key = JSON.stringify(completeLevels(levels, workloadOf(levels)));
    const position = known.get(key) ?? cells.length;
    if (position === cells.length) cells.push({ index: position, levels });
    known.set(key, position);
    return position;
  };
  const positions = pairs.map(({ old, fixed }) => {
    const first = positionOf(control ? old : fixed);
    return { old: first, fixed: positionOf(fixed) };
  });
  const oldCells = new Map(pairs.map(({ old }) => [JSON.stringify(placed(old)), placed(old)]));
  return { cells, pairs: positions, oldCells: [...oldCells.values()] };
}

/** What the old cells of these pairs have shown before. */
export function beforeOf(pairs: readonly PlacedPair[]): Count {
  const cells = new Map(pairs.map(({ old: { guilty } }) => [guilty.index, guilty]));
  const sum = (count: keyof Count) => [...cells.values()].reduce((n, each) => n + each[count], 0);
  return { trials: sum('trials'), failures: sum('failures') };
}

/** What failed in the hunt: of the fixed cells, and of those that are on neither side. */
export function failuresOf(
  pairs: readonly PlacedPair[],
  hunt: Pick<StoredHunt, 'header' | 'report'>,
): Required<Pick<ProofQuestion, 'failedBefore' | 'notCovered'>> {
  const fixed = new Set(pairs.map((pair) => keyOf(pair.fixed)));
  const old = new Set(pairs.map((pair) => pair.old.guilty.index));
  const failing = hunt.report.cells.map(countOf).filter(({ failures }) => failures > 0);
  const isFixed = (cell: GuiltyCell) => fixed.has(keyOf(placedCell(cell, hunt)));
  const counted = ({ levels, trials, failures }: GuiltyCell): CountedCell => ({
    levels,
    trials,
    failures,
  });
  return {
    failedBefore: failing.filter(isFixed).map(counted),
    notCovered: failing.filter((cell) => !isFixed(cell) && !old.has(cell.index)).map(counted),
  };
}

/**
 * A rate that is given for the old side must not be one that its own hunt excludes.
 * @throws HeisenwriteError
 */
export function checkGivenRate(rate: number | null, { failures, trials }: Count, of: string): void {
  const { low, high } = binomialInterval(failures, trials);
  if (rate === null || low === null || high === null || rate <= high) return;
  const most = boundText(high, 'up');
  const lower = low > 0 ? `, for example ${boundText(low, 'down')}` : '';
  throw new HeisenwriteError(
    'invalid-option',
    `--without-control ${proportionText(rate)}: in hunt ${of} these cells failed in ${failures} ` +
      `of ${trials} trials, under ${most}, so that they do not fail as often`,
    {
      remedy:
        `give a rate that the hunt does not exclude (at most ${most}${lower}), or leave out ` +
        '--without-control, so that the old side is run, too',
    },
  );
}
