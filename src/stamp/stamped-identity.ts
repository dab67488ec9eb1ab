// What a stamped file says that it is, learned from its headers by majority, so that damaged first
// blocks, or blocks of other files among its own, do not hide the rest. Every block size divides
// 1 MiB, so multiples of that hold headers whatever the block size; near the ends of the file the
// magic is searched for at every byte, so that displaced data are found too.

import { readSync } from 'node:fs';
import type { StampStream } from '../domain/observation.ts';
import { type Header, readHeader } from './header.ts';
import { BLOCK_BYTES_MAX, HEADER_BYTES, MAGIC_BYTES } from './layout.ts';

/** Enough that a majority stands when a third of the file is damaged, few enough to be instant. */
const SAMPLES_MAX = 256;
/** So many that agree need no further search; fewer than this only in files under 32 MiB. */
const UNANIMOUS_SAMPLES = 32;
const SEARCHED_BYTES = 4 * BLOCK_BYTES_MAX;

export interface StampedIdentity {
  /** `fileBytes` is the length that the headers state, 0 where they state none. */
  readonly stream: StampStream;
  /** The generation of most blocks. */
  readonly generation: number;
  /** Length that the file has. */
  readonly fileBytes: number;
  /**
   * Offsets at which a header of another place, generation or stream was read, or none, by the look
   * that learned all this. A later read that finds them right found a file that reads differently.
   */
  readonly doubted: readonly number[];
  /**
   * Where in the stamped file the first byte of this one belongs, when it is a part of it: not one
   * header stands in its place, and most say the same place. Else 0.
   */
  readonly partOffset: number;
  /** Whether a header stands where it says that it belongs. */
  readonly hasStampsInPlace: boolean;
}

/** What was read where a header stands whatever the block size; null for no valid header. */
interface Sample {
  readonly at: number;
  readonly header: Header | null;
}

interface Vote {
  readonly stream: StampStream;
  /** Bytes for which headers speak that stand where they say that they belong. */
  inPlace: number;
  displaced: number;
  /** By how much headers stand before the place where they belong, and the weight of these. */
  readonly partOffsets: Map<number, number>;
  readonly generations: Map<number, number>;
}

/** @returns null when no header is found: the file is not stamped, or nothing is left of it. */
export function learnIdentity(descriptor: number, fileBytes: number): StampedIdentity | null {
  const unanimous = new Map<string, Vote>();
  const samples = pollChunks(descriptor, fileBytes, UNANIMOUS_SAMPLES, unanimous);
  const first = elect(unanimous, samples, fileBytes);
  if (samples.length >= UNANIMOUS_SAMPLES && first?.doubted.length === 0) return first;
  const votes = new Map<string, Vote>();
  if (fileBytes > 2 * SEARCHED_BYTES) {
    samples.push(...pollChunks(descriptor, fileBytes, SAMPLES_MAX, votes));
  }
  const bytes = Buffer.alloc(Math.min(SEARCHED_BYTES, fileBytes));
  const tail = fileBytes - bytes.length;
  for (const from of tail < bytes.length ? [0, Math.max(tail, bytes.length)] : [0, tail]) {
    castVotesIn(votes, bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, from)), from);
  }
  return elect(votes, samples, fileBytes);
}

/** Bits of the 64 of a magic that may be wrong in what is still said to be like one. */
const MAGIC_BITS_WRONG_MAX = 16;

/**
 * What speaks for a stamped file whose headers are all damaged: how many bits of the magic are
 * wrong where headers stand whatever the block size. Null where nothing is like a header.
 */
function damagedMagicBits(descriptor: number, fileBytes: number): number | null {
  const bytes = Buffer.alloc(HEADER_BYTES);
  let least = MAGIC_BYTES.length * 8;
  for (let at = 0; at < Math.min(fileBytes, SEARCHED_BYTES); at += BLOCK_BYTES_MAX) {
    if (readSync(descriptor, bytes, 0, HEADER_BYTES, at) < HEADER_BYTES) break;
    let bits = 0;
    for (const [index, byte] of MAGIC_BYTES.entries()) {
      for (let rest = byte ^ (bytes[index] as number); rest > 0; rest &= rest - 1) bits++;
    }
    least = Math.min(least, bits);
  }
  return least <= MAGIC_BITS_WRONG_MAX ? least : null;
}

/** Why a file that is not empty has no identity, as the end of a sentence about it. */
export function whyNotStamped(descriptor: number, fileBytes: number): string {
  const bits = damagedMagicBits(descriptor, fileBytes);
  if (bits === null) return 'has no block with the header of a stamp';
  return (
    `has no valid header of a stamp, but one with ${bits} bits of its magic wrong: it looks like ` +
    'a stamped file whose headers are damaged; compare it with `heisenwrite diagnose BAD GOOD`'
  );
}

