// One request of a client, from its headers to the end of its answer. Without faults it passes as
// it is, body and all. A read is judged when the server has answered, since only then its length
// and bytes are known; everything else before it is sent on.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable, Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Rng } from '../../base/rng.ts';
import type { Fault, FaultOperation } from '../../domain/fault.ts';
import type { ArmedFaults, FaultCall } from '../armed-faults.ts';
import type { RateLimits } from '../kinds/rate.ts';
import { isAwsChunked, payloadViews, putBack } from './aws-chunks.ts';
import { cutAfter, slowly, type TakenBody, takeBody } from './bodies.ts';
import { ClientReply, isRead, through } from './client-reply.ts';
import type { EarlierObjects } from './earlier-objects.ts';
import { learn } from './learn.ts';
import { forwarded, headerOf, type RawHeaders } from './raw-headers.ts';
import {
  carryOut,
  type Ending,
  isPossible,
  needsContent,
  planOf,
  type RequestPlan,
} from './request-plan.ts';
import { s3ErrorFor } from './s3-error.ts';
import { readS3Request, type S3Request } from './s3-request.ts';
import type { Signer } from './signer.ts';
import { type Uploads, withoutParts } from './uploads.ts';
import type { Upstream } from './upstream.ts';

/** What all requests of a proxy share. */
export interface S3Ground {
  readonly faults: ArmedFaults;
  readonly rng: Rng;
  readonly rates: RateLimits;
  readonly upstream: Upstream;
  readonly uploads: Uploads;
  readonly earlier: EarlierObjects;
  /** Null where requests are passed on with the signatures of their clients alone. */
  readonly signer: Signer | null;
  readonly domain: string | null;
}

const NO_BODY: RawHeaders = ['Content-Length', '0'];

export class S3Exchange {
  readonly #ground: S3Ground;
  readonly #client: IncomingMessage;
  readonly #answer: ServerResponse;
  readonly #socket: Socket;
  readonly #request: S3Request;
  readonly #reply: ClientReply;
  readonly #gone = new AbortController();
  /** What of the client's body was taken: the rest is still to come from it. */
  #body: TakenBody | null = null;

