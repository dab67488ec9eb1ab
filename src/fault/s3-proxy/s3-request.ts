// Requests of the S3 API as calls with the names of POSIX, by method, path and query ("Actions" of
// the S3 API reference). An object is a file, a bucket a directory, a part a write at its offset.

import type { FaultOperation } from '../../domain/fault.ts';
import { headerOf, type RawHeaders } from './raw-headers.ts';

export interface S3Request {
  readonly operation: FaultOperation;
  /** `/bucket/key`, or `/bucket`. */
  readonly path: string;
  /** Bytes of the object that the request names; 0 and 0 for one that names none. */
  readonly offset: number;
  readonly length: number;
  /** Of a part, or of what completes or aborts an upload. */
  readonly uploadId: string | null;
  readonly partNumber: number | null;
  /** Whether it puts content under its key, all at once. */
  readonly isWholePut: boolean;
}

/** @param domain of virtual-host style: `bucket.DOMAIN`; null where buckets are in the path */
export function readS3Request(
  method: string,
  target: string,
  headers: RawHeaders,
  domain: string | null,
): S3Request {
  const { pathname, query } = split(target);
  const bucket = bucketOfHost(headerOf(headers, 'host'), domain);
  const path = (bucket === null ? '' : `/${bucket}`) + decoded(pathname);
  const hasKey = /^\/[^/]+\/./.test(path);
  const operation = operationOf(method, query, hasKey, headerOf(headers, 'x-amz-copy-source'));
  const partNumber = query.has('partNumber') ? Number(query.get('partNumber')) : null;
  const range = operation === 'read' ? rangeOf(headerOf(headers, 'range')) : null;
  return {
    operation,
    path: path.replace(/(?<=.)\/$/, hasKey ? '/' : ''),
    offset: range?.offset ?? 0,
    length: operation === 'write' ? payloadBytes(headers) : (range?.length ?? 0),
    uploadId: query.get('uploadId'),
    partNumber,
    isWholePut: operation === 'write' && partNumber === null,
  };
}

function operationOf(
  method: string,
  query: URLSearchParams,
  hasKey: boolean,
  copySource: string | null,
): FaultOperation {
  if (method === 'HEAD') return 'getattr';
  if (!hasKey) return bucketOperation(method, query);
  const isAbout = SUBRESOURCES.some((name) => query.has(name));
  switch (method) {
    case 'PUT':
      if (isAbout) return 'setattr';
      return copySource === null ? 'write' : 'link';
    case 'POST':
      if (query.has('uploads')) return 'create';
      return query.has('uploadId') ? 'close' : 'setattr';
    case 'DELETE':
      return isAbout ? 'setattr' : 'unlink';
    default:
      return isAbout || query.has('uploadId') ? 'getattr' : 'read';
  }
}

/** What a request asks of a bucket: an empty query, or one of ListObjects, lists what is in it. */
function bucketOperation(method: string, query: URLSearchParams): FaultOperation {
  const isPlain = [...query.keys()].every(
    (name) => LIST_KEYS.has(name) || name.startsWith('X-Amz-'),
  );
  if (method === 'PUT') return isPlain ? 'mkdir' : 'setattr';
  if (method === 'DELETE') return isPlain ? 'rmdir' : 'setattr';
  if (method === 'POST') return query.has('delete') ? 'unlink' : 'write';
  return isPlain || query.has('versions') || query.has('uploads') ? 'readdir' : 'getattr';
}

const LIST_KEYS: ReadonlySet<string> = new Set([
  'list-type',
  'prefix',
  'delimiter',
  'marker',
  'max-keys',
  'continuation-token',
  'start-after',
  'encoding-type',
  'fetch-owner',
  'x-id',
]);

/** Of an object: what is not its content. */
const SUBRESOURCES = [
  'acl',
  'tagging',
  'retention',
  'legal-hold',
  'attributes',
  'torrent',
  'restore',
] as const;

function split(target: string): { pathname: string; query: URLSearchParams } {
  // A client that takes this for its HTTP proxy names the whole URL.
  const local = target.replace(/^https?:\/\/[^/]*/i, '');
  const mark = local.indexOf('?');
  if (mark === -1) return { pathname: local, query: new URLSearchParams() };
  return { pathname: local.slice(0, mark), query: new URLSearchParams(local.slice(mark + 1)) };
}

function bucketOfHost(host: string | null, domain: string | null): string | null {
  const name = host?.replace(/:\d+$/, '').toLowerCase();
  const end = `.${domain?.toLowerCase()}`;
  return domain !== null && name?.endsWith(end) ? name.slice(0, -end.length) : null;
}

function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}

/** Of the object itself: of an aws-chunked body, what is inside its frames. */
function payloadBytes(headers: RawHeaders): number {
  const inside = headerOf(headers, 'x-amz-decoded-content-length');
  return Number(inside ?? headerOf(headers, 'content-length') ?? 0);
}

/** One range of bytes with a beginning (RFC 9110, section 14.1.2); of others nothing is known. */
function rangeOf(header: string | null): { offset: number; length: number } | null {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '');
  if (!match) return null;
  const offset = Number(match[1]);
  return { offset, length: match[2] ? Number(match[2]) - offset + 1 : 0 };
}
