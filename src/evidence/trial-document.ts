// A trial as it is kept: one JSON document in which every byte array is replaced by its length, and
// the byte arrays apart. The lengths let a reader notice that bytes are missing.

import { crc32 } from 'node:zlib';
import { HeisenwriteError } from '../domain/errors.ts';
import type { Observation, Reread } from '../domain/observation.ts';
import type { TrialOutcome, TrialRecord } from '../domain/trial.ts';

/** Bytes of one look: 0 is the first read of the observation, n its nth re-read. */
export interface LookBytes {
  readonly observation: number;
  readonly look: number;
  readonly bytes: Uint8Array;
}

type KeptReread = Omit<Reread, 'bytes'> & { readonly byteCount?: number };
type KeptObservation = Omit<Observation, 'bytes' | 'rereads'> & {
  readonly byteCount: number;
  readonly rereads: readonly KeptReread[];
};
type KeptOutcome = Omit<TrialOutcome, 'observations'> & {
  readonly observations: readonly KeptObservation[];
};
export type KeptTrial = Omit<TrialRecord, 'outcome'> & { readonly outcome: KeptOutcome };

export function trialDocument(record: TrialRecord): string {
  const kept: KeptTrial = {
    ...record,
    outcome: { ...record.outcome, observations: record.outcome.observations.map(keepObservation) },
  };
  return JSON.stringify(kept);
}

function keepObservation({ bytes, rereads, ...rest }: Observation): KeptObservation {
  const keptRereads = rereads.map(({ bytes: again, ...reread }): KeptReread => {
    return again === undefined ? reread : { ...reread, byteCount: again.length };
  });
  return { ...rest, byteCount: bytes.length, rereads: keptRereads };
}

export function trialLooks(record: TrialRecord): LookBytes[] {
  const looks: LookBytes[] = [];
  record.outcome.observations.forEach(({ bytes, rereads }, observation) => {
    looks.push({ observation, look: 0, bytes });
    rereads.forEach((reread, index) => {
      if (reread.bytes) looks.push({ observation, look: index + 1, bytes: reread.bytes });
    });
  });
  return looks;
}

/**
 * @throws HeisenwriteError 'evidence-damaged' when bytes that the document counts are not there.
 */
export function restoreTrial(kept: KeptTrial, looks: readonly LookBytes[]): TrialRecord {
  const byPlace = new Map(looks.map((look) => [`${look.observation}/${look.look}`, look.bytes]));
  const bytesOf = (observation: number, look: number, count: number): Uint8Array => {
    const bytes = byPlace.get(`${observation}/${look}`);
    if (bytes?.length === count) return bytes;
    throw new HeisenwriteError(
      'evidence-damaged',
      `trial ${kept.trial}, observation ${observation}, look ${look}: ${count} bytes were ` +
        `recorded and ${bytes === undefined ? 'none' : bytes.length} are there`,
    );
  };
  const observations = kept.outcome.observations.map(
    ({ byteCount, rereads, ...rest }, index): Observation => ({
      ...rest,
      bytes: bytesOf(index, 0, byteCount),
      rereads: rereads.map(({ byteCount: again, ...reread }, at): Reread => {
        return again === undefined ? reread : { ...reread, bytes: bytesOf(index, at + 1, again) };
      }),
    }),
  );
  return { ...kept, outcome: { ...kept.outcome, observations } };
}

/** CRC-32 over where a value belongs and the value itself, so that a swapped row is noticed too. */
export function valueCrc(table: string, key: number | string, value: string | Uint8Array): number {
  return crc32(value, crc32(`${table}:${key}:`));
}

export function lookCrc(trial: number, { observation, look, bytes }: LookBytes): number {
  return valueCrc('bytes', `${trial}/${observation}/${look}`, bytes);
}
