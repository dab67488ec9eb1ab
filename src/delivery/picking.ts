// What a picker is given, and what both ways of picking up (by rename, by a claim object) share.

import { HeisenwriteError } from '../domain/errors.ts';
import type { MediumConnection } from '../domain/medium.ts';
import { type Content, ContentDiffers, readShort } from './content.ts';
import { decodeMarker, MARKER_BYTES_MAX, type Marker, markerOf } from './marker.ts';
import { isMarkerName, isTemporaryName, MARKER_ENDING } from './temporary-names.ts';

/**
 * What has just been done for a file: it was `claimed`, its bytes were `taken` out of everybody's
 * sight, it was `delivered` (or handed out), `removed`, and nothing is left of the claim:
 * `released`.
 */
export const PICK_STEPS = ['claimed', 'taken', 'delivered', 'removed', 'released'] as const;
export type PickStep = (typeof PICK_STEPS)[number];

export interface Picked {
  readonly name: string;
  readonly bytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** A name that was not taken. */
export interface Waiting {
  readonly name: string;
  readonly why: string;
}

/** A file that could not be picked up, and is not lost. */
export interface Failed {
  /** That of the claim where the file's is not known. */
  readonly name: string;
  /** With where the file is now. */
  readonly why: string;
  readonly remedy: string;
}

export interface Picking {
  readonly place: MediumConnection;
  readonly trust: 'marker' | 'name';
  readonly staleMs: number;
  /**
   * Where it goes. @returns its SHA-256. @throws ContentDiffers for what is not as it was marked
   */
  deliver(name: string, content: Content): Promise<string>;
  step(step: PickStep, name: string): Promise<void>;
  readonly picked: Picked[];
  readonly waiting: Waiting[];
  /**
   * Notes it, so that the others are gone on with.
   * @param left where the file is now, in words; null where it is where it was
   * @throws PickingEnded where the medium cannot be reached any more
   */
  fail(name: string, error: unknown, left: string | null): void;
}

/** What failed is noted; to go on with others is of no use. */
export class PickingEnded extends Error {
  override name = 'PickingEnded';
}

/** What is believed of a file before it is read; `sha256` is null where nobody has said. */
export interface Promised {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string | null;
  /** Of the file itself, once it was claimed. */
  readonly permissions?: number | null;
}

/** Names to look at: those with a marker, or all that look final. */
export function candidates(listed: readonly string[], trust: Picking['trust']): string[] {
  if (trust === 'name') {
    return listed.filter((name) => !isTemporaryName(name) && !isMarkerName(name));
  }
  return listed.filter(isMarkerName).map((name) => name.slice(0, -MARKER_ENDING.length));
}

/** What fails before anything of the file was moved. */
export async function attempt(
  picking: Picking,
  name: string,
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (error instanceof PickingEnded) throw error;
    picking.fail(name, error, null);
  }
}

/**
 * What is promised of it now, or why it is not ready; null where it is gone. A marker counts also
 * where names are trusted: what contradicts it is not what was published.
 */
export async function lookAt(
  { place, trust }: Picking,
  name: string,
): Promise<Promised | string | null> {
  const { client } = place;
  const text = await readShort(client, `/${markerOf(name)}`, MARKER_BYTES_MAX);
  if (text === null) {
    if (trust === 'marker') return null;
    const bytes = (await client.status(`/${name}`))?.bytes;
    return bytes === undefined ? null : { name, bytes, sha256: null };
  }
  const marker = decodeMarker(text);
  const why = marker === null ? 'its marker cannot be read, or is not all there' : null;
  return why ?? againstFile(marker as Marker, name, (await client.status(`/${name}`))?.bytes);
}

/** @param bytes of the file, undefined where there is none */
function againstFile(marker: Marker, name: string, bytes: number | undefined): Marker | string {
  if (marker.name !== name) return `its marker is of ${JSON.stringify(marker.name)}`;
  if (bytes === undefined) return 'there is a marker, but no file';
  if (bytes === marker.bytes) return marker;
  return `it has ${bytes} bytes, its marker says ${marker.bytes}`;
}

/** Why a file that was read is left there, or null for an error that ends it all. */
export function whyLeft(error: unknown): string | null {
  if (error instanceof ContentDiffers) return error.message;
  const isThere = error instanceof HeisenwriteError && error.code === 'file-exists';
  return isThere ? `where it goes, ${error.message}` : null;
}
