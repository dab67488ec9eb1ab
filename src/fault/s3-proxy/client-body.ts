// What a client sends, as far as it was taken: its content, and what goes to the server in its
// place where a fault has changed it.

import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { isAwsChunked, payloadViews, putBack } from './aws-chunks.ts';
import { forwarded, type RawHeaders } from './raw-headers.ts';
import type { Signer } from './signer.ts';

/** Of aws-chunked and of a length that is no longer right. */
const OF_FRAMES = [
  'content-length',
  'transfer-encoding',
  'content-encoding',
  'x-amz-decoded-content-length',
  'x-amz-trailer',
  'x-amz-content-sha256',
];

/** Headers and body of a request to the server. */
export type OutgoingMessage = readonly [RawHeaders, Buffer | Readable | null];

/** What is sent in a body, without the frames of aws-chunked; undefined where they are broken. */
export function contentOf(headers: RawHeaders, whole: Buffer): Buffer | undefined {
  if (!isAwsChunked(headers)) return whole;
  const views = payloadViews(whole);
  return views === null ? undefined : Buffer.concat(views);
}

/** Another content in a body, without a new signature: frames and headers stay where they can. */
export function withContent(headers: RawHeaders, whole: Buffer, content: Buffer): OutgoingMessage {
  const views = isAwsChunked(headers) ? payloadViews(whole) : null;
  const framedBytes = views?.reduce((sum, { length }) => sum + length, 0);
  if (views === null || content.length !== framedBytes) return [headers, content];
  putBack(content, views);
  return [headers, whole];
}

/** With a signature of ours, over a body that is declared unsigned. */
export async function signedAnew(
  signer: Signer,
  { method = 'GET', url = '/' }: Pick<IncomingMessage, 'method' | 'url'>,
  headers: RawHeaders,
  body: Buffer,
): Promise<OutgoingMessage> {
  const sized = [...forwarded(headers, ...OF_FRAMES), 'Content-Length', String(body.length)];
  return [await signer.sign(method, url, sized), body];
}

export function withoutExpect(headers: RawHeaders): string[] {
  return forwarded(headers, 'expect');
}
