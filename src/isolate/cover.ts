// A cover is what is claimed: one cause, or several of which each suffices. It divides the cells of
// the plan into those that only one cause explains and those that none does, because a contrast is
// fair only between such cells.

import { type Conjunction, holds } from './conjunction.ts';
import type { FactorSpace } from './factor-space.ts';

export class Cover {
  readonly causes: readonly Conjunction[];
  /** By cause, the cells that it alone explains. */
  readonly inside: readonly (readonly number[])[];
  /** The cells that no cause explains. */
  readonly outside: readonly number[];
  /** Of each cell: -1 outside, the cause that alone explains it, or -2 where several do. */
  readonly explainedBy: Int8Array;

  constructor(space: FactorSpace, causes: readonly Conjunction[]) {
    this.causes = causes;
    const inside: number[][] = causes.map(() => []);
    const outside: number[] = [];
    this.explainedBy = new Int8Array(space.cellCount);
    for (let cell = 0; cell < space.cellCount; cell++) {
      let by = -1;
      for (let cause = 0; cause < causes.length; cause++) {
        if (!holds(causes[cause] as Conjunction, space, cell)) continue;
        by = by === -1 ? cause : -2;
      }
      this.explainedBy[cell] = by;
      if (by === -1) outside.push(cell);
      if (by >= 0) inside[by]?.push(cell);
    }
    this.inside = inside;
    this.outside = outside;
  }

  /** No factor matters: one cause without a literal. */
  get isUnconditional(): boolean {
    return this.causes.length === 1 && this.causes[0]?.length === 0;
  }
}
