// A listening socket whose every connection is joined to one of its own to the server. What passes
// between the two is up to a protocol's proxy.

import { createServer, type Server, type Socket, type TcpNetConnectOpts } from 'node:net';
import { TLSSocket } from 'node:tls';
import { errnoOf, HeisenwriteError } from '../domain/errors.ts';
import { type Endpoint, endpointText } from './endpoint.ts';
import type { ProxySettings } from './fault-proxy.ts';
import { acceptPooled, connectPooled, PooledReads } from './pooled-reads.ts';

export interface Relay {
  readonly listening: Endpoint;
  /** Connections of clients so far. */
  connections(): number;
  close(): Promise<void>;
}

/** The two ends of what was joined, both paused: data of the one are written to the other. */
export interface Joint {
  readonly client: Socket;
  readonly server: Socket;
  /** What the client, and the server, has sent. */
  readonly fromClient: PooledReads;
  readonly fromServer: PooledReads;
}

export interface RelayEvents {
  /** Before the server is asked: resolves to false where the client is to be refused. */
  admit?(): boolean | Promise<boolean>;
  /** Begins a connection to the server (default: `connectPooled`). */
  dial?(options: TcpNetConnectOpts, reads: PooledReads): Socket;
  joined(joint: Joint): void;
}

/** @throws HeisenwriteError `invalid-option` where it cannot listen */
export async function startRelay(settings: ProxySettings, events: RelayEvents): Promise<Relay> {
  const open = new Set<Socket>();
  let connections = 0;
  const manner = { allowHalfOpen: true, noDelay: true, pauseOnConnect: true };
  const listener = createServer(manner, (accepted) => {
    connections++;
    const fromClient = new PooledReads();
    const client = acceptPooled(accepted, fromClient);
    keep(client, open);
    void join(client, fromClient, settings, events, open);
  });
  const listening = await listen(listener, settings.listen);
  return {
    listening,
    connections: () => connections,
    async close() {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

async function join(
  client: Socket,
  fromClient: PooledReads,
  { to, note }: ProxySettings,
  events: RelayEvents,
  open: Set<Socket>,
): Promise<void> {
  if (events.admit && !(await events.admit())) {
    client.resetAndDestroy();
    return;
  }
  if (client.destroyed) return;
  const fromServer = new PooledReads();
  const dial = events.dial ?? connectPooled;
  const server = dial({ ...to, allowHalfOpen: true, noDelay: true }, fromServer);
  keep(server, open);
  let isJoined = false;
  server.on('error', (error) => {
    if (isJoined) return;
    const why = errnoOf(error) ?? error.message;
    note(`${endpointText(to)} cannot be reached (${why}): a client's connection was reset`);
    client.resetAndDestroy();
  });
  client.on('close', () => isJoined || server.destroy());
  server.on(server instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
    isJoined = true;
    endTogether(client, server);
    events.joined({ client, server, fromClient, fromServer });
    client.resume();
    server.resume();
  });
}

function keep(socket: Socket, open: Set<Socket>): void {
  open.add(socket);
  socket.on('close', () => open.delete(socket));
  // Which end broke is told to the other end by `endTogether`, as a reset.
  socket.on('error', () => undefined);
}

/** An end that broke breaks the other; one that ended in order is the business of the proxy. */
function endTogether(client: Socket, server: Socket): void {
  for (const [one, other] of [
    [client, server],
    [server, client],
  ] as const) {
    one.on('close', (hadError) => {
      if (other.destroyed) return;
      if (hadError || !(one.readableEnded || other.writableEnded)) other.resetAndDestroy();
    });
  }
}

export async function listen(listener: Server, { host, port }: Endpoint): Promise<Endpoint> {
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject).listen({ host, port }, resolve);
  }).catch((error: Error) => {
    const where = endpointText({ host, port });
    throw new HeisenwriteError('invalid-option', `cannot listen on ${where}: ${whyNot(error)}`, {
      remedy: 'give an address of this host and a free port (0 for any): --listen 127.0.0.1:0',
    });
  });
  const address = listener.address();
  return typeof address === 'object' && address !== null
    ? { host: address.address, port: address.port }
    : { host, port };
}

function whyNot(error: Error): string {
  const errno = errnoOf(error);
  if (errno === 'EADDRINUSE') return 'another program listens there';
  if (errno === 'EADDRNOTAVAIL' || errno === 'ENOTFOUND') return 'this host has no such address';
  if (errno === 'EACCES') return 'this user may not use that port';
  return errno ?? error.message;
}
