// A row of the self-test of the detector: one fault, the workload under which it is planted, and
// what the detector must then say. What must be said follows from what a reader of that medium can
// see; docs/detection.md tells it in words.

import type { Rng } from '../../base/rng.ts';
import type { Level, Levels } from '../../domain/cell.ts';
import type { DamageKind } from '../../domain/damage.ts';
import type { FaultReceipt } from '../../domain/fault.ts';

export interface DetectionRow {
  /** As `--fault` takes it once it is drawn: `{middle}`, `{last}` and `{4..7}` are. */
  readonly fault: string;
  /** Which case of the fault it is, where there are several. */
  readonly case?: string;
  readonly workload: string;
  /** Factors that differ from their defaults; of a list, a trial draws one. */
  readonly factors: Readonly<Record<string, Level | readonly Level[]>>;
  /** Whether what this receipt tells can be seen at all; all of them where it is not given. */
  counts?(receipt: FaultReceipt): boolean;
  readonly expects: Expected;
}

export type Expected =
  /** The bytes are wrong: at least one of `kinds` must be named, and nothing that is not listed. */
  | {
      readonly outcome: 'damage';
      readonly kinds: readonly DamageKind[];
      /** Follows from the same fault, and is right to be named besides. */
      readonly also?: readonly DamageKind[];
      /** Why several kinds are right, where they cannot be told apart. */
      readonly because?: string;
    }
  /** A call fails with one of these, and no bytes are accused. */
  | { readonly outcome: 'failure'; readonly errnos: readonly string[] }
  /** The client is told, or makes it good: a failed call or a clean trial, and no accusation. */
  | { readonly outcome: 'told'; readonly because: string }
  /** A reader sees nothing of it: every trial is clean. */
  | { readonly outcome: 'harmless'; readonly because: string };

export interface DrawnRow {
  readonly fault: string;
  readonly levels: Levels;
}

/** One trial's fault and levels. `{middle}` is the first byte of an I/O between first and last. */
export function drawRow(row: DetectionRow, rng: Rng): DrawnRow {
  const levels: Record<string, Level> = { workload: row.workload };
  for (const [name, level] of Object.entries(row.factors)) {
    levels[name] = Array.isArray(level)
      ? (level[rng.integer(0, level.length - 1)] as Level)
      : (level as Level);
  }
  const ioBytes = Number(levels.io);
  const ios = Number(levels.size) / ioBytes;
  const byteOf = (io: number) => `${io * ioBytes}-${io * ioBytes + 1}`;
  const fault = row.fault.replace(/\{(middle|last|(\d+)\.\.(\d+))\}/g, (_, word, low, high) => {
    if (word === 'middle') return byteOf(rng.integer(1, ios - 2));
    if (word === 'last') return byteOf(ios - 1);
    return String(rng.integer(Number(low), Number(high)));
  });
  return { fault, levels };
}
