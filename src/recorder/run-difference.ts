// Which events, orders or values come with failures: every feature of the runs is held against how
// they ended, and ranked by Ochiai's coefficient, failed runs with it / sqrt(failed * runs with it)
// (A. Ochiai, 1957; best of those compared by Abreu, Zoeteweij and van Gemund, 2007). A rank is no
// proof: the chance of such a split where nothing is behind it is given too (Fisher's exact test).

import { type Feature, type FeatureKind, type RunFeatures, VALUES_MAX } from './run-features.ts';

export type Split = 'present' | 'absent' | 'more' | 'fewer';

export interface Difference {
  readonly kind: FeatureKind;
  /** `send`, `send, recv`, `send.bytes = 0`. */
  readonly words: string;
  readonly split: Split;
  /** Of `more` and `fewer`: than so many in a run. */
  readonly than: number | null;
  /** 1: in all failed runs and no other; 0: in no failed run. */
  readonly ochiai: number;
  readonly failedWith: number;
  readonly goodWith: number;
  /** Occurrences in a run, on average. */
  readonly failedMean: number;
  readonly goodMean: number;
  /** Of a split as uneven by chance, for this feature alone. */
  readonly chance: number;
  /** When it first came in failed runs, from their first event, median, ns; null: in none. */
  readonly firstNs: number | null;
}

export interface DifferenceResult {
  readonly good: number;
  readonly failed: number;
  /** Features that were compared, those that are the same in all runs included. */
  readonly compared: number;
  /** Best first; of equal ones the plainer, then what came first: causes come before effects. */
  readonly differences: readonly Difference[];
}

/** @param good runs that went well @param failed runs that did not; at least one of each */
export function compareRuns(
  good: readonly RunFeatures[],
  failed: readonly RunFeatures[],
): DifferenceResult {
  const all = [...good, ...failed];
  const manyValued = fieldsWithManyValues(all);
  const features = new Map<string, Feature>();
  for (const run of all) {
    for (const [key, feature] of run.features) {
      const { kind, field } = feature;
      // Sizes where values are too many, values where they are few: never both.
      const isMany = field !== null && manyValued.has(field);
      if ((kind === 'value' && isMany) || (kind === 'size' && !isMany)) continue;
      if (!features.has(key)) features.set(key, feature);
    }
  }
  const differences = [...features].flatMap(([key, feature]) => {
    const counts = (runs: readonly RunFeatures[]) =>
      runs.map((run) => run.features.get(key)?.count ?? 0);
    const best = bestSplit(counts(good), counts(failed));
    if (best === null) return [];
    const firsts = failed.flatMap((run) => run.features.get(key)?.firstNs ?? []);
    const { kind, words } = feature;
    return [{ kind, words, ...best, firstNs: median(firsts) }];
  });
  return {
    good: good.length,
    failed: failed.length,
    compared: features.size,
    differences: differences.sort(byRank),
  };
}

function byRank(one: Difference, other: Difference): number {
  return (
    other.ochiai - one.ochiai ||
    one.chance - other.chance ||
    Number(one.than !== null) - Number(other.than !== null) ||
    (one.firstNs ?? Number.MAX_VALUE) - (other.firstNs ?? Number.MAX_VALUE) ||
    KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind) ||
    (one.words < other.words ? -1 : 1)
  );
}

/** The plainer a feature, the earlier it stands among equals. */
const KINDS: readonly FeatureKind[] = ['event', 'value', 'size', 'follows', 'before'];

function fieldsWithManyValues(runs: readonly RunFeatures[]): ReadonlySet<string> {
  const many = new Set(runs.flatMap((run) => [...run.manyValued]));
  const values = new Map<string, Set<string>>();
  for (const { features } of runs) {
    for (const { kind, field, words } of features.values()) {
      if (kind !== 'value' || field === null) continue;
      const known = values.get(field) ?? new Set();
      values.set(field, known.add(words));
    }
  }
  for (const [field, known] of values) if (known.size > VALUES_MAX) many.add(field);
  return many;
}

type SplitResult = Omit<Difference, 'kind' | 'words' | 'firstNs'>;

/** The way of telling runs apart by one count that fits the failures best; null: none does. */
function bestSplit(good: readonly number[], failed: readonly number[]): SplitResult | null {
  const most = Math.max(...good);
  const least = Math.min(...good);
  const splits: [Split, number | null, (count: number) => boolean][] = [
    ['present', null, (count) => count > 0],
    ['absent', null, (count) => count === 0],
    ['more', most, (count) => count > most],
    ['fewer', least, (count) => count < least],
  ];
  let best: SplitResult | null = null;
  for (const [split, than, holds] of splits) {
    const failedWith = failed.filter(holds).length;
    const goodWith = good.filter(holds).length;
    // What is not more usual in failed runs says nothing of failures.
    if (failedWith * good.length <= goodWith * failed.length) continue;
    const ochiai = failedWith / Math.sqrt(failed.length * (failedWith + goodWith));
    if (best !== null && best.ochiai >= ochiai) continue;
    best = {
      ...{ split, than, ochiai, failedWith, goodWith },
      ...{ failedMean: mean(failed), goodMean: mean(good) },
      chance: chanceOf(failedWith, goodWith, failed.length, good.length),
    };
  }
  return best;
}

/**
 * Fisher's exact test, one-sided: the chance that, of the runs with the feature, at least so many
 * are failed ones, if it had nothing to do with failures.
 */
function chanceOf(failedWith: number, goodWith: number, failed: number, good: number): number {
  const withIt = failedWith + goodWith;
  let sum = 0;
  for (let count = failedWith; count <= Math.min(failed, withIt); count++) {
    if (withIt - count > good) continue;
    sum += Math.exp(
      logChoose(failed, count) + logChoose(good, withIt - count) - logChoose(failed + good, withIt),
    );
  }
  return Math.min(1, sum);
}

function logChoose(all: number, some: number): number {
  let sum = 0;
  for (let one = 1; one <= some; one++) sum += Math.log((all - some + one) / one);
  return sum;
}

function mean(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0) / counts.length;
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
