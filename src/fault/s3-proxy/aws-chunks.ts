// Where the payload is in an aws-chunked body ("Signature calculations ... multiple chunks" of the
// S3 API reference), so that a fault changes the payload and leaves frames and trailers alone:
//
//     1000;chunk-signature=...\r\n <4096 bytes> \r\n 0;chunk-signature=...\r\n trailers \r\n

import { headerOf, type RawHeaders } from './raw-headers.ts';

export function isAwsChunked(headers: RawHeaders): boolean {
  const isDeclared = /\baws-chunked\b/i.test(headerOf(headers, 'content-encoding') ?? '');
  return isDeclared || /^STREAMING-/.test(headerOf(headers, 'x-amz-content-sha256') ?? '');
}

/** Views of the payload in `body`, in order; null where the frames are not as they should be. */
export function payloadViews(body: Buffer): Buffer[] | null {
  const views: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = body.indexOf('\r\n', at);
    if (end === -1) return null;
    const size = /^([0-9a-f]{1,8})(;|$)/i.exec(body.toString('latin1', at, end))?.[1];
    if (size === undefined) return null;
    const bytes = Number.parseInt(size, 16);
    if (bytes === 0) return views;
    const from = end + 2;
    if (body.toString('latin1', from + bytes, from + bytes + 2) !== '\r\n') return null;
    views.push(body.subarray(from, from + bytes));
    at = from + bytes + 2;
  }
}

/** Puts a payload of the same length back into its frames. */
export function putBack(payload: Buffer, views: readonly Buffer[]): void {
  let at = 0;
  for (const view of views) at += payload.copy(view, 0, at, at + view.length);
}
