// Damage in the write-ahead log, which SQLite itself passes over in silence: it takes the first
// frame with a wrong checksum for the torn end of a crash and forgets all behind it, so that one
// flipped bit would lose acknowledged trials without a word.
//
//   0         32                     32 + 24 + page
//   +---------+--------------+-------+--------------+-------+- - -
//   | header  | frame header | page  | frame header | page  |
//   +---------+--------------+-------+--------------+-------+- - -
//
// Numbers are big-endian; two salts mark the frames of one log; https://sqlite.org/walformat.html
//
// The torn end of a crash holds at most the commits since the last sync. This store leaves at
// most one commit unsynced (sqlite-store.ts), so two: that one and the one being synced. A frame
// of the same log that lies behind two whole later commits was written after a sync: the break
// before them is damage.

import { readFileSync } from 'node:fs';
import { errnoOf } from '../domain/errors.ts';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC_LITTLE_ENDIAN = 0x377f0682;
const MAGIC_BIG_ENDIAN = 0x377f0683;
/** Commits that a crash may leave without a sync. */
const UNSYNCED_COMMITS_MAX = 2;

/** What is wrong with the log at `path` in words, or null: whole, torn by a crash, or absent. */
export function logDamage(path: string): string | null {
  let log: Buffer;
  try {
    log = readFileSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
  if (log.length <= HEADER_BYTES + FRAME_HEADER_BYTES) return null;
  const magic = log.readUInt32BE(0);
  const littleEndian = magic === MAGIC_LITTLE_ENDIAN;
  const sums: [number, number] = [0, 0];
  addTo(sums, log, 0, 24, littleEndian);
  const known = littleEndian || magic === MAGIC_BIG_ENDIAN;
  if (!known || sums[0] !== log.readUInt32BE(24) || sums[1] !== log.readUInt32BE(28)) {
    return 'the header of its log (-wal) no longer has its own checksum';
  }
  const frameBytes = FRAME_HEADER_BYTES + log.readUInt32BE(8);
  const frames = Math.floor((log.length - HEADER_BYTES) / frameBytes);
  const broken = firstBroken(log, frames, frameBytes, sums, littleEndian);
  if (broken === null) return null;
  let commits = 0;
  for (let frame = broken + 1; frame < frames; frame++) {
    const at = HEADER_BYTES + frame * frameBytes;
    if (!isOfThisLog(log, at)) continue;
    if (commits === UNSYNCED_COMMITS_MAX) {
      return `frame ${broken + 1} of ${frames} in its log (-wal) has changed after it was synced`;
    }
    if (log.readUInt32BE(at + 4) !== 0) commits++;
  }
  return null;
}

function firstBroken(
  log: Buffer,
  frames: number,
  frameBytes: number,
  sums: [number, number],
  littleEndian: boolean,
): number | null {
  for (let frame = 0; frame < frames; frame++) {
    const at = HEADER_BYTES + frame * frameBytes;
    addTo(sums, log, at, 8, littleEndian);
    addTo(sums, log, at + FRAME_HEADER_BYTES, frameBytes - FRAME_HEADER_BYTES, littleEndian);
    const whole = sums[0] === log.readUInt32BE(at + 16) && sums[1] === log.readUInt32BE(at + 20);
    if (!whole || !isOfThisLog(log, at)) return frame;
  }
  return null;
}

function isOfThisLog(log: Buffer, frameAt: number): boolean {
  return log.compare(log, 16, 24, frameAt + 8, frameAt + 16) === 0;
}

/** The running checksum of the format: two 32-bit sums that feed each other. */
function addTo(
  sums: [number, number],
  log: Buffer,
  from: number,
  length: number,
  littleEndian: boolean,
): void {
  let [first, second] = sums;
  for (let at = from; at < from + length; at += 8) {
    const low = littleEndian ? log.readUInt32LE(at) : log.readUInt32BE(at);
    const high = littleEndian ? log.readUInt32LE(at + 4) : log.readUInt32BE(at + 4);
    first = (first + low + second) >>> 0;
    second = (second + high + first) >>> 0;
  }
  sums[0] = first;
  sums[1] = second;
}
