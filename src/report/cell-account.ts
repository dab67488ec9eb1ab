// Sums of one cell over its trials, taken one trial at a time so that a long hunt needs no memory
// for them. Trials of verdict `unknown` enter no count but their own.

import type { Cell } from '../domain/cell.ts';
import type { DamageKind } from '../domain/damage.ts';
import type { CellReport, PromiseReport } from '../domain/hunt-report.ts';
import type { PromiseName } from '../domain/promise.ts';
import type { Judgement, KindCount, Opportunities, TrialOutcome } from '../domain/trial.ts';
import { countInterval } from './rate-words.ts';

interface PromiseSums {
  tries: number;
  broken: number;
  chances: number;
  readonly kinds: Map<DamageKind, number>;
}

export class CellAccount {
  readonly cell: Cell;
  trials = 0;
  clean = 0;
  damaged = 0;
  failed = 0;
  unknown = 0;
  readonly opportunities: { -readonly [Name in keyof Opportunities]: number } = {
    reads: 0,
    writes: 0,
    bytesRead: 0,
    bytesWritten: 0,
  };
  private readonly promises = new Map<PromiseName, PromiseSums>();
  /** What that which was tested promises of itself. */
  private readonly promised = new Set<PromiseName>();
  private trialMs = 0;
  private firstDamageMs: number | null = null;

  constructor(cell: Cell) {
    this.cell = cell;
  }

  add(outcome: Omit<TrialOutcome, 'observations'>, judgement: Judgement, durationMs: number): void {
    this.trials++;
    this.trialMs += durationMs;
    this[judgement.verdict]++;
    if (judgement.verdict === 'unknown') return;
    if (judgement.verdict === 'damaged') this.firstDamageMs ??= this.trialMs;
    for (const name of ['reads', 'writes', 'bytesRead', 'bytesWritten'] as const) {
      this.opportunities[name] += outcome.opportunities[name];
    }
    for (const promise of outcome.promised ?? []) this.promised.add(promise);
    for (const { promise, tries, broken, chances } of outcome.tallies) {
      const sums = this.sums(promise);
      sums.tries += tries;
      sums.broken += broken;
      sums.chances += chances ?? tries;
    }
    for (const { promise, damage } of [...judgement.damage, ...judgement.described]) {
      const { kinds } = this.sums(promise);
      for (const kind of new Set(damage.map((each) => each.kind))) {
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }
    }
  }

  report(expected: ReadonlySet<PromiseName>): CellReport {
    const { rate, low, high } = countInterval(
      this.damaged,
      this.clean + this.damaged + this.failed,
    );
    return {
      cell: this.cell.index,
      levels: this.cell.levels,
      trials: this.trials,
      damaged: this.damaged,
      failed: this.failed,
      unknown: this.unknown,
      rate,
      low,
      high,
      opportunities: { ...this.opportunities },
      promises: [...this.promises].map(([promise, sums]) =>
        promiseReport(promise, sums, expected.has(promise) || this.promised.has(promise)),
      ),
      firstDamageSeconds: this.firstDamageMs === null ? null : this.firstDamageMs / 1000,
    };
  }

  private sums(promise: PromiseName): PromiseSums {
    const known = this.promises.get(promise);
    if (known) return known;
    const fresh: PromiseSums = { tries: 0, broken: 0, chances: 0, kinds: new Map() };
    this.promises.set(promise, fresh);
    return fresh;
  }
}

function promiseReport(promise: PromiseName, sums: PromiseSums, expected: boolean): PromiseReport {
  const { tries, broken, chances } = sums;
  const kinds: KindCount[] = [...sums.kinds].map(([kind, count]) => ({ promise, kind, count }));
  const bounds = countInterval(broken, tries, chances);
  return { promise, expected, tries, broken, chances, ...bounds, kinds };
}
