// Which chunks differ between what was meant and what was found, and what a digest alone can tell
// of them: that they hold zeros, or what belongs at another place. Nothing else is guessed.

import { DIGEST_BYTES, foldInPlace, type PairHash, zerosDigest } from './digest-tree.ts';

/** One level of the tree over the first `bytes` of a file. */
export interface DigestedBytes {
  readonly bytes: number;
  readonly chunkBytes: number;
  readonly digests: Uint8Array;
}

/** Adjacent chunks of which the same is to be said. */
export interface DifferingRange {
  readonly kind: 'zeroed' | 'misdirected' | 'unexplained';
  readonly offset: number;
  readonly length: number;
  /** Of `misdirected`: the offset where its first byte belongs. */
  readonly fromOffset?: number;
}

export interface ChunkDifference {
  readonly chunkBytes: number;
  /** Chunks that both have whole; only these were compared. */
  readonly compared: number;
  readonly differing: number;
  readonly ranges: readonly DifferingRange[];
  /** What the shorter has of its last chunk; null where it ends with a chunk, or as the other. */
  readonly unjudged: { readonly offset: number; readonly length: number } | null;
}

/** Compares in the coarser of the two chunk sizes, to which the finer level is folded. */
export function compareDigests(
  meant: DigestedBytes,
  found: DigestedBytes,
  hash: PairHash,
): ChunkDifference {
  const chunkBytes = Math.max(meant.chunkBytes, found.chunkBytes);
  const [left, right] = [foldTo(meant, chunkBytes, hash), foldTo(found, chunkBytes, hash)];
  const bytes = Math.min(meant.bytes, found.bytes);
  const compared =
    meant.bytes === found.bytes ? Math.ceil(bytes / chunkBytes) : Math.floor(bytes / chunkBytes);
  const rest = bytes - compared * chunkBytes;
  const unjudged = rest > 0 ? { offset: compared * chunkBytes, length: rest } : null;
  const explain = explainer({ meant: left, chunkBytes, bytes: found.bytes }, hash);
  const ranges: Growing[] = [];
  let differing = 0;
  for (let chunk = 0; chunk < compared; chunk++) {
    const digest = digestAt(right, chunk);
    if (digest.equals(digestAt(left, chunk))) continue;
    differing++;
    const offset = chunk * chunkBytes;
    const length = Math.min(chunkBytes, bytes - offset);
    const last = ranges.at(-1);
    const next = last && last.offset + last.length === offset ? last : null;
    const one = explain(digest, chunk, next);
    if (next && continues(next, one)) next.length += length;
    else ranges.push({ ...one, offset, length });
  }
  return { chunkBytes, compared, differing, ranges, unjudged };
}

interface Explanation {
  readonly kind: DifferingRange['kind'];
  readonly fromOffset?: number;
}

type Growing = Explanation & { readonly offset: number; length: number };

function continues(range: Growing, one: Explanation): boolean {
  if (range.kind !== one.kind) return false;
  return range.fromOffset === undefined || range.fromOffset + range.length === one.fromOffset;
}

/** What is meant at several places is said to come from where the range before it goes on. */
function explainer(
  { meant, chunkBytes, bytes }: { meant: Buffer; chunkBytes: number; bytes: number },
  hash: PairHash,
) {
  let places: Map<string, number> | null = null;
  let zeros: Uint8Array | null = null;
  const whole = Math.floor(bytes / chunkBytes);
  const rest = bytes % chunkBytes;
  return (digest: Buffer, chunk: number, before: Growing | null): Explanation => {
    zeros ??= whole > 0 ? zerosDigest(chunkBytes, hash) : new Uint8Array();
    const ofZeros = chunk < whole ? zeros : zerosDigest(rest, hash);
    if (digest.equals(ofZeros)) return { kind: 'zeroed' };
    const goesOn = before?.fromOffset === undefined ? null : before.fromOffset + before.length;
    if (goesOn !== null && digestAt(meant, goesOn / chunkBytes).equals(digest)) {
      return { kind: 'misdirected', fromOffset: goesOn };
    }
    places ??= placesOf(meant);
    const from = places.get(digest.toString('latin1'));
    return from === undefined
      ? { kind: 'unexplained' }
      : { kind: 'misdirected', fromOffset: from * chunkBytes };
  };
}

/** The first chunk that each digest is meant for. */
function placesOf(digests: Buffer): Map<string, number> {
  const places = new Map<string, number>();
  for (let chunk = digests.length / DIGEST_BYTES - 1; chunk >= 0; chunk--) {
    places.set(digestAt(digests, chunk).toString('latin1'), chunk);
  }
  return places;
}

/** Empty behind the last one. */
function digestAt(digests: Buffer, chunk: number): Buffer {
  return digests.subarray(chunk * DIGEST_BYTES, (chunk + 1) * DIGEST_BYTES);
}

function foldTo(from: DigestedBytes, chunkBytes: number, hash: PairHash): Buffer {
  const levels = { fromBytes: from.chunkBytes, toBytes: chunkBytes };
  return Buffer.from(foldInPlace(from.digests.slice(), levels, hash));
}
