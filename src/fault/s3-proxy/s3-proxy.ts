// `heisenwrite proxy s3`: an HTTP/1.1 proxy before an S3 server. Headers pass as they came, Host
// among them, so that the signatures of clients stay valid; what a fault has changed can be signed
// anew with the credentials of whoever runs it.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { errnoOf, HeisenwriteError } from '../../domain/errors.ts';
import type { Fault } from '../../domain/fault.ts';
import { endpointText } from '../endpoint.ts';
import type { FaultProxy, ProxySettings, RunningProxy } from '../fault-proxy.ts';
import { RateLimits } from '../kinds/rate.ts';
import { listen } from '../relay.ts';
import { EarlierObjects } from './earlier-objects.ts';
import { S3Exchange, type S3Ground } from './exchange.ts';
import { plantable } from './request-plan.ts';
import { admitS3Error } from './s3-error.ts';
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
  if (fault.kind === 'rate' && fault.values.bytes === 0) {
    throw new HeisenwriteError('invalid-fault', `${fault.text}: nothing would ever pass`, {
      remedy: 'give bytes from 1 on; to answer nothing, use dropped',
    });
  }
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
    signer: options.signs ? await createSigner() : null,
    domain: options.domain,
  };
  const counts = { connections: 0, requests: 0 };
  const sockets = new Set<Socket>();
  const attend = (request: IncomingMessage, answer: ServerResponse) => {
    counts.requests++;
    // Node takes it away from the request in the end.
    const { socket } = request;
    new S3Exchange(ground, request, answer).run().catch((error: Error) => {
      if (error.name === 'AbortError') return;
      if (error instanceof UpstreamLost && !socket.destroyed) {
        note(`${error.message}: a client's connection was reset`);
      }
      socket.resetAndDestroy();
    });
  };
  // Uploads may take longer than the limits that Node has for a request.
  const server = createServer({ requestTimeout: 0, noDelay: true }, attend);
  server.on('checkContinue', attend);
  server.on('clientError', (_error, socket) => socket.destroy());
  server.on('connection', (socket: Socket) => {
    counts.connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const listening = await listen(server, settings.listen);
  return {
    listening,
    counts: () => ({ ...counts }),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
      ground.upstream.close();
    },
  };
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
