// `npm run bench:decide`: how long the next cell takes to decide, for the matrix of
// STATISTICS and for a plan of 100,000 cells. A decision is one `next` and the `learn` before it,
// through a whole hunt with failures at 1 in 300, so that every stage is in it; and for a small
// plan in which failures are frequent, where covers of several causes are sought.

import { monotonicNs } from '../../src/base/clock.ts';
import { createRng } from '../../src/base/rng.ts';
import type { Level, Levels } from '../../src/domain/cell.ts';
import type { FactorSpec } from '../../src/domain/isolation.ts';
import { FactorSpace } from '../../src/isolate/factor-space.ts';
import { Isolator } from '../../src/isolate/isolator.ts';
import { FACTORS } from './truths.ts';

const DECISIONS = 12_000;

const numbered = (name: string, count: number, ordered: boolean): FactorSpec => ({
  name,
  ordered,
  levels: Array.from({ length: count }, (_, level) => level),
});

interface Case {
  readonly factors: readonly FactorSpec[];
  readonly rate: number;
}

const CASES: readonly Case[] = [
  { factors: FACTORS, rate: 1 / 300 },
  {
    factors: [
      ...['a', 'b', 'c'].map((name) => numbered(name, 10, false)),
      ...['d', 'e'].map((name) => numbered(name, 10, true)),
    ],
    rate: 1 / 300,
  },
  {
    factors: [
      ...['a', 'b', 'c'].map((name) => numbered(name, 3, false)),
      ...['d', 'e'].map((name) => numbered(name, 2, false)),
    ],
    rate: 0.3,
  },
];

for (const { factors, rate } of CASES) {
  const cells = cellsOf(factors);
  const isolator = new Isolator(new FactorSpace(factors, cells), createRng('decide'));
  const chance = createRng('nature');
  const [first, second] = factors as [FactorSpec, FactorSpec];
  const fails = ({ levels }: { levels: Levels }) =>
    levels[first.name] === first.levels[1] && levels[second.name] !== second.levels[0];
  const took: number[] = [];
  for (let decision = 0; decision < DECISIONS; decision++) {
    const begun = monotonicNs();
    const cell = isolator.next();
    took.push(Number(monotonicNs() - begun) / 1e6);
    const failed = fails(cells[cell] as { levels: Levels }) && chance.uniform() < rate;
    const told = monotonicNs();
    isolator.learn(cell, failed);
    took[took.length - 1] = (took.at(-1) as number) + Number(monotonicNs() - told) / 1e6;
  }
  const sorted = took.toSorted((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.floor(share * (sorted.length - 1))] as number).toFixed(2);
  const mean = (took.reduce((sum, ms) => sum + ms, 0) / took.length).toFixed(3);
  console.log(
    `${cells.length} cells, fails at ${rate.toFixed(4)}, ` +
      `stage ${isolator.stage}: mean ${mean} ms, median ${at(0.5)}, ` +
      `99 % ${at(0.99)}, 99.9 % ${at(0.999)}, most ${at(1)}`,
  );
}

function cellsOf(factors: readonly FactorSpec[]): { readonly levels: Levels }[] {
  let partial: Levels[] = [{}];
  for (const { name, levels } of factors) {
    partial = partial.flatMap((before) =>
      levels.map((level: Level) => ({ ...before, [name]: level })),
    );
  }
  return partial.map((levels) => ({ levels }));
}
