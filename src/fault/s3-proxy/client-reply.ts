// What a client is answered: what the server said, with what a plan makes of it, or what the proxy
// says in its place.

import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable, type Transform } from 'node:stream';
import type { FaultCall } from '../armed-faults.ts';
import type { RateLimits } from '../kinds/rate.ts';
import { cutAfter, slowly } from './bodies.ts';
import type { StoredAnswer } from './earlier-objects.ts';
import { forwarded, headerOf, type RawHeaders, withValue } from './raw-headers.ts';
import { type RequestPlan, wrongEtag } from './request-plan.ts';
import { errorXml, type S3Error } from './s3-error.ts';

const NO_BODY: RawHeaders = ['Content-Length', '0'];

export class ClientReply {
  readonly #isHead: boolean;
  readonly #answer: ServerResponse;
  readonly #rates: RateLimits;
  readonly #cut: () => void;

  /** @param cut ends the connection in the middle of an answer */
  constructor(client: IncomingMessage, answer: ServerResponse, rates: RateLimits, cut: () => void) {
    this.#isHead = client.method === 'HEAD';
    this.#answer = answer;
    this.#rates = rates;
    this.#cut = cut;
  }

  pass(reply: IncomingMessage): void {
    this.#head(reply, forwarded(reply.rawHeaders));
    pipeline(reply, this.#answer, () => undefined);
  }

  /** Hands on an answer of the server, with what the plan makes of it. */
  give(reply: IncomingMessage, plan: RequestPlan, body: Buffer | Readable): void {
    const { payload, rate, ending, endingAfter, hasWrongEtag } = plan;
    let headers: string[] = forwarded(reply.rawHeaders);
    if (hasWrongEtag) headers = withValue(headers, 'etag', wrongEtag(plan));
    let content = body;
    if (isRead(plan.call) && payload) {
      content = payload;
      if (payload.length !== plan.call.length) headers = shortened(headers, payload.length);
    } else if (hasWrongEtag && Buffer.isBuffer(body)) {
      const digest = wrongEtag(plan).slice(1, -1);
      content = Buffer.from(body.toString('latin1').replace(/[0-9a-f]{32}/, digest), 'latin1');
    }
    this.#head(reply, headers);
    const throttles: Transform[] = [];
    if (isRead(plan.call) && rate) throttles.push(slowly(rate, this.#rates));
    if (isRead(plan.call) && ending === 'cut' && endingAfter !== null) {
      throttles.push(cutAfter(endingAfter, () => this.#cut()));
    }
    const source = Buffer.isBuffer(content) ? Readable.from([content]) : content;
    pipeline(through(source, throttles), this.#answer, () => undefined);
  }

  #head({ statusCode = 500, statusMessage }: IncomingMessage, headers: string[]): void {
    this.#answer.sendDate = false;
    this.#answer.writeHead(statusCode, statusMessage, headers);
  }

  refuse(error: S3Error, path: string): void {
    const body = this.#isHead ? '' : errorXml(error, path);
    const headers = ['Content-Type', 'application/xml', 'Content-Length', String(body.length)];
    this.#answer.writeHead(error.status, headers).end(body);
  }

  /** What the server would have said. */
  pretend({ call }: RequestPlan): void {
    const etag = `"${createHash('md5')
      .update(call.data ?? '')
      .digest('hex')}"`;
    if (call.operation === 'write') this.#answer.writeHead(200, ['ETag', etag, ...NO_BODY]).end();
    else if (call.operation === 'close') {
      const digest = etag.replaceAll('"', '&quot;');
      this.#sayXml(
        `<CompleteMultipartUploadResult><ETag>${digest}</ETag></CompleteMultipartUploadResult>`,
      );
    } else if (/^\/[^/]+\/./.test(call.path)) this.#answer.writeHead(204).end();
    else this.#sayXml('<DeleteResult/>');
  }

  #sayXml(content: string): void {
    const body = `<?xml version="1.0" encoding="UTF-8"?>\n${content}`;
    const headers = ['Content-Type', 'application/xml', 'Content-Length', String(body.length)];
    this.#answer.writeHead(200, headers).end(body);
  }

  stored({ status, headers, body }: StoredAnswer): void {
    this.#answer.writeHead(status, headers).end(body);
  }
}

export function isRead({ operation }: FaultCall): boolean {
  return operation === 'read';
}

export function through(source: Readable, throttles: readonly Transform[]): Readable {
  return throttles.reduce<Readable>((from, to) => pipeline(from, to, () => undefined), source);
}

/** Of an answer that ends earlier than the server said. */
function shortened(headers: RawHeaders, bytes: number): string[] {
  const range = /^bytes (\d+)-\d+\/(.+)$/.exec(headerOf(headers, 'content-range') ?? '');
  const sized = withValue(headers, 'content-length', String(bytes));
  if (!range) return sized;
  const from = Number(range[1]);
  return withValue(sized, 'content-range', `bytes ${from}-${from + bytes - 1}/${range[2]}`);
}
