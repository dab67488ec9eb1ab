// What a match may say of times. A ring forgets its oldest records and ends at some moment, so a
// receipt that is not there may have been forgotten, or may not have happened yet. Here is up to
// when a recording forgot, and how far the clocks of two recordings may be apart.

import { PieceReader } from './piece-reader.ts';
import { committedSequence, Recording, type RecordingHeader } from './recording.ts';

const PIECE_BYTES = 4096;

/** A recording as a match sees it; times are relative to the base of the match, ns. */
export interface BoundedRecording {
  readonly index: number;
  readonly header: RecordingHeader;
  /** Of its oldest and its newest record; infinite the wrong way round where it has none. */
  readonly firstNs: number;
  readonly lastNs: number;
}

/** The oldest and newest time that are there. @throws RecordingError */
export function recordedTimes(path: string): { firstNs: bigint; lastNs: bigint } | null {
  const recording = new Recording(path);
  try {
    const { offsetNs } = recording.live();
    const reader = new PieceReader(recording, PIECE_BYTES);
    const { end } = recording.span();
    for (let piece = reader.next(); piece !== null; piece = reader.next()) {
      if (piece.from >= piece.records) continue;
      const { recordBytes } = recording.layout;
      const time = piece.from * (recordBytes / 8) + 1;
      const firstNs = (new BigInt64Array(reader.buffer)[time] as bigint) + offsetNs;
      return { firstNs, lastNs: lastTime(recording, end, offsetNs) ?? firstNs };
    }
    return null;
  } finally {
    recording.close();
  }
}

/** Of the newest record that is whole; a damaged one at the end is passed over. */
function lastTime(recording: Recording, end: number, offsetNs: bigint): bigint | null {
  const record = Buffer.alloc(16);
  const oldest = Math.max(0, end - recording.layout.slots);
  for (let sequence = end - 1; sequence >= oldest; sequence--) {
    recording.read(record, recording.positionOf(sequence));
    const found = committedSequence(record.readUInt32LE(0), record.readUInt32LE(4));
    if (found === sequence) return record.readBigInt64LE(8) + offsetNs;
  }
  return null;
}

/**
 * How far times of one recording may be wrong against those of another, ns; null where nothing is
 * known of it: two machines, or two boots of one, and no offset was estimated.
 */
export function clockUncertaintyNs(one: RecordingClock, other: RecordingClock): number | null {
  const known = [one, other].flatMap(({ offsetUncertaintyNs }) => offsetUncertaintyNs ?? []);
  if (known.length > 0) return known.reduce((sum, ns) => sum + Number(ns), 0);
  return one.domain !== '' && one.domain === other.domain ? 0 : null;
}

type RecordingClock = RecordingHeader['clock'];

/** It was overwritten, or not recorded in a pause: what is not there may have happened. */
export function mayHaveForgotten({ counts, pause }: RecordingHeader): boolean {
  return counts.overwritten > 0 || pause !== null;
}

/**
 * From here on the recording has forgotten nothing, ns; minus infinity: it has forgotten nothing,
 * infinity: it is in a pause.
 */
export function horizonNs({ header, firstNs }: BoundedRecording, baseNs: bigint): number {
  const { counts, clock, pause } = header;
  const resolutionNs = Number(clock.resolutionNs);
  const oldest = counts.overwritten === 0 ? Number.NEGATIVE_INFINITY : firstNs + resolutionNs;
  if (pause === null) return oldest;
  if (pause.untilNs === null) return Number.POSITIVE_INFINITY;
  return Math.max(oldest, Number(pause.untilNs - baseNs) + resolutionNs);
}

/**
 * Fills `relative` with the times of a batch, relative to `baseNs`, without a BigInt for each.
 * Exact up to 2^53 ns (104 days) from the base.
 */
export function relativeTimes(
  timeNs: BigInt64Array,
  length: number,
  baseNs: bigint,
  relative: Float64Array,
): void {
  const halves = new Int32Array(timeNs.buffer, timeNs.byteOffset, 2 * length);
  const baseHigh = Number(BigInt.asIntN(32, baseNs >> 32n));
  const baseLow = Number(BigInt.asUintN(32, baseNs));
  for (let index = 0; index < length; index++) {
    const high = (halves[2 * index + 1] as number) - baseHigh;
    relative[index] = high * 2 ** 32 + ((halves[2 * index] as number) >>> 0) - baseLow;
  }
}