  constructor(ground: S3Ground, client: IncomingMessage, answer: ServerResponse) {
    this.#ground = ground;
    this.#client = client;
    this.#socket = client.socket;
    this.#answer = answer;
    const { method = 'GET', url = '/', rawHeaders } = client;
    this.#reply = new ClientReply(client, answer, ground.rates, () => this.#end('cut'));
    this.#request = readS3Request(method, url, rawHeaders, ground.domain);
    answer.on('close', () => answer.writableFinished || this.#gone.abort());
  }

  /** @throws UpstreamLost, or what broke the body of the client */
  async run(): Promise<void> {
    const { faults, earlier } = this.#ground;
    const { operation } = this.#request;
    const isChanging = operation !== 'read' && operation !== 'getattr' && operation !== 'readdir';
    if (isChanging && !faults.mayFire('read', ['stale'])) earlier.clear();
    if (faults.quiet) this.#reply.pass(await this.#send(this.#client.rawHeaders, this.#client));
    else if (operation === 'read') await this.#read();
    else await this.#act();
  }

  async #read(): Promise<void> {
    const reply = await this.#send(this.#client.rawHeaders, this.#client);
    const isContent = reply.statusCode === 200 || reply.statusCode === 206;
    const taken = isContent && this.#wantsContent('read') ? await takeBody(reply) : null;
    const data = taken && 'whole' in taken ? taken.whole : undefined;
    const length = isContent ? Number(headerOf(reply.rawHeaders, 'content-length') ?? 0) : 0;
    const plan = this.#plan({ ...this.#call(), length: data?.length ?? length, ...given(data) });
    await this.#wait(plan);
    const body = taken === null ? reply : 'whole' in taken ? taken.whole : taken.stream;
    if (this.#isAnsweredOtherwise(plan)) reply.resume();
    else this.#reply.give(reply, plan, body);
  }

  async #act(): Promise<void> {
    const { operation } = this.#request;
    const { earlier, faults, uploads } = this.#ground;
    const { uploadId } = this.#request;
    const hasLost = operation === 'close' && uploads.lostOf(uploadId).size > 0;
    const isKept = faults.mayFire('read', ['stale']) && TELLING.has(operation);
    if (hasLost || isKept || this.#wantsContent(operation)) await this.#takeBody();
    const data = this.#payload();
    const plan = this.#plan({ ...this.#call(), ...given(data) });
    await this.#wait(plan);
    if (this.#isAnsweredOtherwise(plan)) {
      if (plan.isPretended) this.#lose();
      this.#client.resume();
      return;
    }
    const [headers, body] = await this.#outgoing(plan, data, hasLost);
    let reply = await this.#send(headers, body);
    if (plan.sendings === 2 && Buffer.isBuffer(body)) {
      await takeBody(reply);
      reply = await this.#send(headers, body);
    }
    const isSmall = operation === 'close' && (plan.hasWrongEtag || isKept);
    const taken = isSmall ? await takeBody(reply) : null;
    const said = taken && 'whole' in taken ? taken.whole : null;
    const isDone = (reply.statusCode ?? 500) < 300;
    const etag = headerOf(reply.rawHeaders, 'etag') ?? '';
    const stored = plan.payload ?? data ?? null;
    if (isDone) learn({ earlier, uploads }, this.#request, { stored, etag, said });
    if (plan.error) this.#reply.refuse(plan.error, plan.call.path);
    if (plan.error || plan.ending === 'dropped') reply.resume();
    else this.#reply.give(reply, plan, said ?? reply);
  }

  #call(): FaultCall {
    const { operation, path, length, uploadId, partNumber } = this.#request;
    const isPart = uploadId !== null && partNumber !== null && operation === 'write';
    const offset = isPart
      ? this.#ground.uploads.offsetOf(uploadId, partNumber, length)
      : this.#request.offset;
    return { operation, path, offset, length };
  }

  #wantsContent(operation: FaultOperation): boolean {
    const { faults } = this.#ground;
    return faults.list().some((each) => each.operations.has(operation) && needsContent(each.fault));
  }

