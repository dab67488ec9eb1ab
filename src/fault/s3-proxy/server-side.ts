// What goes to the server for one request of a client: the request itself, and what a fault asks
// for besides, with the client's method, target and headers where nothing else is said.

import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { FaultCall } from '../armed-faults.ts';
import { takeBody } from './bodies.ts';
import { signedAnew } from './client-body.ts';
import { sendingOrder } from './delayed-parts.ts';
import { learn } from './learn.ts';
import { forwarded, headerOf, type RawHeaders, withValue } from './raw-headers.ts';
import type { S3Ground } from './s3-ground.ts';
import type { S3Request } from './s3-request.ts';
import { type Outgoing, UpstreamLost } from './upstream.ts';

const NO_BODY: RawHeaders = ['Content-Length', '0'];

export class ServerSide {
  readonly #ground: S3Ground;
  readonly #client: IncomingMessage;
  readonly #manner: Pick<Outgoing, 'onContinue' | 'signal'>;

  constructor(
    ground: S3Ground,
    client: IncomingMessage,
    manner: Pick<Outgoing, 'onContinue' | 'signal'>,
  ) {
    this.#ground = ground;
    this.#client = client;
    this.#manner = manner;
  }

  /** @throws UpstreamLost */
  send(
    headers: RawHeaders,
    body: Buffer | Readable | null,
    method = this.#client.method ?? 'GET',
    target = this.#client.url ?? '/',
  ): Promise<IncomingMessage> {
    const isEmpty = !headerOf(headers, 'content-length') && !headerOf(headers, 'transfer-encoding');
    return this.#ground.upstream.send({
      method,
      target,
      headers: [...forwarded(headers), ...(isEmpty && method === 'POST' ? NO_BODY : [])],
      body: isEmpty || headerOf(headers, 'content-length') === '0' ? null : body,
      ...this.#manner,
    });
  }

  /** As many bytes, from another offset of the object. */
  async readFrom(offset: number, { length, path }: FaultCall): Promise<Buffer> {
    const { signer } = this.#ground;
    const range = `bytes=${offset}-${offset + length - 1}`;
    const headers = withValue(this.#client.rawHeaders, 'range', range);
    const none = Buffer.alloc(0);
    const [signed] = signer ? await signedAnew(signer, this.#client, headers, none) : [headers];
    const taken = await takeBody(await this.send(signed, none));
    if ('whole' in taken && taken.whole.length === length) return taken.whole;
    throw new UpstreamLost(`${path} did not give ${range}`);
  }

  /** What was held goes out before its upload is completed, and not once it is done otherwise. */
  async settleDelayed(asked: S3Request): Promise<void> {
    const { delayed, earlier, uploads, note } = this.#ground;
    const { operation, path, uploadId, partNumber } = asked;
    if (uploadId === null || !delayed.has(uploadId)) return;
    if (partNumber !== null && operation === 'write') delayed.forget(uploadId, partNumber);
    else if (operation === 'unlink') delayed.take(uploadId);
    if (operation !== 'close') return;
    for (const part of sendingOrder(delayed.take(uploadId))) {
      const { target, headers, body, content: stored } = part;
      const reply = await this.send(headers, body, 'PUT', target);
      const { statusCode = 500 } = reply;
      reply.resume();
      const request = {
        ...asked,
        operation: 'write',
        partNumber: part.partNumber,
      } as const;
      if (statusCode < 300) learn({ earlier, uploads }, request, { stored, etag: '', said: null });
      else note(`part ${part.partNumber} of ${path} was delayed, and refused: ${statusCode}`);
    }
  }
}
