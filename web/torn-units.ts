// Torn units as rows to draw: which generation each part of a unit was of. A row is the whole unit
// as it was read, also where the damage is only a part of it.

import type { Damage } from '../src/domain/damage.ts';
import type { Finding } from '../src/domain/hunt-report.ts';

export interface TornPart {
  readonly generation: number;
  /** Bytes from the start of the unit. */
  readonly from: number;
  readonly to: number;
  /** Steps behind the newest generation in this unit: 0, 1, or 2 for older still. */
  readonly age: 0 | 1 | 2;
}

export interface TornUnit {
  readonly finding: Finding;
  readonly bytes: number;
  readonly parts: readonly TornPart[];
  /** Where the read ended short of the unit; equal to `bytes` where it did not. */
  readonly readTo: number;
}

export function tornUnits(findings: readonly Finding[]): TornUnit[] {
  return findings.flatMap((finding) =>
    finding.damage.flatMap((damage) => {
      const unit = damage.kind === 'torn' ? tornUnit(finding, damage) : null;
      return unit ? [unit] : [];
    }),
  );
}

/**
 * The window of a read is one unit, but for a log of appended records: there the damage is the
 * record. Null where the damage does not say its generations.
 */
function tornUnit(finding: Finding, damage: Damage): TornUnit | null {
  const generations = damage.generations ?? [];
  if (generations.length === 0) return null;
  const window = finding.promise === 'append-atomic' ? undefined : finding.window;
  const offset = window?.offset ?? damage.offset;
  const bytes = window?.asked ?? damage.length;
  const readTo = Math.min(bytes, window?.returned ?? bytes);
  const newest = Math.max(...generations.map((each) => each.generation));
  const parts = generations.map(({ generation, offset: at }, index) => {
    const next = generations[index + 1]?.offset;
    const steps = newest - generation;
    const age: TornPart['age'] = steps === 0 ? 0 : steps === 1 ? 1 : 2;
    return {
      generation,
      from: Math.max(0, at - offset),
      to: next === undefined ? readTo : next - offset,
      age,
    };
  });
  return { finding, bytes, parts, readTo };
}
