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
}

interface Vote {
  readonly stream: StampStream;
  /** Bytes for which headers speak that stand where they say that they belong. */
  inPlace: number;
  displaced: number;
  readonly generations: Map<number, number>;
}

/** @returns null when no header is found: the file is not stamped, or nothing is left of it. */
export function learnIdentity(descriptor: number, fileBytes: number): StampedIdentity | null {
  const unanimous = new Map<string, Vote>();
  const { asked, answered } = pollChunks(descriptor, fileBytes, UNANIMOUS_SAMPLES, unanimous);
  if (asked >= UNANIMOUS_SAMPLES && answered === asked && unanimous.size === 1) {
    const identity = elect(unanimous, fileBytes);
    const [vote] = unanimous.values();
    if (vote?.displaced === 0 && vote.generations.size === 1) return identity;
  }
  const votes = new Map<string, Vote>();
  if (fileBytes > 2 * SEARCHED_BYTES) pollChunks(descriptor, fileBytes, SAMPLES_MAX, votes);
  const bytes = Buffer.alloc(Math.min(SEARCHED_BYTES, fileBytes));
  const tail = fileBytes - bytes.length;
  for (const from of tail < bytes.length ? [0, Math.max(tail, bytes.length)] : [0, tail]) {
    const got = bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, from));
    for (let at = got.indexOf(MAGIC_BYTES); at >= 0; at = got.indexOf(MAGIC_BYTES, at + 1)) {
      const header = readHeader(got, at);
      if (header) castVote(votes, header, from + at, header.blockBytes);
    }
  }
  return elect(votes, fileBytes);
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
): { asked: number; answered: number } {
  const chunks = Math.floor(fileBytes / BLOCK_BYTES_MAX);
  const apart = Math.max(1, Math.floor(chunks / samples));
  const bytes = Buffer.alloc(HEADER_BYTES);
  let asked = 0;
  let answered = 0;
  for (let chunk = 0; chunk < chunks; chunk += apart) {
    const at = chunk * BLOCK_BYTES_MAX;
    const got = readSync(descriptor, bytes, 0, HEADER_BYTES, at);
    const header = readHeader(bytes.subarray(0, got), 0);
    asked++;
    if (!header) continue;
    answered++;
    castVote(votes, header, at, apart * BLOCK_BYTES_MAX);
  }
  return { asked, answered };
}

function castVote(votes: Map<string, Vote>, header: Header, at: number, weight: number): void {
  const { hunt, file, writer, blockBytes, pattern, fileBytes } = header;
  const stream = { hunt, file, writer, blockBytes, pattern, fileBytes };
  const key = JSON.stringify(stream);
  const vote = votes.get(key) ?? { stream, inPlace: 0, displaced: 0, generations: new Map() };
  votes.set(key, vote);
  if (header.blockIndex * blockBytes === at) vote.inPlace += weight;
  else vote.displaced += weight;
  const before = vote.generations.get(header.generation) ?? 0;
  vote.generations.set(header.generation, before + weight);
}

function elect(votes: Map<string, Vote>, fileBytes: number): StampedIdentity | null {
  const [best] = [...votes.values()].sort(
    (a, b) => b.inPlace - a.inPlace || b.displaced - a.displaced,
  );
  if (!best) return null;
  const [most] = [...best.generations].sort((a, b) => b[1] - a[1] || b[0] - a[0]);
  return { stream: best.stream, generation: (most as [number, number])[0], fileBytes };
}
