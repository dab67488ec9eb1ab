// What a medium keeps and does not keep, in sentences with bounds, from the promise counts of the
// cells. Cells are grouped by mode (who writes and reads how); within a mode the sizes below the
// smallest that was broken are told apart from the others, and those that were tried too little
// from those of which something can be said. A larger size that happened to hold is no guarantee
// where a smaller one did not.

import type { Levels } from '../domain/cell.ts';
import type { CellReport, Guarantee } from '../domain/hunt-report.ts';
import type { PromiseName } from '../domain/promise.ts';
import { type GuaranteePart, guaranteeSentence, type Sized } from './guarantee-sentence.ts';
import { adviceFor, sizeOf } from './guarantee-words.ts';
import { knownOf, notPromised } from './known-behaviour.ts';
import { PROMISES_OF_WORKLOADS } from './promise-sums.ts';
import { countInterval, effectiveChances } from './rate-words.ts';

interface Group {
  readonly promise: PromiseName;
  readonly expected: boolean;
  readonly mode: Levels;
  readonly sizes: Sized[];
}

/** Fewer chances bound a rate of 0 only above 5 %: nobody should call that kept. */
const CHANCES_MIN = 60;

/**
 * @param fileSystems label of the place to the type of its file system (`ext4`)
 */
export function guaranteesOf(
  cells: readonly CellReport[],
  fileSystems: Readonly<Record<string, string>>,
): Guarantee[] {
  const groups = groupsOf(cells).map((group) => ({ ...group, sizes: mergeSizes(group.sizes) }));
  const parts = groups.filter((group) => !isKeptFreshness(group)).flatMap(partsOf);
  return [...parts, ...joinKeptFreshness(groups, cells)].map((part) => {
    const fileSystem =
      fileSystems[String(part.mode.place ?? Object.keys(fileSystems)[0])] ?? 'unknown';
    return guaranteeOf(part, fileSystem);
  });
}

function groupsOf(cells: readonly CellReport[]): Group[] {
  const groups = new Map<string, Group>();
  for (const cell of cells) {
    for (const { promise, expected, tries, broken, chances = tries } of cell.promises) {
      if (tries === 0) continue;
      const { bytes, mode } = sizeOf(promise, cell.levels);
      const key = JSON.stringify([promise, mode]);
      const group = groups.get(key) ?? { promise, expected, mode, sizes: [] };
      groups.set(key, group);
      group.sizes.push({ bytes, tries, broken, chances: Math.min(tries, chances) });
    }
  }
  return [...groups.values()];
}

function partsOf({ sizes, ...group }: Group): GuaranteePart[] {
  const smallest = sizes.find((size) => size.broken > 0)?.bytes ?? Number.POSITIVE_INFINITY;
  const held = sizes.filter((size) => size.bytes < smallest);
  const parts: GuaranteePart[] = [
    { ...group, outcome: 'kept', sizes: held.filter(isEnough) },
    { ...group, outcome: 'too-few', sizes: held.filter((size) => !isEnough(size)) },
    { ...group, outcome: 'broken', sizes: sizes.filter((size) => size.bytes >= smallest) },
  ];
  return parts.filter((part) => part.sizes.length > 0);
}

const isEnough = (size: Sized) => size.chances >= CHANCES_MIN;

const isKeptFreshness = ({ promise, sizes }: Group) =>
  promise === 'fresh-read' && sizes.every((size) => size.broken === 0);

/**
 * Freshness is tested beside another promise in every mode, so where it is kept everywhere one
 * sentence says so, instead of one for each mode; modes in which it is broken stand alone. The
 * sizes of different modes stay apart, since the bound is to hold for each mode.
 */
