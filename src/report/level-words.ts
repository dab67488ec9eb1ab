// How a level is written: by the kind of its factor, which the report carries. A running hunt
// knows no kinds yet and goes by the number alone. One place, so that a cell has the same name on
// the terminal, on the page and in JUnit.

import { formatDuration, formatSize, parseDuration, parseSize } from '../base/quantities.ts';
import type { Level, Levels } from '../domain/cell.ts';
import type { HuntReport } from '../domain/hunt-report.ts';
import type { FactorKind } from '../domain/plan.ts';

/** Factor name to kind; a factor that is not in it goes by its number. */
export type FactorKinds = ReadonlyMap<string, FactorKind>;

export const NO_KINDS: FactorKinds = new Map();

export function factorKinds({ factors }: Pick<HuntReport, 'factors'>): FactorKinds {
  return new Map(factors.flatMap(({ factor, kind }) => (kind ? [[factor, kind] as const] : [])));
}

/** Exact: `4KiB`, `150ms`, `1024` of a count. A chunk of 0 bytes is the `whole` unit at once. */
export function levelText(factor: string, level: Level, kinds: FactorKinds): string {
  if (factor === 'chunk' && level === 0) return 'whole';
  if (typeof level !== 'number') return String(level);
  switch (kinds.get(factor)) {
    case 'size':
      return sizeText(level);
    case 'duration':
      return durationText(level);
    case 'count':
    case 'choice':
    case 'flag':
      return String(level);
    default:
      return level >= 1024 && level % 1024 === 0 ? sizeText(level) : String(level);
  }
}

function sizeText(bytes: number): string {
  const text = formatSize(bytes);
  if (parseSize(text) === bytes) return text;
  return bytes % 1024 === 0 ? `${bytes / 1024}KiB` : `${bytes}B`;
}

function durationText(ms: number): string {
  const text = formatDuration(ms);
  if (parseDuration(text) === ms) return text;
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** `writer=direct unit=4KiB`, in plan order, only `factors` where they are given. */
export function levelsWords(
  levels: Levels,
  kinds: FactorKinds,
  factors?: readonly string[],
): string {
  return Object.entries(levels)
    .filter(([factor]) => factors === undefined || factors.includes(factor))
    .map(([factor, level]) => `${factor}=${levelText(factor, level, kinds)}`)
    .join(' ');
}

/** Factors of which more than one level was tried: the others do not tell cells apart. */
export function variedFactors(cells: readonly { readonly levels: Levels }[]): string[] {
  const seen = new Map<string, Set<Level | undefined>>();
  for (const cell of cells) {
    for (const factor of Object.keys(cell.levels)) seen.set(factor, seen.get(factor) ?? new Set());
  }
  for (const cell of cells) {
    for (const [factor, levels] of seen) levels.add(cell.levels[factor]);
  }
  return [...seen].filter(([, levels]) => levels.size > 1).map(([factor]) => factor);
}
