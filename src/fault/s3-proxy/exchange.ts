// One request of a client, from its headers to the end of its answer. Without faults it passes as
// it is, body and all. A read is judged when the server has answered, since only then its length
// and bytes are known; everything else before it is sent on.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, FaultOperation } from '../../domain/fault.ts';
import type { FaultCall } from '../armed-faults.ts';
import { BODY_BYTES_MAX, cutAfter, slowly, type TakenBody, takeBody } from './bodies.ts';
import {
  contentOf,
  type OutgoingMessage,
  signedAnew,
  withContent,
  withoutExpect,
} from './client-body.ts';
import { ClientReply, isRead, through } from './client-reply.ts';
import { learn } from './learn.ts';
import { headerOf, type RawHeaders } from './raw-headers.ts';
import {
  carryOut,
  type Ending,
  isPossible,
  needsContent,
  planOf,
  type RequestPlan,
} from './request-plan.ts';
import { s3ErrorFor } from './s3-error.ts';
import type { S3Ground } from './s3-ground.ts';
import { readS3Request, type S3Request } from './s3-request.ts';
import { ServerSide } from './server-side.ts';
import { withoutParts } from './uploads.ts';

export class S3Exchange {
  readonly #ground: S3Ground;
  readonly #client: IncomingMessage;
  readonly #answer: ServerResponse;
  readonly #socket: Socket;
  readonly #request: S3Request;
  readonly #reply: ClientReply;
  readonly #server: ServerSide;
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
    const onContinue = () => answer.writeContinue();
    this.#server = new ServerSide(ground, client, { onContinue, signal: this.#gone.signal });
    answer.on('close', () => answer.writableFinished || this.#gone.abort());
  }

  /** @throws UpstreamLost, or what broke the body of the client */
  async run(): Promise<void> {
    const { faults, earlier, delayed } = this.#ground;
    const { operation } = this.#request;
    const isChanging = operation !== 'read' && operation !== 'getattr' && operation !== 'readdir';
    if (isChanging && !faults.mayFire('read', ['stale'])) earlier.clear();
    if (faults.quiet && delayed.isEmpty) {
      this.#reply.pass(await this.#server.send(this.#client.rawHeaders, this.#client));
    } else if (operation === 'read') await this.#read();
    else await this.#act();
  }

  async #read(): Promise<void> {
    const reply = await this.#server.send(this.#client.rawHeaders, this.#client);
    const isContent = reply.statusCode === 200 || reply.statusCode === 206;
    const taken = isContent && this.#wantsContent() ? await takeBody(reply) : null;
    if (taken && 'stream' in taken) this.#noteTooLong();
    const data = taken && 'whole' in taken ? taken.whole : undefined;
    const length = isContent ? Number(headerOf(reply.rawHeaders, 'content-length') ?? 0) : 0;
    const call = { ...this.#call(), length: data?.length ?? length, ...given(data) };
    const plan = this.#plan(call, isContent ? objectBytes(reply.rawHeaders) : null);
    await this.#wait(plan);
    if (plan.misdirectedTo !== null)
      plan.payload = await this.#server.readFrom(plan.misdirectedTo, call);
    await this.#turn(plan);
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
    if (hasLost || isKept || this.#wantsContent()) await this.#takeBody();
    const data = this.#payload();
    const plan = this.#plan({ ...this.#call(), ...given(data) });
    await this.#wait(plan);
    if (!plan.isForwarded) await this.#turn(plan);
    if (this.#isAnsweredOtherwise(plan) || this.#isHeld(plan)) {
      if (plan.isPretended) this.#lose();
      this.#client.resume();
      return;
    }
    await this.#server.settleDelayed(this.#request);
    const [headers, body] = await this.#outgoing(plan, data, hasLost);
    let reply = await this.#server.send(headers, body);
    if (plan.sendings === 2 && Buffer.isBuffer(body)) {
      await takeBody(reply);
      reply = await this.#server.send(headers, body);
    }
    const isSmall = operation === 'close' && (plan.hasWrongEtag || isKept);
    const taken = isSmall ? await takeBody(reply) : null;
    const said = taken && 'whole' in taken ? taken.whole : null;
    const isDone = (reply.statusCode ?? 500) < 300;
    const etag = headerOf(reply.rawHeaders, 'etag') ?? '';
    const stored = plan.payload ?? data ?? null;
    if (isDone) learn({ earlier, uploads }, this.#request, { stored, etag, said });
    await this.#turn(plan);
    if (plan.error) this.#reply.refuse(plan.error, plan.call.path);
    if (plan.error || plan.ending === 'dropped') reply.resume();
    else this.#reply.give(reply, plan, said ?? reply);
  }

  /** A part that is acknowledged and sent later. */
  #isHeld(plan: RequestPlan): boolean {
    const { uploadId, partNumber } = this.#request;
    const content = plan.payload ?? plan.call.data;
    if (!plan.isDelayed || uploadId === null || partNumber === null || !content) return false;
    const whole = this.#body && 'whole' in this.#body ? this.#body.whole : Buffer.from(content);
    this.#ground.delayed.hold(uploadId, {
      partNumber,
      target: this.#client.url ?? '/',
      headers: withoutExpect(this.#client.rawHeaders),
      body: whole,
      content: Buffer.from(content),
      isReversed: plan.isReversed,
    });
    this.#reply.pretend(plan);
    return true;
  }

