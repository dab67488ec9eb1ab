// Safe also where the marker is written too early: what it says is compared with the file itself,
// first the length, then the content. That is read once for each size and time that the file has,
// and once more where a time cannot tell of a write that came after the reading.

import type { FileLook, FolderContent, FolderLook, ReadinessRule } from '../../domain/delivery.ts';
import { OperationError } from '../../medium/operation-error.ts';
import { CHUNK_BYTES, ContentDiffers, digestOf, mediumContent, readShort } from '../content.ts';
import { decodeMarker, MARKER_BYTES_MAX, type Marker, markerOf } from '../marker.ts';

/**
 * The coarsest step of a time of modification: 1 s of SFTP, 2 s of FAT. Whoever writes twice within
 * one leaves the same time.
 */
const COARSE_STEP_MS = 2000;
/** A tick of Linux takes 10 ms at most, and file systems stamp by ticks. */
const FINE_STEP_MS = 20;

interface Compared {
  /** Of the file and of its marker. */
  readonly state: string;
  /** When this was first seen, and the look after which the content was read last; monotonic. */
  readonly sinceMs: number;
  readonly readMs: number;
  readonly isSame: boolean;
}

export const manifestComplete: ReadinessRule = {
  name: 'manifest-complete',
  about: 'its marker is there, and it has the length and the SHA-256 that the marker says',
  sees: ['modified', 'content'],
  opensFiles: true,
  waitsMs: COARSE_STEP_MS,
  begin({ content }) {
    const compared = new Map<string, Compared>();
    return async (name, look) => {
      const file = look.files.get(name);
      if (content === null || !file || !look.files.has(markerOf(name))) return false;
      const marker = await markerIn(content, name);
      if (marker?.name !== name || marker.bytes !== file.bytes) return false;
      const known = compared.get(name);
      const state = `${file.bytes} ${file.modifiedMs} ${marker.sha256}`;
      if (known?.state === state && !mayHaveChanged(known, file, look)) return known.isSame;
      const isSame = await agrees(content, name, marker);
      const sinceMs = known?.state === state ? known.sinceMs : look.atMs;
      compared.set(name, { state, sinceMs, readMs: look.atMs, isSame });
      return isSame;
    };
  },
};

/** A marker is short: it is read at each look, as one that is half there keeps its time, too. */
async function markerIn({ client, path }: FolderContent, name: string): Promise<Marker | null> {
  const text = await readShort(client, `${path}/${markerOf(name)}`, MARKER_BYTES_MAX);
  return text === null ? null : decodeMarker(text);
}

/** What was read as another content was written since, without a trace in its time. */
function mayHaveChanged(
  { isSame, sinceMs, readMs }: Compared,
  { modifiedMs }: FileLook,
  { atMs }: FolderLook,
): boolean {
  if (isSame) return false;
  if (modifiedMs === null) return atMs - readMs >= COARSE_STEP_MS;
  const stepMs = modifiedMs % 1000 === 0 ? COARSE_STEP_MS : FINE_STEP_MS;
  return readMs - sinceMs < stepMs && atMs - sinceMs >= stepMs;
}

async function agrees(
  { client, path }: FolderContent,
  name: string,
  { bytes, sha256 }: Marker,
): Promise<boolean> {
  const file = `${path}/${name}`;
  try {
    return (
      (await digestOf(mediumContent(client, file, bytes, null).chunks(CHUNK_BYTES))) === sha256
    );
  } catch (error) {
    if (error instanceof ContentDiffers) return false;
    // It went away.
    if (error instanceof OperationError && (await client.status(file)) === null) return false;
    throw error;
  }
}
