// What the requests that were done tell of the objects: for stale answers, and for parts that were
// lost before.

import type { EarlierObjects } from './earlier-objects.ts';
import type { S3Request } from './s3-request.ts';
import type { Uploads } from './uploads.ts';

interface Done {
  /** The body as the server has it; null where it was not seen. */
  readonly stored: Buffer | null;
  readonly etag: string;
  /** What the server answered, where it was read. */
  readonly said: Buffer | null;
}

export function learn(
  { earlier, uploads }: { readonly earlier: EarlierObjects; readonly uploads: Uploads },
  { operation, path, uploadId, partNumber, isWholePut }: S3Request,
  { stored, etag, said }: Done,
): void {
  if (operation === 'write' && uploadId !== null && partNumber !== null) {
    uploads.keep(uploadId, partNumber);
    if (stored) earlier.putPart(uploadId, partNumber, stored);
  } else if (isWholePut) earlier.put(path, stored, etag);
  else if (operation === 'close' && uploadId !== null && said) {
    const digest = /[0-9a-f]{32}-\d+/.exec(String(said))?.[0] ?? '';
    earlier.complete(path, uploadId, String(stored ?? ''), `"${digest}"`);
  } else if (operation === 'unlink' && uploadId === null) {
    for (const each of deletedPaths(path, stored)) earlier.deleted(each);
  } else if (operation === 'link') earlier.put(path, null, '');
}

/** The object, or, of a bucket, those that the body of DeleteObjects names. */
function deletedPaths(path: string, stored: Buffer | null): string[] {
  if (/^\/[^/]+\/./.test(path)) return [path];
  return deletedKeys(String(stored ?? '')).map((key) => `${path}/${key}`);
}

/** @param xml the body of DeleteObjects */
export function deletedKeys(xml: string): string[] {
  return [...xml.matchAll(/<Key>(.*?)<\/Key>/gs)].map(([, key = '']) => unescaped(key));
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
}
