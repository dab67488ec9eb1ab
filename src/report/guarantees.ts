// What a medium keeps and does not keep, in sentences with bounds, from the promise counts of the
// cells. Cells are grouped by mode (who writes and reads how); within a mode the sizes below the
// smallest that was broken are told apart from the others. A larger size that happened to hold is
// no guarantee where a smaller one did not.

import { formatSize } from '../base/quantities.ts';
import type { Levels } from '../domain/cell.ts';
import type { CellReport, Guarantee } from '../domain/hunt-report.ts';
import type { PromiseName } from '../domain/promise.ts';
import { adviceFor, knownOf, modeWords, sizeOf } from './guarantee-words.ts';
import { tryNoun } from './promise-sums.ts';
import { countWords, proportionText, triedWords } from './rate-words.ts';

export interface Sized {
  readonly bytes: number;
  readonly tries: number;
  readonly broken: number;
  readonly chances: number;
}

/**
 * @param fileSystems label of the place to the type of its file system (`ext4`)
 */
export function guaranteesOf(
  cells: readonly CellReport[],
  fileSystems: Readonly<Record<string, string>>,
): Guarantee[] {
  const groups = new Map<string, Group>();
  for (const cell of cells) {
    for (const { promise, expected, tries, broken, chances = tries } of cell.promises) {
      if (broken === 0 && Math.min(tries, chances) === 0) continue;
      const { bytes, mode } = sizeOf(promise, cell.levels);
      const key = JSON.stringify([promise, mode]);
      const group = groups.get(key) ?? { promise, expected, mode, sizes: [] };
      groups.set(key, group);
      group.sizes.push({ bytes, tries, broken, chances });
    }
  }
  return [...joinKeptFreshness([...groups.values()])].flatMap(
    ({ promise, expected, mode, sizes }) => {
      const merged = mergeSizes(sizes);
      const smallest = merged.find((size) => size.broken > 0)?.bytes ?? Number.POSITIVE_INFINITY;
      const parts = [
        merged.filter((size) => size.bytes < smallest),
        merged.filter((size) => size.bytes >= smallest),
      ].filter((part) => part.length > 0);
      const fileSystem =
        fileSystems[String(mode.place ?? Object.keys(fileSystems)[0])] ?? 'unknown';
      return parts.map((part) => guaranteeOf(promise, expected, mode, part, fileSystem));
    },
  );
}

interface Group {
  readonly promise: PromiseName;
  readonly expected: boolean;
  readonly mode: Levels;
  readonly sizes: Sized[];
}

/**
 * Freshness is tested beside another promise in every mode, so where it is kept everywhere one
 * sentence says so, instead of one for each mode; modes in which it is broken stand alone.
 */
function joinKeptFreshness(groups: readonly Group[]): Group[] {
  const isKept = ({ promise, sizes }: Group) =>
    promise === 'fresh-read' && sizes.every((size) => size.broken === 0);
  const joined = new Map<string, Group>();
  for (const group of groups.filter(isKept)) {
    const mode: Levels = group.mode.place === undefined ? {} : { place: group.mode.place };
    const key = JSON.stringify(mode);
    const before = joined.get(key)?.sizes ?? [];
    joined.set(key, { ...group, mode, sizes: [...before, ...group.sizes] });
  }
  return [...groups.filter((group) => !isKept(group)), ...joined.values()];
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

function guaranteeOf(
  promise: PromiseName,
  expected: boolean,
  mode: Levels,
  sizes: readonly Sized[],
  fileSystem: string,
): Guarantee {
  const tries = sizes.reduce((sum, size) => sum + size.tries, 0);
  const chances = sizes.reduce((sum, size) => sum + size.chances, 0);
  const broken = sizes.reduce((sum, size) => sum + size.broken, 0);
  const kept = broken === 0;
  const advice = adviceFor(promise, kept, mode);
  const known = knownOf(fileSystem, promise, mode);
  return {
    promise,
    kept,
    expected,
    mode,
    words: `${modeWords(promise, mode, sizeWords(sizes))}: ${outcomeWords(promise, kept, sizes)}`,
    ...(advice ? { advice } : {}),
    ...(known ? { known } : {}),
    tries,
    broken,
    chances,
  };
}

function sizeWords(sizes: readonly Sized[]): string {
  return sizes.map((size) => formatSize(size.bytes)).join(', ');
}

const BROKEN_VERBS: Readonly<Record<PromiseName, readonly [string, string]>> = {
  'read-back': ['read back right', 'not read back right'],
  'unit-atomic': ['never torn', 'torn'],
  'fresh-read': ['never stale', 'stale'],
  'append-atomic': ['never mixed or lost', 'mixed or lost'],
  'replace-atomic': ['always whole', 'seen partial, empty or absent'],
  synced: ['the medium agrees', 'the medium disagrees'],
};

function outcomeWords(promise: PromiseName, kept: boolean, sizes: readonly Sized[]): string {
  const noun = tryNoun(promise);
  const [good, bad] = BROKEN_VERBS[promise];
  if (kept) {
    const tries = sizes.reduce((sum, size) => sum + size.tries, 0);
    const chances = sizes.reduce((sum, size) => sum + size.chances, 0);
    return `${good} (${countWords(0, tries, noun, chances)})`;
  }
  const rates = sizes.map(({ bytes, broken, tries }) => {
    const rate = broken <= 1 ? '' : ` (${proportionText(broken / tries)})`;
    const often = `${triedWords(broken, tries, noun)}${rate}`;
    return sizes.length === 1 ? often : `${formatSize(bytes)} in ${often}`;
  });
  return `${bad}, ${rates.join('; ')}`;
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
