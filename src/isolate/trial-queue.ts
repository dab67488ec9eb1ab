// Trials that were planned together: a task is told its outcomes once all of them are in. Trials
// may end in another order than they were given out, as they do on many hosts.

import type { FactorSpace } from './factor-space.ts';

export interface Task {
  readonly cells: readonly number[];
  /** In the order of `cells`; null where nothing may be concluded. */
  settle?(failed: readonly (boolean | null)[]): void;
}

interface Ticket {
  readonly cell: number;
  readonly at: number;
  readonly open: OpenTask;
}

interface OpenTask {
  readonly task: Task;
  readonly failed: (boolean | null)[];
  missing: number;
}

export class TrialQueue {
  private waiting: Ticket[] = [];
  private readonly out = new Map<number, Ticket[]>();
  private readonly space: FactorSpace;
  private readonly costly: readonly number[];
  private ascending = true;

  constructor(space: FactorSpace) {
    this.space = space;
    this.costly = space.factors.flatMap(({ cost = 0 }, factor) => (cost > 0 ? [factor] : []));
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** Some factor has a level that is dear to change. */
  get isCostly(): boolean {
    return this.costly.length > 0;
  }

  /**
   * Factors that are dear to change run through their levels block by block, up and then down
   * again, so that a drift of the machine weighs on no level alone (ABBA; Fisher, The Design of
   * Experiments, 1935).
   */
  add(tasks: readonly Task[]): void {
    for (const task of tasks) {
      const open = { task, failed: task.cells.map(() => null), missing: task.cells.length };
      task.cells.forEach((cell, at) => {
        this.waiting.push({ cell, at, open });
      });
    }
    if (!this.isCostly) return;
    const sign = this.ascending ? 1 : -1;
    this.ascending = !this.ascending;
    this.waiting.sort((a, b) => sign * (this.blockOf(a.cell) - this.blockOf(b.cell)));
  }

  take(): number {
    const ticket = this.waiting.shift() as Ticket;
    const same = this.out.get(ticket.cell);
    if (same) same.push(ticket);
    else this.out.set(ticket.cell, [ticket]);
    return ticket.cell;
  }

  /** The outcome of the trial of this cell that was given out first; others are nobody's. */
  settle(cell: number, failed: boolean | null): void {
    const tickets = this.out.get(cell);
    const ticket = tickets?.shift();
    if (tickets?.length === 0) this.out.delete(cell);
    if (!ticket) return;
    const { at, open } = ticket;
    open.failed[at] = failed;
    open.missing--;
    if (open.missing === 0) open.task.settle?.(open.failed);
  }

  /** Forgets what was planned and not yet given out. */
  clear(): void {
    this.waiting = [];
  }

  private blockOf(cell: number): number {
    return this.costly.reduce(
      (block, factor) => block * this.space.levelCount(factor) + this.space.levelOf(cell, factor),
      0,
    );
  }
}
