// What a display knows of a running hunt: counts per cell, speed, time left, the last finding. Told
// by the same events as every listener; it draws nothing, so that the table and the plain lines
// cannot disagree.

import { formatCount, formatDuration, formatSize } from '../base/quantities.ts';
import type { Cell } from '../domain/cell.ts';
import type { Finding } from '../domain/hunt-report.ts';
import type { HuntHeader, HuntLimits } from '../domain/ports.ts';
import type { Judgement, TrialRecord, Verdict } from '../domain/trial.ts';
import { levelsWords, levelText, NO_KINDS, variedFactors } from './level-words.ts';
import { plural } from './rate-words.ts';

const ENDING_MS = 1000;
/** Stands for the level of a factor that a cell does not have. */
export const NOT_APPLICABLE = '-';

export interface CellProgress {
  readonly index: number;
  readonly name: string;
  /** Of the varied factors, in their order. */
  readonly levels: readonly string[];
  readonly verdicts: Record<Verdict, number>;
  trials: number;
  /** Trials in which something was seen that the plan does not expect to hold: no damage. */
  described: number;
  /** Milliseconds of trials in this cell, and how many of them it took to the first damage. */
  trialMs: number;
  firstDamageMs: number | null;
}

export interface Running {
  readonly trial: number;
  readonly cell: string;
  /** Milliseconds after the start of the hunt. */
  readonly sinceMs: number;
}

export class HuntProgress {
  readonly verdicts: Record<Verdict, number> = { clean: 0, damaged: 0, failed: 0, unknown: 0 };
  title = '';
  trials = 0;
  described = 0;
  bytes = 0;
  findings = 0;
  lastFinding = '';
  running: Running | null = null;
  private readonly now: () => number;
  private readonly cells = new Map<number, CellProgress>();
  varied: readonly string[] = [];
  private limits: HuntLimits | null = null;
  private startedMs = 0;

  /** @param now monotonic milliseconds. */
  constructor(now: () => number) {
    this.now = now;
  }

  begin(header: HuntHeader, cells: readonly Cell[], limits: HuntLimits): void {
    this.startedMs = this.now();
    this.limits = limits;
    this.varied = variedFactors(cells);
    this.title = `plan ${header.planName} on ${Object.keys(header.places).join(', ')}`;
    for (const cell of cells) this.cellOf(cell);
  }

  start(trial: number, cell: Cell): void {
    this.running = { trial, cell: this.cellOf(cell).name, sinceMs: this.elapsedMs() };
  }

  judged(record: TrialRecord, judgement: Judgement): void {
    const cell = this.cellOf(record.cell);
    const { bytesRead, bytesWritten } = record.outcome.opportunities;
    this.running = null;
    this.trials++;
    this.verdicts[judgement.verdict]++;
    this.bytes += bytesRead + bytesWritten;
    cell.trials++;
    if (judgement.described.length > 0) {
      cell.described++;
      this.described++;
    }
    cell.verdicts[judgement.verdict]++;
    cell.trialMs += record.durationMs;
    if (judgement.verdict === 'damaged') cell.firstDamageMs ??= cell.trialMs;
  }

  found(finding: Finding): void {
    this.findings++;
    this.lastFinding = `${finding.expected ? '' : 'not damage, '}${this.findingLine(finding)}`;
  }

  /** `torn at offset 512, 3584 bytes, in-flight; trial 41, writer=buffered`. */
  findingLine(finding: Finding): string {
    const damage = finding.damage[0];
    const at = damage ? ` at offset ${damage.offset}, ${damage.length} bytes` : '';
    const more = finding.damage.length > 1 ? `, ${finding.damage.length} ranges` : '';
    const levels = levelsWords(finding.levels, NO_KINDS, this.varied);
    const where = `trial ${finding.trial}${levels ? `, ${levels}` : ''}`;
    return `${finding.kinds.join(', ')}${at}${more}, ${finding.layer}; ${where}`;
  }

  elapsedMs(): number {
    return this.now() - this.startedMs;
  }

  /** Null where no limit allows an estimate. The nearest of the limits counts. */
  leftMs(): number | null {
    const elapsed = this.elapsedMs();
    const left: number[] = [];
    if (this.limits?.forMs != null) left.push(this.limits.forMs - elapsed);
    if (this.limits?.trials != null && this.trials > 0) {
      left.push(((this.limits.trials - this.trials) * elapsed) / this.trials);
    }
    return left.length === 0 ? null : Math.max(0, Math.min(...left));
  }

  /** `36 trials, 2 damaged, 1 failed`: damage always, the others where there are any. */
  counts(): string {
    const { damaged, failed, unknown } = this.verdicts;
    const others = [
      [failed, 'failed'],
      [unknown, 'unknown'],
      [this.described, 'described'],
    ] as const;
    return [
      plural(this.trials, 'trial'),
      `${formatCount(damaged)} damaged`,
      ...others.filter(([count]) => count > 0).map(([n, what]) => `${formatCount(n)} ${what}`),
    ].join(', ');
  }

  /** True in the last second, when what is left is not worth telling. */
  isEnding(): boolean {
    const left = this.leftMs();
    return left !== null && left < ENDING_MS;
  }

  /** `36 trials/s, 412MiB/s`; slow hunts are told in trials a minute. */
  speed(): string {
    const seconds = Math.max(0.001, this.elapsedMs() / 1000);
    const perSecond = this.trials / seconds;
    const trials =
      perSecond >= 1 || this.trials === 0
        ? `${perSecond.toFixed(perSecond < 10 ? 1 : 0)} trials/s`
        : `${(perSecond * 60).toFixed(1)} trials/min`;
    return `${trials}, ${formatSize(this.bytes / seconds)}/s`;
  }

  times(): string {
    const left = this.leftMs();
    const elapsed = formatDuration(this.elapsedMs());
    if (left === null) return elapsed;
    return this.isEnding() ? `${elapsed}, ending` : `${elapsed}, ${formatDuration(left)} left`;
  }

  get cellCount(): number {
    return this.cells.size;
  }

  /** Damaged, failed, described, then those with most trials; at most `most`. */
  topCells(most: number): CellProgress[] {
    return [...this.cells.values()]
      .sort(
        (a, b) =>
          b.verdicts.damaged - a.verdicts.damaged ||
          b.verdicts.failed - a.verdicts.failed ||
          b.described - a.described ||
          b.trials - a.trials ||
          a.index - b.index,
      )
      .slice(0, most);
  }

  private cellOf(cell: Cell): CellProgress {
    const known = this.cells.get(cell.index);
    if (known) return known;
    const fresh: CellProgress = {
      index: cell.index,
      name: levelsWords(cell.levels, NO_KINDS, this.varied) || `cell ${cell.index}`,
      levels: this.varied.map((factor) =>
        levelText(factor, cell.levels[factor] ?? NOT_APPLICABLE, NO_KINDS),
      ),
      verdicts: { clean: 0, damaged: 0, failed: 0, unknown: 0 },
      trials: 0,
      described: 0,
      trialMs: 0,
      firstDamageMs: null,
    };
    this.cells.set(cell.index, fresh);
    return fresh;
  }
}
