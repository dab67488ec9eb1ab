// What was planted and what became of it: of a plan that plants faults, how often each kind fired,
// and whether the trials in which one did were accused, and others were not.

import { formatCount } from '../base/quantities.ts';
import type { PlantedReport } from '../domain/hunt-report.ts';
import type { StoredTrial } from '../domain/ports.ts';
import type { Verdict } from '../domain/trial.ts';
import { plural } from './rate-words.ts';

export class PlantedSums {
  private isPlanned = false;
  private readonly fired = new Map<string, number>();
  private accused = 0;
  private silent = 0;
  private unknown = 0;
  private falselyAccused = 0;
  private others = 0;

  add({ planted }: StoredTrial['outcome'], verdict: Verdict): void {
    if (!planted) return;
    this.isPlanned = true;
    for (const { kind } of planted) this.fired.set(kind, (this.fired.get(kind) ?? 0) + 1);
    const isAccused = verdict === 'damaged' || verdict === 'failed';
    if (verdict === 'unknown') this.unknown++;
    else if (planted.length > 0) isAccused ? this.accused++ : this.silent++;
    else {
      this.others++;
      if (isAccused) this.falselyAccused++;
    }
  }

  /** Null where the plan plants nothing. */
  report(): PlantedReport | null {
    if (!this.isPlanned) return null;
    const { accused, silent, unknown, others, falselyAccused } = this;
    return {
      fired: Object.fromEntries(this.fired),
      accused,
      silent,
      unknown,
      others,
      falselyAccused,
    };
  }
}

export function plantedWords(planted: PlantedReport | null | undefined): string[] {
  if (!planted) return [];
  const { fired, accused, silent, unknown, others, falselyAccused } = planted;
  const kinds = Object.entries(fired).map(([kind, times]) => `${kind} ${formatCount(times)} times`);
  const what =
    kinds.length === 0 ? 'no fault fired' : `faults fired on purpose: ${kinds.join(', ')}`;
  const judged = accused + silent;
  const found =
    judged === 0 ? [] : [`${formatCount(accused)} of ${plural(judged, 'trial')} with one failed`];
  const lost = unknown === 0 ? [] : [`${plural(unknown, 'trial')} could not be judged`];
  const rest = `${formatCount(falselyAccused)} of ${formatCount(others)} without`;
  return [[what, ...found, rest, ...lost].join('; ')];
}