  #plan(call: FaultCall): RequestPlan {
    const { faults, earlier, rng } = this.#ground;
    const plan = planOf(call);
    const may = (fault: Fault) => isPossible(fault, call, earlier.has(call.path));
    for (const armed of faults.firing(call, may)) {
      faults.receipt(armed, call, carryOut(plan, armed, rng));
    }
    return plan;
  }

  async #wait({ waitMs }: RequestPlan): Promise<void> {
    if (waitMs > 0) await sleep(waitMs, undefined, { signal: this.#gone.signal });
  }

  /** Carries out what needs no answer of the server. */
  #isAnsweredOtherwise(plan: RequestPlan): boolean {
    const { earlier } = this.#ground;
    const { call, ending } = plan;
    if (ending !== null && plan.endingAfter === null && (ending !== 'dropped' || isRead(call))) {
      this.#end(ending);
    } else if (plan.error && (!plan.isForwarded || isRead(call)))
      this.#reply.refuse(plan.error, plan.call.path);
    else if (plan.hasErrorBody)
      this.#reply.refuse({ ...s3ErrorFor('EIO'), status: 200 }, call.path);
    else if (plan.isPretended) this.#reply.pretend(plan);
    else if (plan.isStale) {
      const range = headerOf(this.#client.rawHeaders, 'range');
      const stored = earlier.answer(call.path, range, this.#client.method === 'HEAD');
      if (stored) this.#reply.stored(stored);
    } else return false;
    return true;
  }

  async #takeBody(): Promise<void> {
    if (headerOf(this.#client.rawHeaders, 'expect')) this.#answer.writeContinue();
    this.#body = await takeBody(this.#client);
  }

  /** The content that the client sent, without the frames of aws-chunked. */
  #payload(): Buffer | undefined {
    if (this.#body === null || 'stream' in this.#body) return undefined;
    const { whole } = this.#body;
    if (!isAwsChunked(this.#client.rawHeaders)) return whole;
    const views = payloadViews(whole);
    return views === null ? undefined : Buffer.concat(views);
  }

  /** Headers and body for the server, changed where the plan has changed them. */
  async #outgoing(
    { payload, rate, ending, endingAfter }: RequestPlan,
    data: Buffer | undefined,
    hasLost: boolean,
  ): Promise<[RawHeaders, Buffer | Readable]> {
    const taken = this.#body;
    const { rawHeaders } = this.#client;
    if (taken && 'whole' in taken) {
      const kept = withoutExpect(rawHeaders);
      if (payload && data) return this.#changed(kept, taken.whole, payload, data.length);
      const { signer, uploads } = this.#ground;
      if (!hasLost || !signer) return [kept, taken.whole];
      const lost = uploads.lostOf(this.#request.uploadId);
      return this.#signed(kept, Buffer.from(withoutParts(String(taken.whole), lost)));
    }
    const source = taken ? taken.stream : this.#client;
    const headers = taken ? withoutExpect(rawHeaders) : rawHeaders;
    const throttles: Transform[] = [];
    if (rate) throttles.push(slowly(rate, this.#ground.rates));
    if (ending === 'cut' && endingAfter !== null) {
      throttles.push(cutAfter(endingAfter, () => this.#end('cut')));
    }
    return [headers, through(source, throttles)];
  }

  /** Without a signer the frames of aws-chunked stay, and so does every header. */
  #changed(
    headers: RawHeaders,
    whole: Buffer,
    payload: Buffer,
    meantBytes: number,
  ): [RawHeaders, Buffer] | Promise<[RawHeaders, Buffer]> {
    if (this.#ground.signer) return this.#signed(headers, payload);
    const views = isAwsChunked(headers) ? payloadViews(whole) : null;
    if (views === null || payload.length !== meantBytes) return [headers, payload];
    putBack(payload, views);
    return [headers, whole];
  }

  async #signed(headers: RawHeaders, body: Buffer): Promise<[RawHeaders, Buffer]> {
    const { method = 'PUT', url = '/' } = this.#client;
    const plain = forwarded(headers, ...OF_FRAMES);
    const sized = [...plain, 'Content-Length', String(body.length)];
    const signed = await this.#ground.signer?.sign(method, url, sized);
    return [signed ?? sized, body];
  }

  #send(headers: RawHeaders, body: Buffer | Readable): Promise<IncomingMessage> {
    const { method = 'GET', url: target = '/' } = this.#client;
    const isEmpty = !headerOf(headers, 'content-length') && !headerOf(headers, 'transfer-encoding');
    return this.#ground.upstream.send({
      method,
      target,
      headers: [...forwarded(headers), ...(isEmpty && method === 'POST' ? NO_BODY : [])],
      body: isEmpty || headerOf(headers, 'content-length') === '0' ? null : body,
      onContinue: () => this.#answer.writeContinue(),
      signal: this.#gone.signal,
    });
  }

  #lose(): void {
    const { uploadId, partNumber } = this.#request;
    if (uploadId !== null && partNumber !== null) this.#ground.uploads.lose(uploadId, partNumber);
  }

  #end(ending: Ending): void {
    const socket = this.#socket;
    if (ending === 'reset') socket.resetAndDestroy();
    else if (ending === 'half-close') socket.end();
    else if (ending === 'cut') socket.destroySoon();
    if (ending !== 'dropped') this.#gone.abort();
  }
}

/** What these carry tells what an object holds from then on. */
const TELLING: ReadonlySet<FaultOperation> = new Set(['write', 'close', 'unlink']);

/** Of aws-chunked and of a length that is no longer right. */
const OF_FRAMES = [
  'content-length',
  'transfer-encoding',
  'content-encoding',
  'x-amz-decoded-content-length',
  'x-amz-trailer',
  'x-amz-content-sha256',
];

function given(data: Buffer | undefined): { length?: number; data?: Buffer } {
  return data === undefined ? {} : { length: data.length, data };
}

function withoutExpect(headers: RawHeaders): string[] {
  return forwarded(headers, 'expect');
}
