// Which departures become findings with a folder of their own. A hunt that finds torn reads has
// thousands of them; a person looks at a few of each sort, and the counts tell the rest.

import { firstDifference, hexRows, ROW_BYTES } from '../domain/hex-rows.ts';
import type { Finding } from '../domain/hunt-report.ts';
import type { Observation, Reread } from '../domain/observation.ts';
import type { Diagnosis, Judgement, TrialRecord } from '../domain/trial.ts';
import { expectedWindow } from './diagnose.ts';

/** Kept for each cell, promise and set of kinds. */
const KEPT_OF_A_SORT = 2;
const KEPT_MAX = 200;
/** Bytes shown in a report; the folder holds more. */
const HEX_BYTES = 64;

export interface SelectedFinding {
  readonly finding: Finding;
  readonly observation: Observation;
  readonly expected: Uint8Array | null;
}

export class FindingSelection {
  private readonly kept = new Map<string, number>();
  /** Promises with the kinds of damage that broke them, whatever the cell. */
  private readonly seen = new Set<string>();
  private total = 0;

  /** @param before findings that a resumed hunt has kept already */
  constructor(before: readonly Finding[]) {
    for (const finding of before) this.count(finding);
  }

  /**
   * At most one finding of each sort from one trial, its evidence folder still to be named.
   * @param scarce where space runs short: only what was seen in no cell before
   */
  select(
    record: TrialRecord,
    judgement: Judgement,
    replay: string,
    scarce = false,
  ): SelectedFinding[] {
    const all = [
      ...judgement.damage.map((diagnosis) => ({ diagnosis, expected: true })),
      ...judgement.described.map((diagnosis) => ({ diagnosis, expected: false })),
    ];
    const selected: SelectedFinding[] = [];
    const sorts = new Set<string>();
    for (const { diagnosis, expected } of all) {
      if (diagnosis.damage.length === 0) continue;
      const found = findingOf(record, diagnosis, expected, replay, this.total + 1);
      const sort = sortOf(found.finding);
      const enough = this.total >= KEPT_MAX || (this.kept.get(sort) ?? 0) >= KEPT_OF_A_SORT;
      const known = scarce && this.seen.has(kindOf(found.finding));
      if (enough || known || sorts.has(sort)) continue;
      sorts.add(sort);
      this.count(found.finding);
      selected.push(found);
    }
    return selected;
  }

  private count(finding: Finding): void {
    const sort = sortOf(finding);
    this.seen.add(kindOf(finding));
    this.kept.set(sort, (this.kept.get(sort) ?? 0) + 1);
    this.total++;
  }
}

function sortOf({ levels, promise, kinds }: Pick<Finding, 'levels' | 'promise' | 'kinds'>): string {
  return JSON.stringify([Object.entries(levels), promise, [...kinds].sort()]);
}

function kindOf({ promise, kinds }: Pick<Finding, 'promise' | 'kinds'>): string {
  return JSON.stringify([promise, [...kinds].sort()]);
}

function findingOf(
  record: TrialRecord,
  diagnosis: Diagnosis,
  expected: boolean,
  replay: string,
  number: number,
): SelectedFinding {
  const observation = record.outcome.observations[diagnosis.observation] as Observation;
  const meant = expectedWindow(observation);
  const { failures, opportunities, observations } = record.outcome;
  const failed = failures.map(({ operation, errno }) => ({ operation, errno }));
  const wholeFile = observations.find(
    ({ file, promise, wholeFile: all }) =>
      all !== undefined && file === observation.file && promise === observation.promise,
  )?.wholeFile;
  return {
    observation,
    expected: meant,
    finding: {
      id: `finding-${String(number).padStart(3, '0')}`,
      trial: record.trial,
      levels: record.cell.levels,
      expected,
      promise: diagnosis.promise,
      kinds: [...new Set(diagnosis.damage.map((damage) => damage.kind))],
      damage: diagnosis.damage,
      layer: diagnosis.layer,
      layerBecause: diagnosis.layerBecause,
      rereads: observation.rereads.map((look) => rereadSummary(look, observation.bytes)),
      evidence: '',
      replay,
      seed: record.seed,
      atMs: record.startedAtMs + record.durationMs,
      window: {
        offset: observation.offset,
        asked: observation.asked,
        returned: observation.returned,
      },
      ...(wholeFile && { wholeFile }),
      ...(failed.length > 0 && { calls: { writes: opportunities.writes, failed } }),
      hex: rowsAround(meant ?? new Uint8Array(0), observation, diagnosis),
    },
  };
}

/** From the row before the first damaged byte on. */
function rowsAround(meant: Uint8Array, observation: Observation, { damage }: Diagnosis) {
  const { bytes, offset, expected } = observation;
  const at = damage[0] ? damage[0].offset - offset : (firstDifference(meant, bytes) ?? 0);
  const from = Math.max(0, at - (at % ROW_BYTES) - ROW_BYTES);
  if (expected.shape === 'deliveries') return [];
  return hexRows(meant.subarray(from), bytes.subarray(from), offset + from, HEX_BYTES);
}

function rereadSummary({ bytes, ...look }: Reread, first: Uint8Array) {
  return { ...look, sameAsFirst: bytes ? Buffer.compare(bytes, first) === 0 : null };
}
