// Both ends of a relay on one host send without pacing, whatever the host's default is.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { acceptPooled, connectPooled, PooledReads } from '../../../src/fault/pooled-reads.ts';

const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
const types = ['int', 'int', 'int', 'void *', 'void *'];
const getsockopt = koffi.load(null).func('getsockopt', 'int', types);
const [IPPROTO_TCP, TCP_CONGESTION] = [6, 13];

function congestionControl(socket: Socket): string {
  const { fd } = (socket as unknown as { readonly _handle: { fd: number } })._handle;
  const name = Buffer.alloc(16);
  const bytes = Buffer.from(Uint32Array.of(name.length).buffer);
  expect(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, bytes)).toBe(0);
  return name.toString('latin1').replace(/\0.*$/s, '');
}

it.each(['127.0.0.1', '::1'])('both ends over %s ask for reno', async (host) => {
  const server = createServer({ pauseOnConnect: true }).listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ours = connectPooled({ port, host }, new PooledReads());
  const [[accepted]] = await Promise.all([once(server, 'connection'), once(ours, 'connect')]);
  const taken = acceptPooled(accepted as Socket, new PooledReads());
  const plain = connect({ port, host });
  await Promise.all([once(server, 'connection'), once(plain, 'connect')]);
  try {
    expect([congestionControl(ours), congestionControl(taken)]).toEqual(['reno', 'reno']);
    // Nobody else's connection is changed.
    const usual = readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim();
    expect(congestionControl(plain)).toBe(usual);
  } finally {
    for (const socket of [ours, taken, plain]) socket.destroy();
    server.close();
  }
});
