// The marker `NAME.ready`: it says of the file beside it how long it is and what it holds, so that
// a file that is not all there yet, or another one, is told from the one that was published.

import { HeisenwriteError } from '../domain/errors.ts';
import { CLAIM_PREFIX, PUBLISH_PREFIX } from './sign.ts';
import { MARKER_ENDING } from './temporary-names.ts';

const SCHEMA = 'heisenwrite.ready/1';
/** NAME_MAX of Linux, and of most servers. */
const NAME_BYTES_MAX = 255;
/** More than any marker has. */
export const MARKER_BYTES_MAX = 4096;

export interface Marker {
  readonly name: string;
  readonly bytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

export function markerOf(name: string): string {
  return name + MARKER_ENDING;
}

export function encodeMarker({ name, bytes, sha256 }: Marker): Uint8Array {
  return Buffer.from(`${JSON.stringify({ schema: SCHEMA, name, bytes, sha256 })}\n`);
}

/** Null for what is no marker, or one that is not all there yet. */
export function decodeMarker(text: Uint8Array): Marker | null {
  try {
    const found: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
    const { schema, name, bytes, sha256 } = (found ?? {}) as Record<string, unknown>;
    if (schema !== SCHEMA || typeof name !== 'string') return null;
    if (!Number.isSafeInteger(bytes) || (bytes as number) < 0) return null;
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return null;
    return { name, bytes: bytes as number, sha256 };
  } catch {
    return null;
  }
}

/** @throws HeisenwriteError `invalid-option` for a name that a picker would not find */
export function checkName(name: string): void {
  const why = whyNot(name);
  if (why === null) return;
  throw new HeisenwriteError('invalid-option', `${JSON.stringify(name)} ${why}`, {
    remedy: 'give another name',
  });
}

function whyNot(name: string): string | null {
  if (name === '' || name === '.' || name === '..') return 'is not the name of a file';
  if (/[/\0]/.test(name)) return 'has a / or a zero byte in it';
  if (name.endsWith(MARKER_ENDING)) return 'would be taken for the marker of another file';
  if (name.startsWith(PUBLISH_PREFIX) || name.startsWith(CLAIM_PREFIX)) {
    return 'would be taken for a file that is not finished';
  }
  const bytes = Buffer.byteLength(markerOf(name));
  if (bytes > NAME_BYTES_MAX) {
    return `is too long: with ${MARKER_ENDING} it has ${bytes} bytes, at most ${NAME_BYTES_MAX}`;
  }
  return null;
}
