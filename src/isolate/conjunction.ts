// A conjunction of literals over the cells of a factor space: "kernel is 5.1 and sync is async". A
// literal is a set of levels of one factor: one level, a range of an ordered factor, or a few
// levels of another.

import type { Literal } from '../domain/isolation.ts';
import type { FactorSpace } from './factor-space.ts';

export interface LevelSet {
  readonly factor: number;
  /** 1 at the index of each level that belongs to the set. */
  readonly member: Uint8Array;
  readonly size: number;
}

export type Conjunction = readonly LevelSet[];

/** A conjunction with the log of its probability before any trial. */
export interface Weighed {
  readonly conjunction: Conjunction;
  readonly logPrior: number;
}

export function levelSet(factor: number, levels: readonly number[], of: number): LevelSet {
  const member = new Uint8Array(of);
  for (const level of levels) member[level] = 1;
  return { factor, member, size: levels.length };
}

export function holds(conjunction: Conjunction, space: FactorSpace, cell: number): boolean {
  for (const { factor, member } of conjunction) {
    if (member[space.levelOf(cell, factor)] === 0) return false;
  }
  return true;
}

/** The same whatever the order of its literals. */
export function keyOf(conjunction: Conjunction): string {
  return conjunction
    .map(({ factor, member }) => `${factor}:${member.join('')}`)
    .toSorted()
    .join(' ');
}

export function literalsOf(conjunction: Conjunction, space: FactorSpace): Literal[] {
  return conjunction
    .toSorted((a, b) => a.factor - b.factor)
    .map(({ factor, member }) => {
      const { name, levels } = space.factors[factor] as FactorSpace['factors'][number];
      return { factor: name, levels: levels.filter((_, index) => member[index] === 1) };
    });
}

/**
 * Whether every literal can be contrasted: some cell inside has a neighbour in the plan that
 * differs in this literal alone. Literals that only repeat what another factor says cannot.
 */
export function isTestable(conjunction: Conjunction, space: FactorSpace): boolean {
  if (space.isFull) return true;
  return conjunction.every(({ factor, member }) => {
    for (let cell = 0; cell < space.cellCount; cell++) {
      if (!holds(conjunction, space, cell)) continue;
      const other = member.findIndex(
        (inside, level) => inside === 0 && space.flip(cell, factor, level) >= 0,
      );
      if (other !== -1) return true;
    }
    return false;
  });
}
