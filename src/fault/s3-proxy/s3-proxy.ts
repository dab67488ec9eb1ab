// `heisenwrite proxy s3`: an HTTP/1.1 proxy before an S3 server. Headers pass as they came, Host
// among them, so that the signatures of clients stay valid; what a fault has changed can be signed
// anew with the credentials of whoever runs it.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type OnReadOpts, type Socket, type TcpNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { errnoOf, HeisenwriteError } from '../../domain/errors.ts';
import type { Fault } from '../../domain/fault.ts';
import { connectionAdmission } from '../connection-admission.ts';
import { endpointText } from '../endpoint.ts';
import type { FaultProxy, ProxySettings, RunningProxy } from '../fault-proxy.ts';
import { RateLimits } from '../kinds/rate.ts';
import { connectPooled, type PooledReads } from '../pooled-reads.ts';
import { startRelay } from '../relay.ts';
import type { AttendedStream } from './attended-stream.ts';
import { ClientConnection, type Routes } from './client-connection.ts';
import { DelayedParts } from './delayed-parts.ts';
import { EarlierObjects } from './earlier-objects.ts';
import { S3Exchange } from './exchange.ts';
import type { MessageHead } from './message-splitter.ts';
import { ReplyTurns } from './reply-turns.ts';
import { plantable } from './request-plan.ts';
import { admitS3Error } from './s3-error.ts';
import type { S3Ground } from './s3-ground.ts';
import { readS3Request } from './s3-request.ts';
import { createSigner } from './signer.ts';
import { Uploads } from './uploads.ts';
import { Upstream, UpstreamLost } from './upstream.ts';

const CONNECT_MS_MAX = 10_000;
const EARLIER_BYTES_MAX = 128 * 1024 * 1024;

export interface S3ProxyOptions {
  /** The server speaks HTTPS; clients speak HTTP to the proxy all the same. */
  readonly isTls: boolean;
  /** Of virtual-host style: `bucket.DOMAIN`; null where buckets are in the path. */
  readonly domain: string | null;
  /** Requests that a fault has changed are signed anew, so that the server takes them. */
  readonly signs: boolean;
}

export function s3Proxy(options: S3ProxyOptions): FaultProxy {
  return {
    plantable: plantable(options.signs),
    admit,
    start: (settings) => start(settings, options),
  };
}

function admit(fault: Fault): void {
  admitS3Error(fault);
  const { kind, values, text } = fault;
  if (kind === 'errno' && isOfConnections(fault) && values.errno !== 'ECONNREFUSED') {
    const message = `${text}: a connection can only be refused (errno=ECONNREFUSED)`;
    throw new HeisenwriteError('invalid-fault', message);
  }
  if (kind === 'delayed' && values.until === 'fsync') {
    throw new HeisenwriteError('invalid-fault', `${text}: there is no fsync in S3`, {
      remedy: 'give until=close or until=reversed: CompleteMultipartUpload is the close',
    });
  }
  if (fault.kind === 'rate' && fault.values.bytes === 0) {
    throw new HeisenwriteError('invalid-fault', `${fault.text}: nothing would ever pass`, {
      remedy: 'give bytes from 1 on; to answer nothing, use dropped',
    });
  }
}

/** An error of no call in particular is one of a request. */
function isOfConnections({ kind, values }: Fault): boolean {
  return kind !== 'errno' || ((values.op ?? []) as readonly string[]).includes('connect');
}

async function start(settings: ProxySettings, options: S3ProxyOptions): Promise<RunningProxy> {
  const { faults, rng, note, to } = settings;
  await refuseUnreachable(settings);
  const ground: S3Ground = {
    faults,
    rng,
    rates: new RateLimits(),
    upstream: new Upstream(to, options.isTls),
    uploads: new Uploads(),
    earlier: new EarlierObjects(EARLIER_BYTES_MAX),
    delayed: new DelayedParts(),
    turns: new ReplyTurns(),
    note,
    signer: options.signs ? await createSigner() : null,
    domain: options.domain,
  };
  let requests = 0;
  const server = attending(ground, settings);
  const routes: Routes = {
    isQuiet: () => faults.quiet && ground.delayed.isEmpty,
    mayPass(head) {
      requests++;
      return mayPass(ground, head);
    },
    attend: (stream) => void server.emit('connection', stream),
    answered: () => ground.turns.passed(),
    note,
  };
  const relay = await startRelay(settings, {
    admit: connectionAdmission(faults, rng.fork('connect'), isOfConnections),
    dial: options.isTls ? dialTls : connectPooled,
    joined: (joint) => void new ClientConnection(joint, routes),
  });
  return {
    listening: relay.listening,
    counts: () => ({ connections: relay.connections(), requests }),
    async close() {
      await relay.close();
      ground.upstream.close();
    },
  };
}

/** What answers requests that a fault may be about. It listens nowhere: it is given connections. */
function attending(ground: S3Ground, { note }: ProxySettings): Server {
  const attend = (request: IncomingMessage, answer: ServerResponse) => {
    // Node takes it away from the request in the end.
    const stream = request.socket as Duplex as AttendedStream;
    answer.once('finish', () => ground.turns.passed());
    answer.once('close', () => stream.answered());
    new S3Exchange(ground, request, answer).run().catch((error: Error) => {
      if (error.name === 'AbortError') return;
      if (error instanceof UpstreamLost && !stream.destroyed) {
        note(`${error.message}: a client's connection was reset`);
      }
      stream.resetAndDestroy();
    });
  };
  // Uploads may take longer than the limits that Node has for a request.
  const server = createServer({ requestTimeout: 0 }, attend);
  server.on('checkContinue', attend);
  server.on('clientError', (_error, stream) => stream.destroy());
  return server;
}

/** Whether no fault can be about a request, and nothing must be learnt from it. */
function mayPass(ground: S3Ground, { method, target, headers, isUpgrade }: MessageHead): boolean {
  const { faults, earlier, uploads, delayed } = ground;
  if (isUpgrade || !target.startsWith('/')) return false;
  const isChanging = method !== 'GET' && method !== 'HEAD';
  const isLearning = isChanging && faults.mayFire('read', ['stale']);
  if (isChanging && !isLearning) earlier.clear();
  if (faults.quiet && delayed.isEmpty) return true;
  const { operation, path, uploadId } = readS3Request(method, target, headers, ground.domain);
  if (isLearning || uploads.lostOf(uploadId).size > 0 || delayed.has(uploadId)) return false;
  return faults.meeting(operation, path).length === 0;
}

/** A connection to a server that speaks HTTPS; by the certificates that Node trusts. */
function dialTls(options: TcpNetConnectOpts, reads: PooledReads): Socket {
  const manner: ConnectionOptions & { onread: OnReadOpts } = { ...options, onread: reads.options };
  const socket = connectTls(manner);
  // Only a bare connection can be reset.
  return Object.assign(socket, { resetAndDestroy: () => socket.destroy() });
}

/** A server that is not there is better known now than by the first client. */
async function refuseUnreachable({ to }: ProxySettings): Promise<void> {
  const socket = connect({ ...to, timeout: CONNECT_MS_MAX });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
    socket.once('timeout', () => reject(new Error('ETIMEDOUT')));
  })
    .catch((error: Error) => {
      const why = errnoOf(error) ?? error.message;
      throw new HeisenwriteError('unreachable', `${endpointText(to)} cannot be reached: ${why}`);
    })
    .finally(() => socket.destroy());
}