/**
 * Asks the first header of up to `samples` evenly spaced chunks. Each speaks for the stretch that
 * it samples: counted by heads, a few blocks of 512 bytes would outvote many of 1 MiB.
 */
function pollChunks(
  descriptor: number,
  fileBytes: number,
  samples: number,
  votes: Map<string, Vote>,
): Sample[] {
  const chunks = Math.floor(fileBytes / BLOCK_BYTES_MAX);
  const apart = Math.max(1, Math.floor(chunks / samples));
  const bytes = Buffer.alloc(HEADER_BYTES);
  const taken: Sample[] = [];
  for (let chunk = 0; chunk < chunks; chunk += apart) {
    const at = chunk * BLOCK_BYTES_MAX;
    const got = readSync(descriptor, bytes, 0, HEADER_BYTES, at);
    const header = readHeader(bytes.subarray(0, got), 0);
    taken.push({ at, header });
    if (header) castVote(votes, header, at, apart * BLOCK_BYTES_MAX);
  }
  return taken;
}

function castVote(votes: Map<string, Vote>, header: Header, at: number, weight: number): void {
  const stream = streamOf(header);
  const key = JSON.stringify(stream);
  const vote = votes.get(key) ?? {
    stream,
    inPlace: 0,
    displaced: 0,
    partOffsets: new Map(),
    generations: new Map(),
  };
  votes.set(key, vote);
  const partOffset = header.blockIndex * header.blockBytes - at;
  if (partOffset === 0) vote.inPlace += weight;
  else vote.displaced += weight;
  vote.partOffsets.set(partOffset, (vote.partOffsets.get(partOffset) ?? 0) + weight);
  const before = vote.generations.get(header.generation) ?? 0;
  vote.generations.set(header.generation, before + weight);
}

function elect(
  votes: Map<string, Vote>,
  samples: readonly Sample[],
  fileBytes: number,
): StampedIdentity | null {
  const [best] = [...votes].sort(
    ([, a], [, b]) => b.inPlace - a.inPlace || b.displaced - a.displaced,
  );
  if (!best) return null;
  const [key, { stream, generations, inPlace }] = best;
  const partOffset = partOffsetOf(best[1], fileBytes);
  const [most] = [...generations].sort((a, b) => b[1] - a[1] || b[0] - a[0]);
  const [generation] = most as [number, number];
  const isRight = ({ at, header }: Sample) =>
    header !== null &&
    header.generation === generation &&
    isInPlace(header, at + partOffset) &&
    JSON.stringify(streamOf(header)) === key;
  const doubted = samples.filter((sample) => !isRight(sample)).map(({ at }) => at);
  const hasStampsInPlace = inPlace > 0;
  return { stream, generation, fileBytes, doubted, partOffset, hasStampsInPlace };
}

/** A file of which any header stands in its place is no part, but a damaged file. */
function partOffsetOf({ stream, inPlace, displaced, partOffsets }: Vote, fileBytes: number) {
  if (inPlace > 0) return 0;
  const [most] = [...partOffsets].sort((a, b) => b[1] - a[1]);
  const [offset, weight] = most as [number, number];
  const fits = stream.fileBytes === 0 || offset + fileBytes <= stream.fileBytes;
  return offset > 0 && fits && weight * 2 > displaced ? offset : 0;
}

/**
 * Learns the same from the first bytes of a stream, of which nothing can be sampled.
 * @param from offset of the first of these in the stream
 * @param streamBytes length of all of it; not given where that is not known yet
 */
export function learnIdentityFrom(
  bytes: Buffer,
  from: number,
  streamBytes = 0,
): StampedIdentity | null {
  const votes = new Map<string, Vote>();
  castVotesIn(votes, bytes, from);
  return elect(votes, [], streamBytes);
}

function castVotesIn(votes: Map<string, Vote>, bytes: Buffer, from: number): void {
  for (let at = bytes.indexOf(MAGIC_BYTES); at >= 0; at = bytes.indexOf(MAGIC_BYTES, at + 1)) {
    const header = readHeader(bytes, at);
    if (header) castVote(votes, header, from + at, header.blockBytes);
  }
}

function streamOf({ hunt, file, writer, blockBytes, pattern, fileBytes }: Header): StampStream {
  return { hunt, file, writer, blockBytes, pattern, fileBytes };
}

const isInPlace = ({ blockIndex, blockBytes }: Header, at: number): boolean =>
  blockIndex * blockBytes === at;