  #call(): FaultCall {
    const { operation, path, length, uploadId, partNumber } = this.#request;
    const isPart = uploadId !== null && partNumber !== null && operation === 'write';
    const offset = isPart
      ? this.#ground.uploads.offsetOf(uploadId, partNumber, length)
      : this.#request.offset;
    return { operation, path, offset, length };
  }

  #needing(): readonly Fault[] {
    const { operation, path } = this.#request;
    const meeting = this.#ground.faults.meeting(operation, path);
    return meeting.map(({ fault }) => fault).filter(needsContent);
  }

  #wantsContent(): boolean {
    return this.#needing().length > 0;
  }

  /** Nobody shall take a fault for planted where it could not be. */
  #noteTooLong(): void {
    const { operation, path } = this.#request;
    const faults = this.#needing().map(({ text }) => text);
    const mib = BODY_BYTES_MAX / 2 ** 20;
    this.#ground.note(
      `${operation} ${path}: a body of more than ${mib} MiB passed without ${faults.join(' and ')}`,
    );
  }

  #plan(call: FaultCall, bytes: number | null = null): RequestPlan {
    const { faults, earlier, delayed, rng, turns } = this.#ground;
    const plan = planOf(call);
    const { operation, uploadId, partNumber } = this.#request;
    const isPart = operation === 'write' && uploadId !== null && partNumber !== null;
    const surroundings = {
      isKnownEarlier: earlier.has(call.path),
      isHoldable: isPart && delayed.hasRoom(call.length),
      objectBytes: headerOf(this.#client.rawHeaders, 'range') === null ? null : bytes,
      isTurn: !turns.isWaiting,
    };
    const may = (fault: Fault) => isPossible(fault, call, surroundings);
    for (const armed of faults.firing(call, may)) {
      faults.receipt(armed, call, carryOut(plan, armed, rng));
    }
    return plan;
  }

  async #turn({ isReordered }: RequestPlan): Promise<void> {
    if (isReordered) await this.#ground.turns.later(this.#gone.signal);
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
    if ('stream' in this.#body) this.#noteTooLong();
  }

  /** The content that the client sent, without the frames of aws-chunked. */
  #payload(): Buffer | undefined {
    if (this.#body === null || 'stream' in this.#body) return undefined;
    return contentOf(this.#client.rawHeaders, this.#body.whole);
  }

  /** Headers and body for the server, changed where the plan has changed them. */
  async #outgoing(
    { payload, rate, ending, endingAfter }: RequestPlan,
    data: Buffer | undefined,
    hasLost: boolean,
  ): Promise<OutgoingMessage> {
    const taken = this.#body;
    const { rawHeaders } = this.#client;
    if (taken && 'whole' in taken) {
      const kept = withoutExpect(rawHeaders);
      const { signer, uploads } = this.#ground;
      if (payload && data) {
        if (signer) return signedAnew(signer, this.#client, kept, payload);
        return withContent(kept, taken.whole, payload);
      }
      if (!hasLost || !signer) return [kept, taken.whole];
      const lost = uploads.lostOf(this.#request.uploadId);
      const rest = Buffer.from(withoutParts(String(taken.whole), lost));
      return signedAnew(signer, this.#client, kept, rest);
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

function given(data: Buffer | undefined): { length?: number; data?: Buffer } {
  return data === undefined ? {} : { length: data.length, data };
}

/** Of the whole object, as an answer says; null where it does not. */
function objectBytes(headers: RawHeaders): number | null {
  const total = /\/(\d+)$/.exec(headerOf(headers, 'content-range') ?? '')?.[1];
  return total === undefined ? null : Number(total);
}
