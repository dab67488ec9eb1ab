// What the calls of SFTP say when a real server refuses, is full, hangs, or dies in the middle and
// comes back: always an OperationError with the name of the call, never a hang, and never a promise
// that is rejected behind one's back (which would fail this file).

import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { monotonicMs } from '../../src/base/clock.ts';
import type { ConnectOptions, MediumConnection } from '../../src/domain/medium.ts';
import { type Sshd, type SshdOptions, startSshd } from '../../src/fleet/sshd.ts';
import { OperationError, UnreachableError } from '../../src/medium/operation-error.ts';
import { sftp } from '../../src/medium/sftp.ts';
import {
  anyManner,
  expectStamped,
  readWhole,
  refusal,
  stamped,
  writeWhole,
} from '../conformance/medium-setting.ts';
import { withEnvironment } from './environment.ts';
import { onTmpfs, remount } from './mounted-place.ts';
import { requireOrSkip } from './requirements.ts';

const MIB = 2 ** 20;
const LIMIT_MS = 4000;

interface Setting {
  readonly server: Sshd;
  connect(url?: string, options?: ConnectOptions): Promise<MediumConnection>;
}

async function inSetting(
  options: SshdOptions,
  body: (setting: Setting) => Promise<void>,
): Promise<void> {
  const server = await startSshd(options);
  const restore = withEnvironment({ ...server.environment, SSH_AUTH_SOCK: undefined });
  const open: MediumConnection[] = [];
  try {
    await body({
      server,
      async connect(url = server.url, connectOptions = {}) {
        const connection = await sftp.connect(url, connectOptions);
        open.push(connection);
        return connection;
      },
    });
  } finally {
    await Promise.all(open.map(({ client }) => client.close()));
    restore();
    await server.stop();
  }
}

function real(name: string, body: () => Promise<void>): void {
  test(name, async (context) => {
    requireOrSkip(context, 'root', 'sshd', 'ssh-keygen');
    await body();
  });
}

/** Outcome of each call: `done`, or the errno. All of them have one. */
async function outcomes(calls: readonly Promise<unknown>[]): Promise<Set<string>> {
  const settled = await Promise.allSettled(calls);
  return new Set(
    settled.map((each) => {
      if (each.status === 'fulfilled') return 'done';
      if (each.reason instanceof OperationError) return each.reason.errno;
      throw each.reason;
    }),
  );
}

describe('a server that does not let one', () => {
  real('a directory of another user', () =>
    inSetting({}, async ({ server, connect }) => {
      writeFileSync(join(server.directory, 'theirs'), 'x', { mode: 0o600 });
      const { client } = await connect(server.urlOf('', 'nobody'));
      const denied = { errno: 'SSH_FX_PERMISSION_DENIED' };
      const created = await refusal(client.create('/mine', anyManner(1)));
      expect(created).toMatchObject({ operation: 'open', path: '/mine', ...denied });
      expect(created.message).toBe('Permission denied (SSH_FX_PERMISSION_DENIED)');
      expect(await refusal(client.makeDirectory('/a/b'))).toMatchObject({
        operation: 'mkdir',
        path: '/a/b',
        ...denied,
      });
      const into = new Uint8Array(8).fill(1);
      expect(await refusal(client.read('/theirs', 4, into))).toMatchObject({
        operation: 'read',
        path: '/theirs',
        offset: 4,
        ...denied,
      });
      expect(into).toEqual(new Uint8Array(8).fill(1));
      expect(await refusal(client.put('/theirs', into))).toMatchObject(denied);
      expect(await refusal(client.removeTree('/theirs'))).toMatchObject(denied);
      expect(await refusal(client.rename('/theirs', '/mine'))).toMatchObject(denied);
      expect(await client.length('/theirs')).toBe(1);
    }),
  );

  real('a place that this user may not enter, or that is mounted read-only', () =>
    onTmpfs('size=8M,mode=755', (place) =>
      inSetting({ directory: place }, async ({ server, connect }) => {
        mkdirSync(join(place, 'closed/inside'), { recursive: true, mode: 0o700 });
        const closed = connect(server.urlOf('/closed/inside', 'nobody'));
        await expect(closed).rejects.toMatchObject({ code: 'place-not-writable' });
        remount(place, 'ro');
        await expect(connect()).rejects.toMatchObject({ code: 'place-not-writable' });
      }),
    ),
  );
});

describe('a server that cannot', () => {
  real('a disk that is full, in words, since SFTP has no name for it', () =>
    onTmpfs('size=4M', (place) =>
      inSetting({ directory: place }, async ({ connect }) => {
        const { client, freeBytes } = await connect();
        expect(await freeBytes()).toBe(4 * MIB);
        const file = await client.create('/file', anyManner(8 * MIB));
        const error = await refusal(file.write(MIB, stamped(1, 8 * MIB)));
        expect(error).toMatchObject({ operation: 'write', offset: MIB, errno: 'SSH_FX_FAILURE' });
        expect(error.path).toBe('/file');
        expect(error.message).toContain('are free there');
        expect((await refusal(client.put('/put', stamped(1, 8 * MIB)))).operation).toBe('put');
        expect(await client.names('/')).toEqual(['file']);
        // What failed leaves a connection that works.
        await file.truncate(0);
        await file.write(0, stamped(2, MIB));
        await file.close();
        expectStamped(await readWhole(client, '/file'), 2, MIB);
      }),
    ),
  );

  real('a server that cannot make durable says so, and nothing is pretended', () =>
    inSetting({ config: ['ForceCommand internal-sftp -P fsync'] }, async ({ connect }) => {
      const { client, facts } = await connect();
      expect(facts.fsync).toMatch(/^none/);
      const file = await client.create('/file', anyManner(512));
      await file.write(0, stamped(1, 512));
      expect(await refusal(file.sync())).toMatchObject({
        operation: 'fsync',
        errno: 'SSH_FX_OP_UNSUPPORTED',
      });
      await file.close();
    }),
  );
});

