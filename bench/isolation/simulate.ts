// One simulated hunt: virtual cells, no I/O, the isolator as it is. What it claims is compared with
// the truth as a user would read it.

import { createRng } from '../../src/base/rng.ts';
import type { Cell, Level, Levels } from '../../src/domain/cell.ts';
import type { IsolationFacts } from '../../src/domain/isolation.ts';
import { conclude } from '../../src/isolate/conclude.ts';
import { FactorSpace } from '../../src/isolate/factor-space.ts';
import { Isolator } from '../../src/isolate/isolator.ts';
import { FACTORS, type Truth } from './truths.ts';

const CELLS: readonly Cell[] = product();

/**
 * `right`: what fails is named, and in words that are true. `wrong`: other factors are named, or
 * "needs" is said of what something else fails without. `none`: nothing is claimed.
 */
export type Outcome = 'right' | 'wrong' | 'none';

export interface SimulatedHunt {
  readonly truth: string;
  readonly seed: number;
  readonly trials: number;
  readonly outcome: Outcome;
  readonly claim: string;
  readonly attempts: number;
  readonly milestones: Readonly<Record<string, number>>;
}

/** @param trialsMax a hunt that is not settled by then is judged by what it says then */
export function simulate(truth: Truth, seed: number, trialsMax = 150_000): SimulatedHunt {
  const isolator = new Isolator(
    new FactorSpace(FACTORS, CELLS),
    createRng(`${truth.name}/isolator/${seed}`),
  );
  const chance = createRng(`${truth.name}/nature/${seed}`);
  const rates = CELLS.map(({ levels }) => truth.rate(levels));
  let trials = 0;
  while (!isolator.isSettled && trials < trialsMax) {
    const cell = isolator.next();
    isolator.learn(cell, chance.uniform() < (rates[cell] as number));
    trials++;
  }
  const facts = conclude(isolator, true);
  return {
    truth: truth.name,
    seed,
    trials,
    outcome: outcomeOf(facts, truth),
    claim: `${facts.claim} ${causesOf(facts).join(' or ')}`.trim(),
    attempts: isolator.attempt,
    milestones: isolator.milestones,
  };
}

function outcomeOf(facts: IsolationFacts, { right }: Truth): Outcome {
  const causes = causesOf(facts);
  switch (facts.claim) {
    case 'none':
      return 'none';
    case 'no-factor':
      return right.length === 1 && right[0] === '' ? 'right' : 'wrong';
    case 'needs':
      return right.length === 1 && right[0] === causes[0] ? 'right' : 'wrong';
    default:
      return causes.every((cause) => right.includes(cause)) ? 'right' : 'wrong';
  }
}

function causesOf({ causes }: IsolationFacts): string[] {
  return causes.map(({ literals }) =>
    literals
      .map(({ factor, levels }) => `${factor}=${levels.join('|')}`)
      .toSorted()
      .join(' and '),
  );
}

function product(): Cell[] {
  let partial: Levels[] = [{}];
  for (const { name, levels } of FACTORS) {
    partial = partial.flatMap((before) =>
      levels.map((level: Level) => ({ ...before, [name]: level })),
    );
  }
  return partial.map((levels, index) => ({ index, levels }));
}
