// Whether a second look at the window of an observation found what was meant. A unit that goes on
// being rewritten is right in any generation that is not older than what the first look saw.

import type { Expected, Observation } from '../domain/observation.ts';
import { HEADER_BYTES } from '../stamp/layout.ts';
import { decodeWord, encodeBlocks, expectedBytes, readHeader } from '../stamp/reference.ts';

type UnitExpected = Extract<Expected, { shape: 'unit' }>;
type RecordsExpected = Extract<Expected, { shape: 'records' }>;

const SECTOR_BYTES = 512;

/** @param fileBytes length of the file at that look, -1 where it is not known */
export function isRight(observation: Observation, bytes: Uint8Array, fileBytes: number): boolean {
  const { expected, offset, asked } = observation;
  switch (expected.shape) {
    case 'blocks': {
      const { stream, runs, lengthBytes } = expected;
      if (fileBytes >= 0 && fileBytes !== lengthBytes) return false;
      const length = Math.max(0, Math.min(asked, lengthBytes - offset));
      const meant = expectedBytes(stream, runs, offset, length, bytes);
      return bytes.length === length && Buffer.compare(bytes, meant) === 0;
    }
    case 'unit': {
      const generation = wholeGeneration(expected, bytes);
      return generation !== null && generation >= newestSeen(expected, observation.bytes);
    }
    case 'records':
      return recordsAreRight(expected, bytes, fileBytes);
    case 'given':
      if (fileBytes >= 0 && fileBytes !== expected.lengthBytes) return false;
      return Buffer.compare(bytes, Buffer.from(expected.meant, 'base64')) === 0;
    case 'compared':
    // A message is not there to be looked at again.
    case 'deliveries':
    case 'message':
      return false;
  }
}

/** The generation of a unit that is entirely of that one; null where it is not whole. */
export function wholeGeneration({ stream, block }: UnitExpected, bytes: Uint8Array): number | null {
  const header = readHeader(bytes, 0);
  if (header === null || bytes.length !== stream.blockBytes) return null;
  const writer = { ...stream, writer: header.writer };
  const meant = encodeBlocks(writer, block, 1, header.generation, header.timeNs);
  return Buffer.compare(bytes, meant) === 0 ? header.generation : null;
}

/**
 * The newest generation of which the unit's bytes certainly show something, at least the
 * acknowledged one. One word of each sector is asked: a unit is torn between writes, not in a word.
 */
function newestSeen({ stream, block, acknowledged, started }: UnitExpected, bytes: Uint8Array) {
  let newest = acknowledged;
  const see = (generation: number | undefined) => {
    if (generation !== undefined && generation <= started) newest = Math.max(newest, generation);
  };
  see(readHeader(bytes, 0)?.generation);
  if (stream.pattern !== 'stamp') return newest;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let sector = 0; sector + SECTOR_BYTES <= bytes.length; sector += SECTOR_BYTES) {
    const at = sector === 0 ? HEADER_BYTES : sector;
    const found = decodeWord(view.getBigUint64(at, true), stream.hunt);
    const placed = found.index === (block * stream.blockBytes + at) / 8;
    if (placed && found.file === stream.file % 2 ** 10) {
      see(nearestGeneration(found.generation, started));
    }
  }
  return newest;
}

/** The newest generation up to `most` whose low 14 bits are these. */
function nearestGeneration(low: number, most: number): number | undefined {
  const generation = most - ((((most - low) % 2 ** 14) + 2 ** 14) % 2 ** 14);
  return generation < 0 ? undefined : generation;
}

/** True where the bytes are all of the records, each whole and next in its writer's order. */
function recordsAreRight(
  { stream, recordsOfWriter }: RecordsExpected,
  bytes: Uint8Array,
  fileBytes: number,
): boolean {
  const size = stream.blockBytes;
  const records = recordsOfWriter.reduce((sum, count) => sum + count, 0);
  if (bytes.length !== records * size) return false;
  if (fileBytes >= 0 && fileBytes !== bytes.length) return false;
  const next = recordsOfWriter.map(() => 1);
  let before = 0;
  const firstOf = recordsOfWriter.map((count) => {
    before += count;
    return before - count;
  });
  for (let at = 0; at < bytes.length; at += size) {
    const header = readHeader(bytes, at);
    if (header === null) return false;
    const { writer, generation, timeNs } = header;
    const first = firstOf[writer];
    if (first === undefined || generation !== next[writer]) return false;
    next[writer] = generation + 1;
    const meant = encodeBlocks(
      { ...stream, writer },
      first + generation - 1,
      1,
      generation,
      timeNs,
    );
    if (Buffer.compare(bytes.subarray(at, at + size), meant) !== 0) return false;
  }
  return true;
}
