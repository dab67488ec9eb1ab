// NFSv3 against a real nfs-ganesha: the contract of media, how far a write says that it has come,
// and what the calls say when the server refuses, is full, hangs, dies, or forgets.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type MediumConnection, STABILITIES, type WriteManner } from '../../src/domain/medium.ts';
import { nfs } from '../../src/medium/nfs.ts';
import { type OperationError, UnreachableError } from '../../src/medium/operation-error.ts';
import { mediumContract } from '../conformance/medium-contract.ts';
import { type GaneshaServer, startGanesha } from '../servers/ganesha.ts';
import { onTmpfs } from './mounted-place.ts';
import { type Requirement, requireOrSkip } from './requirements.ts';

const NEEDS: readonly Requirement[] = ['root', 'ganesha'];
const MIB = 1024 * 1024;
const REPLACING_CLIENT = new URL('../fixtures/replacing-client.ts', import.meta.url).pathname;

mediumContract(
  'nfs',
  async () => {
    const server = await startGanesha();
    return { url: server.url, adapter: nfs, stop: () => server.stop() };
  },
  NEEDS,
);

interface Setting {
  readonly server: GaneshaServer;
  readonly connection: MediumConnection;
}

/** A server and one connection with a short limit; both end with the test. */
function serverTest(name: string, act: (setting: Setting) => Promise<void>, directory?: string) {
  test(name, async (context) => {
    requireOrSkip(context, ...NEEDS);
    await withServer(act, directory);
  });
}

async function withServer(act: (setting: Setting) => Promise<void>, directory?: string) {
  const server = await startGanesha(directory);
  try {
    const connection = await nfs.connect(server.url, { limitMs: 3000 });
    try {
      await act({ server, connection });
    } finally {
      await connection.client.close();
    }
  } finally {
    await server.stop();
  }
}

function manner(stability: WriteManner['stability'] = 'any'): WriteManner {
  return { stability, upload: 'any', totalBytes: MIB };
}

/** A signal is delivered to one thread after the other. */
async function pausedServer(server: GaneshaServer): Promise<void> {
  server.pause();
  await sleep(200);
}

/** The errno of a call that must fail. */
async function errnoOf(call: Promise<unknown>): Promise<string> {
  const outcome = await call.then(
    () => 'it succeeded',
    (error: { errno?: string; message: string }) => error.errno ?? error.message,
  );
  return outcome;
}

describe('stability', () => {
  for (const stability of STABILITIES) {
    serverTest(`${stability}: what was written is in the file of the server`, async (setting) => {
      const { client } = setting.connection;
      const bytes = new Uint8Array(3 * MIB + 5).map((_, at) => (at * 31) & 0xff);
      const file = await client.create('/data', manner(stability));
      await Promise.all([
        file.write(2 * MIB, bytes.subarray(2 * MIB)),
        file.write(0, bytes.subarray(0, 2 * MIB)),
      ]);
      await file.sync();
      await file.close();
      const stored = readFileSync(join(setting.server.exported, 'data'));
      expect(Buffer.compare(stored, bytes)).toBe(0);
    });
  }
});

describe('a server that was restarted', () => {
  serverTest('between WRITE and COMMIT has another verifier, which is said', async (setting) => {
    const { server, connection } = setting;
    const file = await connection.client.create('/data', manner('unstable'));
    await file.write(0, new Uint8Array(MIB));
    await file.sync();
    await file.write(0, new Uint8Array(MIB));
    // The verifier of ganesha is the second in which it was started.
    await sleep(1100);
    await server.kill();
    await server.restart();
    const refused = file.sync();
    await expect(refused).rejects.toThrow(/write verifier changed from [0-9a-f]{16} to/);
    expect(await errnoOf(refused)).toBe('NFS3ERR_VERIFIER');
    await file.write(0, new Uint8Array(MIB));
    await file.sync();
    await file.close();
  });

  serverTest('after what was written is durable forgets nothing', async (setting) => {
    const { server, connection } = setting;
    const file = await connection.client.create('/data', manner('file-sync'));
    await file.write(0, new Uint8Array(MIB).fill(7));
    await sleep(1100);
    await server.kill();
    await server.restart();
    await file.write(MIB, new Uint8Array(MIB).fill(8));
    await file.sync();
    await file.close();
    const stored = readFileSync(join(server.exported, 'data'));
    expect([stored.length, stored[MIB - 1], stored[MIB]]).toEqual([2 * MIB, 7, 8]);
  });

  serverTest('in the middle of writes fails them, and the next calls go on', async (setting) => {
    const { server, connection } = setting;
    const { client } = connection;
    const file = await client.create('/data', manner());
    const writing = (async () => {
      for (let at = 0; at < 4096; at++) await file.write((at % 8) * MIB, new Uint8Array(MIB));
    })();
    const failed = writing.then(
      () => null,
      (error: OperationError) => error,
    );
    await server.kill();
    expect(await failed).toMatchObject({ operation: 'WRITE', path: '/data' });
    expect((await failed)?.errno).toMatch(/ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT/);
    expect(await errnoOf(client.length('/data'))).toBe('ECONNREFUSED');
    await expect(nfs.connect(server.url, { limitMs: 2000 })).rejects.toThrow(UnreachableError);
    await server.restart();
    expect(await client.length('/data')).toBeGreaterThanOrEqual(0);
    await file.write(0, new Uint8Array(MIB));
  });
});

