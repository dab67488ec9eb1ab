// Requests to the real server, over connections that are kept.

import { Agent, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls, Agent as TlsAgent } from 'node:https';
import { pipeline, type Readable } from 'node:stream';
import { errnoOf } from '../../domain/errors.ts';
import { type Endpoint, endpointText } from '../endpoint.ts';
import type { RawHeaders } from './raw-headers.ts';

export interface Outgoing {
  readonly method: string;
  readonly target: string;
  readonly headers: RawHeaders;
  readonly body: Buffer | Readable | null;
  /** The server says 100 Continue: the body is wanted. */
  readonly onContinue?: () => void;
  /** Ends the request. */
  readonly signal: AbortSignal;
}

/** The server could not be reached, or hung up before it answered. */
export class UpstreamLost extends Error {
  override name = 'UpstreamLost';
}

export class Upstream {
  readonly #to: Endpoint;
  readonly #isTls: boolean;
  readonly #agent: Agent;

  constructor(to: Endpoint, isTls: boolean) {
    this.#to = to;
    this.#isTls = isTls;
    this.#agent = isTls ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  }

  /**
   * The answer, once its headers have come. The server may close a connection that was kept while
   * a request is on its way: without a body it is sent again.
   * @throws UpstreamLost
   */
  async send(outgoing: Outgoing): Promise<IncomingMessage> {
    try {
      return await this.#once(outgoing);
    } catch (error) {
      const isStale = (error as { wasReused?: boolean }).wasReused === true;
      if (!isStale || outgoing.body !== null) throw this.#lost(error as Error);
      return this.#once(outgoing).catch((again: Error) => Promise.reject(this.#lost(again)));
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #once({ method, target, headers, body, onContinue, signal }: Outgoing) {
    const start = this.#isTls ? requestTls : requestPlain;
    return new Promise<IncomingMessage>((resolve, reject) => {
      const sent = start({
        ...this.#to,
        method,
        path: target.replace(/^https?:\/\/[^/]*/i, '') || '/',
        headers: [...headers],
        agent: this.#agent,
        signal,
      });
      sent.once('response', resolve);
      sent.on('error', (error) => {
        reject(Object.assign(error, { wasReused: sent.reusedSocket }));
      });
      if (onContinue) sent.once('continue', onContinue);
      if (body === null || Buffer.isBuffer(body)) sent.end(body ?? undefined);
      else {
        sent.flushHeaders();
        pipeline(body, sent, () => undefined);
      }
    });
  }

  #lost(error: Error): Error {
    // It was the client who went, or a fault that ended it.
    if (error.name === 'AbortError') return error;
    const why = errnoOf(error) ?? error.message;
    return new UpstreamLost(`${endpointText(this.#to)} did not answer (${why})`, { cause: error });
  }
}
