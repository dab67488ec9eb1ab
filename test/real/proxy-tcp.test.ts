// The TCP proxy and its command line, as a process of its own between sockets of this one: what
// each fault makes a client and a server see, and what is refused before anything listens.

import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { monotonicMs } from '../../src/base/clock.ts';
import { expectRefusal, heisenwrite, started } from './command-line.ts';

const DATA = Buffer.from(Uint8Array.from({ length: 1 << 20 }, (_, at) => at * 7 + (at >> 8)));

let echo: Server;
let folder: string;
/** What the server's side of each connection came to. */
let serverSaw: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heisenwrite-proxy-'));
  echo = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', (error: NodeJS.ErrnoException) => serverSaw.push(error.code ?? ''));
    socket.on('end', () => serverSaw.push('end'));
    socket.pipe(socket);
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
});

afterAll(() => {
  echo.close();
  rmSync(folder, { recursive: true });
});

function echoPort(): number {
  return (echo.address() as AddressInfo).port;
}

interface Proxied {
  readonly port: number;
  readonly receipts: () => readonly { kind: string; operation: string; what: string }[];
  readonly pid: number;
  readonly events: () => readonly { event: string; text?: string }[];
}

/** Runs the command, and ends it with SIGTERM; resolves to its exit code. */
async function withProxy(
  words: readonly string[],
  body: (proxy: Proxied) => Promise<void>,
): Promise<number | undefined> {
  serverSaw = [];
  const file = join(folder, `receipts-${monotonicMs()}`);
  const all = ['proxy', 'tcp', '--json', '--receipts', file, ...words];
  const to = words.includes('--to') ? [] : ['--to', `127.0.0.1:${echoPort()}`];
  const child = started([...all, ...to], folder);
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  const lines = () =>
    said
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  try {
    await expect.poll(() => said, { timeout: 20_000 }).toMatch(/"listening".*\n/);
    const port = Number(lines()[0].listen.split(':').at(-1));
    const receipts = () =>
      readFileSync(file, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line));
    await body({ port, receipts, pid: child.pid as number, events: lines });
  } finally {
    child.kill('SIGTERM');
  }
  const { exitCode } = await child;
  expect(lines().at(-1)).toMatchObject({ schema: 'heisenwrite.proxy/1', event: 'ended' });
  return exitCode;
}

interface Exchange {
  readonly came: Buffer;
  /** `end`, or the error. */
  readonly ended: string;
  readonly chunks: readonly number[];
  readonly ms: number;
}