describe('a name that is replaced all the time', () => {
  serverTest(
    'is never absent, stale, or half to another client',
    async ({ server, connection }) => {
      const writer = spawn(process.execPath, [REPLACING_CLIENT, server.url, '/name']);
      try {
        await once(writer.stdout, 'data');
        const seen = new Set<string>();
        const into = new Uint8Array(4096);
        for (let reads = 0; reads < 5000; reads++) {
          const came = await connection.client.read('/name', 0, into.fill(0));
          const isWhole = into.every((byte) => byte > 0 && byte === into[0]);
          seen.add(`${came}, ${isWhole ? 'whole' : 'mixed'}`);
        }
        expect([...seen]).toEqual(['4096, whole']);
      } finally {
        writer.kill('SIGKILL');
        await once(writer, 'exit');
      }
    },
  );
});

describe('what was lent', () => {
  serverTest('is not touched once a read was given up', async ({ server, connection }) => {
    const { client } = connection;
    const file = await client.create('/data', manner());
    await file.write(0, new Uint8Array(MIB).fill(1));
    await file.close();
    const into = new Uint8Array(MIB);
    await pausedServer(server);
    expect(await errnoOf(client.read('/data', 0, into))).toBe('ETIMEDOUT');
    server.resume();
    // Answers come in the order of the requests here, so the late one has come before this one.
    expect(await client.length('/data')).toBe(MIB);
    expect(into.every((byte) => byte === 0)).toBe(true);
  });

  serverTest('is not put in place once a put was given up', async ({ server, connection }) => {
    const { client } = connection;
    await client.put('/name', new Uint8Array(512).fill(1));
    await pausedServer(server);
    expect(await errnoOf(client.put('/name', new Uint8Array(512).fill(2)))).toBe('ETIMEDOUT');
    server.resume();
    await sleep(300);
    expect(readFileSync(join(server.exported, 'name'))[0]).toBe(1);
  });
});

describe('refusals', () => {
  serverTest('a server that hangs is given up when the limit is over', async (setting) => {
    await pausedServer(setting.server);
    expect(await errnoOf(setting.connection.client.length('/data'))).toBe('ETIMEDOUT');
    setting.server.resume();
  });

  serverTest('an export that became read-only', async ({ server, connection }) => {
    await server.setAccess('read-only');
    let errno = '';
    for (let tries = 0; tries < 50 && !errno.startsWith('NFS3ERR'); tries++) {
      await sleep(100);
      errno = await errnoOf(connection.client.create('/data', manner()));
    }
    expect(errno).toMatch(/^NFS3ERR_(ROFS|ACCES|PERM)$/);
    await expect(nfs.connect(server.url)).rejects.toMatchObject({ code: 'place-not-writable' });
  });

  serverTest('a server that hangs is out of reach for a new connection', async ({ server }) => {
    await pausedServer(server);
    await expect(nfs.connect(server.url, { limitMs: 1000 })).rejects.toThrow(UnreachableError);
    server.resume();
  });

  test('a host that nobody knows', async (context) => {
    requireOrSkip(context, ...NEEDS);
    const url = 'nfs://nobody.invalid/export?nfsport=1&mountport=1';
    await expect(nfs.connect(url)).rejects.toThrow(UnreachableError);
  });

  test('a full file system', async (context) => {
    requireOrSkip(context, ...NEEDS);
    await onTmpfs('size=4M', (place) =>
      withServer(async ({ connection }) => {
        const file = await connection.client.create('/data', manner('file-sync'));
        expect(await errnoOf(file.write(0, new Uint8Array(16 * MIB)))).toBe('NFS3ERR_NOSPC');
        await connection.client.removeTree('/data');
      }, place),
    );
  });

  serverTest('a directory that nothing exports, and one that is not there', async ({ server }) => {
    const other = server.url.replace(server.exported, '/nothing/of/this');
    await expect(nfs.connect(other)).rejects.toThrow(/exports neither \/nothing\/of\/this/);
    await expect(nfs.connect(server.urlOf('/absent'))).rejects.toMatchObject({
      code: 'no-such-place',
    });
  });

  test('nobody listens', async (context) => {
    requireOrSkip(context, ...NEEDS);
    const url = 'nfs://127.0.0.1/export?nfsport=1&mountport=1';
    await expect(nfs.connect(url, { limitMs: 2000 })).rejects.toThrow(/127.0.0.1.*refused/i);
  });

  test.each([
    ['nfs:///export', /there is no host/],
    ['nfs://host/export?version=4', /only version 3/],
    ['nfs://host/export?uid=5', /no parameter uid/],
    ['nfs://host/export?nfsport=x', /nfsport is no number/],
  ])('%s', async (url, message) => {
    await expect(nfs.connect(url)).rejects.toThrow(message);
  });
});