function joinKeptFreshness(
  groups: readonly Group[],
  cells: readonly CellReport[],
): GuaranteePart[] {
  const joined = new Map<string, GuaranteePart>();
  for (const part of groups.filter(isKeptFreshness).flatMap(partsOf)) {
    const mode: Levels = part.mode.place === undefined ? {} : { place: part.mode.place };
    const key = JSON.stringify([mode, part.outcome]);
    const before = joined.get(key)?.sizes ?? [];
    joined.set(key, { ...part, mode, sizes: [...before, ...part.sizes] });
  }
  return [...joined.values()].map((part) => {
    const here = ({ mode }: { readonly mode: Levels }) => mode.place === part.mode.place;
    const others =
      groups.some((group) => here(group) && isBrokenFreshness(group)) ||
      (part.outcome === 'kept' && [...joined.values()].some((o) => here(o) && isTooFew(o)));
    const untried = cells.some((cell) => isUntriedFreshness(cell, part.mode.place));
    const every = `every ${others ? 'other ' : ''}mode${untried ? ' that was tried' : ''}`;
    return { ...part, scope: isTooFew(part) ? 'modes that were hardly tried' : every };
  });
}

const isTooFew = (part: GuaranteePart) => part.outcome === 'too-few';

const isBrokenFreshness = (group: Group) =>
  group.promise === 'fresh-read' && !isKeptFreshness(group);

function isUntriedFreshness({ levels, promises }: CellReport, place: Levels[string] | undefined) {
  const meant = PROMISES_OF_WORKLOADS.get(String(levels.workload))?.includes('fresh-read') ?? false;
  const tried = promises.some((each) => each.promise === 'fresh-read' && each.tries > 0);
  return meant && !tried && levels.place === place;
}

function mergeSizes(sizes: readonly Sized[]): Sized[] {
  const merged = new Map<number, Sized>();
  for (const { bytes, tries, broken, chances } of sizes) {
    const sum = merged.get(bytes) ?? { bytes, tries: 0, broken: 0, chances: 0 };
    merged.set(bytes, {
      bytes,
      tries: sum.tries + tries,
      broken: sum.broken + broken,
      chances: sum.chances + chances,
    });
  }
  return [...merged.values()].sort((a, b) => a.bytes - b.bytes);
}

function guaranteeOf(part: GuaranteePart, fileSystem: string): Guarantee {
  const { promise, expected, mode, sizes, outcome } = part;
  const [tries, chances, broken] = (['tries', 'chances', 'broken'] as const).map((count) =>
    sizes.reduce((sum, size) => sum + size[count], 0),
  ) as [number, number, number];
  const kept = outcome !== 'broken';
  const advice = adviceFor(promise, kept, mode);
  const known = knownOf(fileSystem, promise, mode);
  const caveat = outcome === 'kept' ? notPromised(fileSystem, known) : null;
  // What is known of a broken promise says nothing beside one that was not tested or not seen.
  const tellsKnown = known !== undefined && caveat === null && outcome !== 'too-few';
  return {
    promise,
    kept,
    ...(outcome === 'too-few' ? { enough: false } : {}),
    expected,
    mode,
    words: guaranteeSentence(part, caveat),
    ...(advice ? { advice } : {}),
    ...(tellsKnown ? { known } : {}),
    tries,
    broken,
    chances,
    ...(kept ? boundOf(sizes) : rateOf(broken, tries, sizes)),
  };
}

/** The largest of the sizes, so that it holds for each. */
function boundOf(sizes: readonly Sized[]): Pick<Guarantee, 'bound'> {
  const fewest = Math.min(...sizes.map((size) => size.chances));
  const bound = countInterval(0, fewest).high;
  return bound === null ? {} : { bound };
}

function rateOf(broken: number, tries: number, sizes: readonly Sized[]) {
  const { rate, low, high } = countInterval(broken, tries, effectiveChances(sizes));
  return rate === null || low === null || high === null ? {} : { rate, low, high };
}

/** The sizes of one guarantee's mode that were broken, the smallest first. */
export function brokenSizes(
  cells: readonly CellReport[],
  { promise, mode }: Pick<Guarantee, 'promise' | 'mode'>,
): Sized[] {
  const key = JSON.stringify(mode);
  const sizes = cells.flatMap((cell) => {
    const tested = cell.promises.find((each) => each.promise === promise);
    const sized = sizeOf(promise, cell.levels);
    if (!tested || JSON.stringify(sized.mode) !== key) return [];
    const { tries, broken, chances = tries } = tested;
    return [{ bytes: sized.bytes, tries, broken, chances }];
  });
  return mergeSizes(sizes).filter((size) => size.broken > 0);
}