describe('a server that goes away', () => {
  real('killed in the middle of writes and reads, and back again', () =>
    inSetting({}, async ({ server, connect }) => {
      const { client } = await connect();
      await writeWhole(client, '/before', stamped(1, 4 * MIB), MIB);
      const file = await client.create('/file', anyManner(64 * MIB));
      const content = stamped(2, 8 * MIB);
      const into = new Uint8Array(4 * MIB);
      const calls = Array.from({ length: 24 }, (_, index) => file.write(index * 8 * MIB, content));
      calls.push(client.read('/before', 0, into).then(() => undefined));
      const watched = outcomes(calls);
      while (!((await lengthOf(server, 'file')) > 0)) await sleep(1);
      await server.kill();
      expect([...(await watched)].filter((each) => each !== 'done')).toEqual(['ECONNRESET']);
      expect(await refusal(file.write(0, content))).toMatchObject({
        operation: 'write',
        errno: 'ECONNRESET',
      });
      const later = [file.sync(), file.close(), client.names('/'), client.length('/before')];
      expect(await outcomes(later)).toEqual(new Set(['ECONNRESET']));
      await client.close();
      await expect(connect()).rejects.toThrow(UnreachableError);
      await server.restart();
      const again = await connect();
      expectStamped(await readWhole(again.client, '/before'), 1, 4 * MIB);
      await writeWhole(again.client, '/file', content);
      expectStamped(await readWhole(again.client, '/file'), 2, 8 * MIB);
    }),
  );

  real('one that hangs hits the limit of each call, and may go on afterwards', () =>
    inSetting({}, async ({ server, connect }) => {
      const { client } = await connect(server.url, { limitMs: LIMIT_MS });
      await writeWhole(client, '/file', stamped(1, MIB));
      const file = await client.open('/file', anyManner(MIB));
      const into = new Uint8Array(MIB).fill(7);
      server.pause();
      const startedMs = monotonicMs();
      const calls = [
        file.write(0, stamped(2, MIB)),
        file.sync(),
        client.read('/file', 0, into),
        client.create('/late', anyManner(1)),
        client.removeTree('/file'),
      ];
      expect(await outcomes(calls)).toEqual(new Set(['ETIMEDOUT']));
      expect(monotonicMs() - startedMs).toBeGreaterThan(LIMIT_MS * 0.9);
      await expect(sftp.connect(server.url, { limitMs: 500 })).rejects.toThrow(UnreachableError);
      server.resume();
      // Answered after the calls of before, which do not reach the buffer that was lent to them.
      await client.makeDirectory('/after');
      expect(into.every((byte) => byte === 7)).toBe(true);
      expect(await client.names('/')).toContain('after');
    }),
  );

  real('closing the connection to one that hangs does not hang', () =>
    inSetting({}, async ({ server, connect }) => {
      const { client } = await connect();
      server.pause();
      const call = outcomes([client.names('/')]);
      await client.close();
      expect(await call).toEqual(new Set(['ECONNRESET']));
      server.resume();
    }),
  );
});

describe('many requests under way', () => {
  real('out of order and all at once, seen right by a second client and on the disk', () =>
    inSetting({}, async ({ server, connect }) => {
      const [writer, reader] = [await connect(), await connect()];
      const content = stamped(3, 8 * MIB);
      const part = 96 * 1024 + 512;
      const file = await writer.client.create('/file', anyManner(content.length));
      const starts = Array.from({ length: Math.ceil(content.length / part) }, (_, i) => i * part);
      const order = [...starts.filter((_, i) => i % 2), ...starts.filter((_, i) => i % 2 === 0)];
      await Promise.all(
        order.toReversed().map((at) => file.write(at, content.subarray(at, at + part))),
      );
      // Acknowledged, and the file is still open.
      expectStamped(await readWhole(reader.client, '/file'), 3, content.length);
      await file.close();
      const there = readFileSync(join(server.directory, 'file'));
      expect(Buffer.compare(there, content)).toBe(0);
      expect(statSync(join(server.directory, 'file')).mode & 0o777).toBe(0o600);
      const whole = new Uint8Array(10 * MIB).fill(9);
      expect(await reader.client.read('/file', MIB, whole)).toBe(7 * MIB);
      expect(Buffer.compare(whole.subarray(0, 7 * MIB), content.subarray(MIB))).toBe(0);
      expect(whole.subarray(7 * MIB).every((byte) => byte === 9)).toBe(true);
    }),
  );

  real('a file that is replaced is never seen in part by a second client', () =>
    inSetting({}, async ({ connect }) => {
      const [writer, reader] = [await connect(), await connect()];
      const bytes = 64 * 1024;
      const generations = Array.from({ length: 40 }, (_, index) => stamped(1, bytes, index + 1));
      await writer.client.put('/file', stamped(1, bytes, 1));
      let isDone = false;
      const polling = (async () => {
        while (!isDone) {
          const seen = new Uint8Array(bytes);
          expect(await reader.client.read('/file', 0, seen)).toBe(bytes);
          expect(generations.some((one) => Buffer.compare(one, seen) === 0)).toBe(true);
        }
      })();
      for (const one of generations) await writer.client.put('/file', one);
      isDone = true;
      await polling;
    }),
  );
});

async function lengthOf(server: Sshd, name: string): Promise<number> {
  return statSync(join(server.directory, name), { throwIfNoEntry: false })?.size ?? 0;
}
