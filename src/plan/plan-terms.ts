// What of a plan holds wherever its cells are tried again, alone or together with what the plan of
// a fix says.

import type { PlanTerms } from '../domain/plan.ts';

export function termsOf({ builds, labels, faults, expectations, tolerated }: PlanTerms): PlanTerms {
  return {
    ...(builds && { builds }),
    ...(labels && { labels }),
    ...(faults && { faults }),
    expectations,
    ...(tolerated && { tolerated }),
  };
}

/** Both: what is in the two of them under one name, or twice, is `other`'s or there once. */
export function bothTerms(one: PlanTerms, other: PlanTerms): PlanTerms {
  const { builds, labels, faults, expectations, tolerated } = other;
  const further = expectations.filter(
    ({ promise }) => !one.expectations.some((each) => each.promise === promise),
  );
  return termsOf({
    ...((one.builds ?? builds) && { builds: { ...one.builds, ...builds } }),
    ...((one.labels ?? labels) && { labels: { ...one.labels, ...labels } }),
    ...((one.faults ?? faults) && { faults: once([...(one.faults ?? []), ...(faults ?? [])]) }),
    expectations: [...one.expectations, ...further],
    ...((one.tolerated ?? tolerated) && {
      tolerated: once([...(one.tolerated ?? []), ...(tolerated ?? [])]),
    }),
  });
}

function once<Item>(items: readonly Item[]): Item[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}
