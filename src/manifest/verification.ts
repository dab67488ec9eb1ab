// A file held against a manifest, and two manifests held against each other: one answer for both,
// which is what `--json` prints, a promise to those who build on it.

import { isoTime } from '../base/clock.ts';
import type { ByteRange, Damage } from '../domain/damage.ts';
import { digestChunks } from './chunk-digests.ts';
import { type ChunkDifference, compareDigests, type DigestedBytes } from './difference.ts';
import { createPairHash } from './digest-tree.ts';
import type { Manifest } from './manifest.ts';
import { withSourceFile } from './source-file.ts';
import { zeroRuns } from './zero-runs.ts';

/** Ranges that are listed; the rest is counted. */
const RANGES_MAX = 1000;

export interface ManifestVerification {
  readonly schema: 'heisenwrite.verify-manifest/1' | 'heisenwrite.compare-manifests/1';
  readonly verdict: 'clean' | 'damaged';
  /** Path of what was judged, as it was given. */
  readonly file: string;
  readonly bytes: number;
  /** Length that the manifest states. */
  readonly meantBytes: number;
  /** In which sizes it was compared: of two manifests the coarser. */
  readonly chunkBytes: number;
  readonly chunksCompared: number;
  readonly chunksDiffering: number;
  /** Ascending by offset. `unexplained`: differs, which is all that a digest tells. */
  readonly damage: readonly ManifestDamage[];
  readonly damageNotListed: number;
  /** What is there and could not be judged: the chunk in which the shorter of two ends. */
  readonly unjudged: { readonly offset: number; readonly length: number } | null;
  /**
   * Of a file: runs of zeros from 4 KiB on in what differs, to the byte, whether or not zeros were
   * meant there; of the first GiB of it, at most 1,000.
   */
  readonly zeros: readonly ByteRange[];
  /** Several chunks were compared and none is right: another file, or all of it moved. */
  readonly nothingInCommon: boolean;
  /** What the manifest is of, by its own name. */
  readonly manifestOf: string;
  /** ISO times of the last modification: as it is, and as the manifest states. */
  readonly modified: string;
  readonly meantModified: string;
}

export type ManifestDamage = Pick<Damage, 'kind' | 'offset' | 'length' | 'from'> & {
  readonly because: string;
};

/**
 * Reads the file once, up to the length that the manifest states.
 * @throws HeisenwriteError no-such-file, not-readable, read-failed; the last also of a file that
 *   changed while it was read
 */
export function verifyAgainst(
  path: string,
  manifest: Manifest,
  onProgress?: (doneBytes: number, totalBytes: number) => void,
): Promise<ManifestVerification> {
  return withSourceFile(path, async (file) => {
    const { chunkBytes } = manifest;
    const bytes = Math.min(file.bytes, manifest.bytes);
    const digests = await digestChunks(file, { bytes, chunkBytes, onProgress });
    const found = { bytes, chunkBytes, digests };
    const difference = compareDigests(manifest, found, await createPairHash());
    const looked = difference.ranges.filter(({ kind }) => kind !== 'misdirected');
    const zeros = zeroRuns(file, looked);
    const judged = { path, bytes: file.bytes, modifiedMs: file.modifiedMs, zeros };
    return answerOf('heisenwrite.verify-manifest/1', manifest, judged, difference);
  });
}

/** @param path of the manifest `found`, for the answer */
export async function compareManifests(
  path: string,
  found: Manifest,
  meant: Manifest,
): Promise<ManifestVerification> {
  const difference = compareDigests(meant, found satisfies DigestedBytes, await createPairHash());
  const judged = { path, bytes: found.bytes, modifiedMs: found.modifiedMs, zeros: [] };
  return answerOf('heisenwrite.compare-manifests/1', meant, judged, difference);
}

interface Judged {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly zeros: readonly ByteRange[];
}

function answerOf(
  schema: ManifestVerification['schema'],
  meant: Manifest,
  judged: Judged,
  difference: ChunkDifference,
): ManifestVerification {
  const { chunkBytes, compared, differing, unjudged } = difference;
  const all = [...difference.ranges.map(damageOf), ...lengthDamage(judged.bytes, meant.bytes)];
  return {
    schema,
    verdict: all.length === 0 ? 'clean' : 'damaged',
    file: judged.path,
    bytes: judged.bytes,
    meantBytes: meant.bytes,
    chunkBytes,
    chunksCompared: compared,
    chunksDiffering: differing,
    damage: all.slice(0, RANGES_MAX),
    damageNotListed: Math.max(0, all.length - RANGES_MAX),
    unjudged,
    zeros: judged.zeros,
    nothingInCommon:
      compared > 1 &&
      differing === compared &&
      difference.ranges.every(({ kind }) => kind === 'unexplained'),
    manifestOf: meant.file,
    modified: isoTime(judged.modifiedMs),
    meantModified: isoTime(meant.modifiedMs),
  };
}

function damageOf(range: ChunkDifference['ranges'][number]): ManifestDamage {
  const { kind, offset, length, fromOffset } = range;
  const place = { kind, offset, length };
  if (fromOffset !== undefined) {
    const because = `its digests are those that the manifest has for offset ${fromOffset}`;
    return { ...place, from: { offset: fromOffset }, because };
  }
  return kind === 'zeroed'
    ? { ...place, because: 'its digests are those of zeros, and others were meant' }
    : { ...place, because: 'its digests are not those in the manifest' };
}

function lengthDamage(bytes: number, meantBytes: number): ManifestDamage[] {
  if (bytes === meantBytes) return [];
  const [kind, word] = bytes < meantBytes ? ['missing', 'ends'] : ['extra', 'goes on'];
  return [
    {
      kind: kind as 'missing' | 'extra',
      offset: Math.min(bytes, meantBytes),
      length: Math.abs(bytes - meantBytes),
      because: `it ${word} here, and ${meantBytes} bytes were meant`,
    },
  ];
}
