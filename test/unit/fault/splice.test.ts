// Bytes that nobody looks at arrive as they were sent, in their order, whether the reader is quick
// or slow, and on Linux many of them never come into the process that passes them on.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import { ArmedFaults } from '../../../src/fault/armed-faults.ts';
import type { FaultProxy, ProxySettings } from '../../../src/fault/fault-proxy.ts';
import { nfsProxy } from '../../../src/fault/nfs-proxy/nfs-proxy.ts';
import { marked } from '../../../src/fault/nfs-proxy/record-marking.ts';
import { startRelay } from '../../../src/fault/relay.ts';
import { Splice } from '../../../src/fault/splice.ts';
import { tcpProxy } from '../../../src/fault/tcp-proxy/tcp-proxy.ts';

/** More than sockets and a pipe take in together, so that a slow reader holds them up. */
const WORDS = 6 * 2 ** 20;
const BYTES = Buffer.from(Uint32Array.from({ length: WORDS }, (_, at) => at * 40_503).buffer);
const HOST = '127.0.0.1';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Settings of a proxy to a server that sends `sent` to whoever comes. */
async function settingsTo(sent: Buffer): Promise<ProxySettings> {
  const server = createServer((socket) => void socket.end(sent).on('error', () => undefined));
  server.listen(0, HOST);
  await once(server, 'listening');
  ends.push(() => server.close());
  return {
    listen: { host: HOST, port: 0 },
    to: { host: HOST, port: (server.address() as AddressInfo).port },
    faults: new ArmedFaults({}, 'a proxy', createRng('splice')),
    rng: createRng('splice'),
    note: () => undefined,
  };
}

async function received(port: number, isSlow: boolean): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of connect({ host: HOST, port })) {
    chunks.push(chunk);
    if (isSlow && chunks.length % 32 === 0) await sleep(2);
  }
  return Buffer.concat(chunks);
}

/** Records as of replies, of lengths below, at and above what is read and moved at a time. */
function records(): Buffer {
  const lengths = [8, 100, 32_764, 32_768, 70_000, 1_048_800, 3_000_001, 20, 65_532, 9_000_000];
  let at = 0;
  return Buffer.concat(
    lengths.flatMap((length) => {
      at += length;
      return marked([BYTES.subarray(at - length, at)], length > 5_000_000 ? 2_500_000 : undefined);
    }),
  );
}

const CASES: readonly (readonly [string, FaultProxy, Buffer, boolean])[] = [
  ['tcp, a quick reader', tcpProxy, BYTES, false],
  ['tcp, a slow reader', tcpProxy, BYTES, true],
  ['nfs, a quick reader', nfsProxy, records(), false],
  ['nfs, a slow reader', nfsProxy, records(), true],
];

it.each(CASES)('%s gets what was sent', async (_name, kind, sent, isSlow) => {
  const proxy = await kind.start(await settingsTo(sent));
  ends.push(proxy.close);
  const came = await received(proxy.listening.port, isSlow);
  expect(came.length).toBe(sent.length);
  expect(came.equals(sent)).toBe(true);
  if (kind === tcpProxy) expect(proxy.counts().bytesRead).toBe(sent.length);
});

it.skipIf(process.platform !== 'linux')('much is not read (splice: Linux only)', async () => {
  let [read, moved] = [0, 0];
  const relay = await startRelay(await settingsTo(BYTES), {
    joined({ client, server, fromServer }) {
      const splice = new Splice(fromServer, server, client);
      fromServer.take = (chunk, release) => {
        client.write(chunk, release);
        read += chunk.length;
        moved += splice.move(chunk, Number.POSITIVE_INFINITY);
        if (client.writableNeedDrain) server.pause();
      };
      client.on('drain', () => server.resume());
      server.on('end', () => client.end());
    },
  });
  ends.push(relay.close);
  expect((await received(relay.listening.port, false)).equals(BYTES)).toBe(true);
  expect(read + moved).toBe(BYTES.length);
  expect(moved).toBeGreaterThan(BYTES.length / 4);
});
