// Failures beside the windows of each provocation, from stored trials. Time runs only while a
// provocation could fire: the trials of one level are laid end to end, so that failures and windows
// are not found together merely because both happen in trials.

import { createRng } from '../base/rng.ts';
import type { StoredTrial } from '../domain/ports.ts';
import type {
  ProvocationFacts,
  ProvokedFacts,
  ProvokedTrial,
  ReceiptWindow,
} from '../domain/provoked.ts';
import type { Receipt } from '../domain/receipt.ts';
import { hasFailed } from '../domain/trial.ts';
import { type ProvocationWindow, permuteWindows } from './window-permutation.ts';

/** A daemon that was told to read its exports again still does so a moment later. */
const WITHIN_MS_MAX = 50;
/** Of the peace between two windows: with more of it everything would be inside. */
const WITHIN_SHARE = 0.25;
/** A window that covers more than this of the time tells nothing by its time. */
const COVERED_MAX = 0.9;
const TRIALS_DRAWN = 12;
const MARKS_DRAWN = 200;

/** The trials of one level of one provocation, end to end; milliseconds. */
interface Train {
  readonly provocation: string;
  readonly level: string;
  trials: number;
  spanMs: number;
  readonly windows: { readonly fromMs: number; readonly toMs: number; readonly endMs: number }[];
  readonly failuresMs: number[];
  failuresRead: number;
}

export class ProvocationAccount {
  private readonly seed: string;
  private readonly trains = new Map<string, Train>();
  private readonly withFailures: ProvokedTrial[] = [];
  private readonly others: ProvokedTrial[] = [];

  constructor(seed: string) {
    this.seed = seed;
  }

  add(trial: StoredTrial): void {
    const { provoked, receipts = [], host } = trial.outcome;
    const failed = hasFailed(trial.judgement?.verdict ?? 'unknown');
    if (!provoked || failed === null) return;
    const fromNs = BigInt(provoked.fromNs);
    const sinceMs = (ns: string) => Number(BigInt(ns) - fromNs) / 1e6;
    const spanMs = sinceMs(provoked.untilNs);
    const windows = [...receipts, ...(host?.receipts ?? [])].map((receipt) =>
      windowOf(receipt, sinceMs),
    );
    const failuresMs = momentsOf(trial)
      .map(sinceMs)
      .filter((ms) => ms >= 0 && ms < spanMs);
    const failuresRead = isTimedByReads(trial) ? failuresMs.length : 0;
    for (const [provocation, level] of Object.entries(provoked.by)) {
      const train = this.extend(provocation, level, spanMs, windows, failuresMs);
      train.failuresRead += failuresRead;
    }
    this.draw({ trial: trial.trial, spanMs, windows, failuresMs });
  }

  facts(): ProvokedFacts | null {
    if (this.trains.size === 0) return null;
    const provocations = [...this.trains.values()].map((train) => this.factsOf(train));
    const drawn = [...this.withFailures, ...this.others].slice(0, TRIALS_DRAWN);
    return { provocations, timeLine: drawn.toSorted((a, b) => a.trial - b.trial) };
  }

  private extend(
    provocation: string,
    level: string,
    spanMs: number,
    windows: readonly ReceiptWindow[],
    failuresMs: readonly number[],
  ): Train {
    const key = `${provocation}=${level}`;
    const known = this.trains.get(key);
    const fresh = { trials: 0, spanMs: 0, windows: [], failuresMs: [], failuresRead: 0 };
    const train: Train = known ?? { provocation, level, ...fresh };
    this.trains.set(key, train);
    const begin = train.spanMs;
    for (const window of windows) {
      // One may begin while the trial is being ended.
      if (window.provocation !== provocation || window.fromMs >= spanMs) continue;
      const [fromMs, toMs] = [begin + window.fromMs, begin + window.toMs];
      train.windows.push({ fromMs, toMs, endMs: begin + spanMs });
    }
    train.failuresMs.push(...failuresMs.map((ms) => begin + ms));
    train.trials++;
    train.spanMs += spanMs;
    return train;
  }

  private factsOf(train: Train): ProvocationFacts {
    const { provocation, trials, failuresMs } = train;
    const spanMs = Math.ceil(train.spanMs);
    const withinMs = withinOf(train.windows);
    const windows: ProvocationWindow[] = train.windows.map(({ fromMs, toMs, endMs }) => ({
      fromMs,
      toMs: Math.min(Math.max(toMs, fromMs) + withinMs, endMs),
    }));
    const rng = createRng(`${this.seed}/provocation/${provocation}=${train.level}`);
    const told = permuteWindows(failuresMs, windows, Math.max(2, spanMs), { rng });
    const covered = failuresMs.length === 0 ? 0 : told.expected / failuresMs.length;
    const tells = failuresMs.length > 0 && windows.length > 0 && covered <= COVERED_MAX;
    return {
      provocation,
      level: train.level,
      trials,
      fired: windows.length,
      spanMs,
      inForceMs: train.windows.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0),
      withinMs,
      failures: failuresMs.length,
      failuresRead: train.failuresRead,
      inside: told.observed,
      expected: told.expected,
      pValue: tells ? told.pValue : null,
    };
  }

  private draw(trial: ProvokedTrial): void {
    const into = trial.failuresMs.length > 0 ? this.withFailures : this.others;
    if (into.length >= TRIALS_DRAWN) return;
    const { windows, failuresMs } = trial;
    into.push({
      ...trial,
      windows: windows.slice(0, MARKS_DRAWN),
      failuresMs: failuresMs.slice(0, MARKS_DRAWN),
    });
  }
}

function windowOf(receipt: Receipt, sinceMs: (ns: string) => number): ReceiptWindow {
  const { provocation, what, atNs, untilNs } = receipt;
  return { provocation, what, fromMs: sinceMs(atNs), toMs: sinceMs(untilNs ?? atNs) };
}

/** When something went wrong for which the trial is accused; nanoseconds. */
function momentsOf(trial: StoredTrial): string[] {
  if (!isTimedByReads(trial)) return trial.outcome.failures.map(({ atNs }) => atNs);
  const damage = trial.judgement?.damage ?? [];
  return damage.flatMap(({ atNs }) => (atNs === undefined ? [] : [atNs]));
}

/** Damage is: the write that went wrong may have been long before. */
function isTimedByReads({ judgement }: StoredTrial): boolean {
  return judgement?.verdict !== 'failed';
}

/** Milliseconds; the same for all, from the windows alone, so that failures do not choose it. */
function withinOf(windows: Train['windows']): number {
  const inOrder = windows.toSorted((a, b) => a.fromMs - b.fromMs);
  const peace = inOrder
    .slice(1)
    .map(({ fromMs }, at) => fromMs - (inOrder[at]?.toMs ?? fromMs))
    .toSorted((a, b) => a - b);
  const median = peace[Math.floor(peace.length / 2)] ?? WITHIN_MS_MAX / WITHIN_SHARE;
  return Math.round(Math.min(WITHIN_MS_MAX, Math.max(1, WITHIN_SHARE * median)));
}