/** Sends `data`, then ends, and takes what comes back. */
/** @param closes the client's side once all was sent */
async function exchange(
  port: number,
  data: Buffer,
  host = '127.0.0.1',
  closes = true,
): Promise<Exchange> {
  const begunMs = monotonicMs();
  const socket: Socket = connect({ port, host, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  let ended = 'closed';
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('end', () => {
    ended = 'end';
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    ended = error.code ?? error.message;
  });
  if (closes) socket.end(data);
  else socket.write(data);
  await once(socket, 'close').catch(() => undefined);
  const ms = monotonicMs() - begunMs;
  return { came: Buffer.concat(chunks), ended, chunks: chunks.map(({ length }) => length), ms };
}

test('without faults everything passes, in both directions, to the end', async () => {
  const code = await withProxy([], async ({ port, receipts }) => {
    const { came, ended } = await exchange(port, DATA);
    expect(came.equals(DATA)).toBe(true);
    expect(ended).toBe('end');
    expect(serverSaw).toEqual(['end']);
    expect(receipts()).toEqual([]);
  });
  expect(code).toBe(0);
});

test('latency, rate and slices change when it comes, and nothing else', async () => {
  const timed = async (data: Buffer, ...faults: readonly string[]) => {
    let result: Exchange | null = null;
    const words = faults.flatMap((fault) => ['--fault', fault]);
    await withProxy(words, async ({ port, receipts }) => {
      result = await exchange(port, data);
      expect(receipts().length).toBeGreaterThan(0);
    });
    const { came, ended, ...more } = result as unknown as Exchange;
    expect(came.equals(data)).toBe(true);
    expect(ended).toBe('end');
    return more;
  };
  expect((await timed(DATA, 'latency:time=100ms')).ms).toBeGreaterThan(295);
  expect((await timed(DATA, 'latency:op=read,time=200ms,jitter=50ms')).ms).toBeGreaterThan(145);
  expect((await timed(DATA, 'rate:op=write,bytes=2MiB')).ms).toBeGreaterThan(480);
  const sliced = await timed(DATA.subarray(0, 100), 'slice:op=read,bytes=7', 'rate:bytes=1KiB');
  expect(Math.max(...sliced.chunks)).toBeLessThanOrEqual(21);
});

test('a connection is refused, reset, cut after so many bytes, or swallowed', async () => {
  const ends = async (
    fault: string,
    seenByServer: readonly string[] | null = null,
    closes = true,
  ) => {
    let result: Exchange | null = null;
    await withProxy(['--fault', fault], async ({ port, receipts }) => {
      result = await exchange(port, DATA, '127.0.0.1', closes);
      await expect.poll(receipts).toHaveLength(1);
      // What the client has sent may still be on its way when it has closed.
      if (seenByServer) await expect.poll(() => serverSaw).toEqual(seenByServer);
    });
    return result as unknown as Exchange;
  };
  const refused = await ends('errno:op=connect,errno=ECONNREFUSED,count=1');
  expect(refused).toMatchObject({ ended: 'ECONNRESET', chunks: [] });
  expect(serverSaw).toEqual([]);
  // A server that has had the client's end, and sent all, has no connection left to be reset.
  const reset = await ends('reset:op=read,bytes=1000', ['ECONNRESET'], false);
  expect(reset.ended).toBe('ECONNRESET');
  const cut = await ends('cut:op=read,bytes=1000');
  expect(cut.came.equals(DATA.subarray(0, 1000))).toBe(true);
  const half = await ends('half-close:op=read,bytes=5000', ['end']);
  expect(half).toMatchObject({ ended: 'end' });
  expect(half.came.equals(DATA.subarray(0, 5000))).toBe(true);
});

test('one direction is swallowed: the connection stays', async () => {
  await withProxy(['--fault', 'dropped:op=write,skip=1'], async ({ port }) => {
    const socket = connect(port, '127.0.0.1');
    let came = 0;
    socket.on('data', ({ length }) => {
      came += length;
    });
    socket.write(DATA.subarray(0, 10));
    await expect.poll(() => came).toBe(10);
    socket.write(DATA.subarray(0, 5000));
    await sleep(300);
    expect(came).toBe(10);
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });
});

/** What the kernel may hold of one connection: both ends' buffers at their largest (tcp(7)). */
function largestInKernel(): number {
  const largest = (name: string) =>
    Number(readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8').trim().split(/\s+/).at(-1));
  return largest('tcp_rmem') + largest('tcp_wmem');
}

test('a reader that does not read stops the writer: nothing is hoarded', async () => {
  await withProxy([], async ({ port }) => {
    // There and back through proxy and echo are four connections; what processes hold is small.
    const most = 4 * largestInKernel() + 16 * 2 ** 20;
    const socket = connect(port, '127.0.0.1');
    socket.pause();
    let written = 0;
    const taken = () => written - socket.writableLength;
    for (let earlier = -1, still = 0; still < 50 && taken() <= most; still++) {
      if (taken() !== earlier) still = 0;
      earlier = taken();
      if (socket.writableLength === 0) {
        socket.write(DATA);
        written += DATA.length;
      }
      await sleep(20);
    }
    expect(socket.writableLength).toBeGreaterThan(0);
    expect(taken()).toBeLessThanOrEqual(most);
    socket.destroy();
  });
});

test('signals wake faults, a seed repeats its decisions, IPv6', async () => {
  const fired = async (seed: string) => {
    let whats = () => '';
    const words = [
      '--seed',
      seed,
      '--fault',
      'latency:op=read,time=5ms,jitter=5ms,probability=1/2',
    ];
    await withProxy(words, async ({ port, receipts }) => {
      for (let each = 0; each < 8; each++) await exchange(port, DATA.subarray(0, 10));
      whats = () =>
        receipts()
          .map(({ what }) => what)
          .join();
    });
    // Written by now, all of them.
    return whats();
  };
  const [one, same, other] = [await fired('1'), await fired('1'), await fired('2')];
  expect(same).toBe(one);
  expect(other).not.toBe(one);
  const asleep = ['--listen', '[::1]:0', '--fault', 'reset:op=connect,signal=SIGHUP,for=10s'];
  await withProxy(asleep, async ({ port, pid }) => {
    expect((await exchange(port, DATA, '::1')).came.equals(DATA)).toBe(true);
    process.kill(pid, 'SIGHUP');
    await expect
      .poll(async () => (await exchange(port, DATA, '::1')).ended, { timeout: 5000 })
      .toBe('ECONNRESET');
  });
});

test('a server that cannot be reached is said, and the proxy stays', async () => {
  const code = await withProxy(['--to', '127.0.0.1:1'], async ({ port, events }) => {
    expect((await exchange(port, DATA)).ended).toBe('ECONNRESET');
    expect((await exchange(port, DATA)).ended).toBe('ECONNRESET');
    const notes = events().filter(({ event }) => event === 'note');
    expect(notes).toHaveLength(2);
    expect(notes[0]?.text).toMatch(/127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)/);
  });
  expect(code).toBe(0);
});

test('what cannot be is refused with exit code 2 and what to do', async () => {
  const refusals: readonly (readonly [readonly string[], RegExp])[] = [
    [['gopher', '--to', 'a:1'], /gopher/],
    [['tcp', '--to', 'nowhere'], /--to nowhere is not HOST:PORT/],
    [['tcp', '--to', '::1:80'], /is not HOST:PORT/],
    [['tcp', '--to', 'a:70000'], /is not HOST:PORT/],
    [['tcp', '--to', 'a:1', '--fault', 'bogus'], /no fault "bogus"/],
    [['tcp', '--to', 'a:1', '--fault', 'latency:time=1ms,probability=2'], /not a probability/],
    [['tcp', '--to', 'a:1', '--fault', 'verifier'], /the tcp proxy cannot plant verifier/],
    [['tcp', '--to', 'a:1', '--fault', 'errno:errno=EIO'], /only be refused/],
    [['nfs', '--to', 'a:1', '--fault', 'errno:errno=ENOWAY'], /no status for ENOWAY/],
    [['nfs', '--to', 'a:1', '--fault', 'etag'], /the nfs proxy cannot plant etag/],
    [['tcp', '--to', 'a:1', '--receipts', '/no/such/dir/file'], /--receipts/],
    [['tcp', '--to', 'a:1', '--listen', `127.0.0.1:${echoPort()}`], /another program listens/],
  ];
  for (const [words, message] of refusals) {
    expectRefusal(await heisenwrite(['proxy', ...words], folder), 2, message);
  }
});
