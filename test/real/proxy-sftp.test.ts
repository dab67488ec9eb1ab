// The SFTP proxy between real clients and a real sshd. Without faults everything passes unchanged;
// each fault is planted, does what it says to what it was meant for, and spares what it was not;
// what changes a reader's view is found again by `verify`.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { monotonicMs } from '../../src/base/clock.ts';
import type { MediumClient } from '../../src/domain/medium.ts';
import {
  anyManner,
  expectStamped,
  readWhole,
  refusal,
  stamped,
  writeWhole,
} from '../conformance/medium-setting.ts';
import { kindsAfterPut, localFile, realSftp } from './faulty-sftp.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

describe('without a fault', () => {
  realSftp('three clients write and read through it, and nothing is changed', async (setting) => {
    const { server } = setting;
    const client = await setting.connect();
    await writeWhole(client, '/ours', stamped(1, 3 * MIB + 100));
    expectStamped(await readWhole(client, '/ours'), 1, 3 * MIB + 100);
    const source = await localFile(setting);
    expect(await kindsAfterPut(setting, 'put', source)).toEqual([]);
    const got = await setting.sftp(`get ${server.directory}/put ${source}-back`);
    expect(got).toMatchObject({ exitCode: 0 });
    expect(readFileSync(`${source}-back`).equals(readFileSync(source))).toBe(true);
    expect(await setting.rclone(source, 'remote:copied')).toMatchObject({ exitCode: 0 });
    expect(await setting.rclone('remote:copied', `${source}-again`)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(`${source}-again`).equals(readFileSync(source))).toBe(true);
    expect(setting.receipts()).toEqual([]);
    expect(setting.counts()).toMatchObject({ connections: expect.any(Number), sessions: 5 });
  });

  realSftp('faults that meet nothing change nothing', async (setting) => {
    setting.plant('flip:path=*.dat', 'errno:op=unlink,errno=EIO', 'lost:skip=10000', 'stale');
    expect(await kindsAfterPut(setting, 'put')).toEqual([]);
    const client = await setting.connect();
    await writeWhole(client, '/ours', stamped(1, 3 * MIB + 100));
    expectStamped(await readWhole(client, '/ours'), 1, 3 * MIB + 100);
    expect(setting.receipts()).toEqual([]);
  });
});

describe('what is refused', () => {
  const CALLS: Readonly<Record<string, (client: MediumClient) => Promise<unknown>>> = {
    create: (client) => client.create('/victim', anyManner(1)),
    open: (client) => client.open('/there', anyManner(1)),
    getattr: (client) => client.length('/there'),
    readdir: (client) => client.names('/'),
    mkdir: (client) => client.makeDirectory('/new'),
    rename: (client) => client.rename('/there', '/elsewhere'),
    unlink: (client) => client.removeTree('/there'),
    read: (client) => client.read('/there', 0, new Uint8Array(8)),
    write: async (client) => (await client.open('/there', anyManner(1))).write(0, stamped(1, 8)),
    fsync: async (client) => (await client.open('/there', anyManner(1))).sync(),
    close: async (client) => (await client.open('/there', anyManner(1))).close(),
  };

  realSftp('each call, once, with the status that its errno has in OpenSSH', async (setting) => {
    const client = await setting.connect();
    await writeWhole(client, '/there', stamped(1, 512));
    for (const [operation, call] of Object.entries(CALLS)) {
      setting.plant(`errno:op=${operation},errno=EACCES,count=1`);
      const error = await refusal(call(client));
      expect({ operation, errno: error.errno }).toEqual({
        operation,
        errno: 'SSH_FX_PERMISSION_DENIED',
      });
      expect(setting.receipts()).toMatchObject([
        { kind: 'errno', operation, what: 'SSH_FX_PERMISSION_DENIED' },
      ]);
    }
    expectStamped(await readWhole(client, '/there'), 1, 512);
    expect(readdirSync(setting.server.directory)).toEqual(['there']);
  });

  realSftp("a file's path decides, also for what is done by handle", async (setting) => {
    setting.plant('errno:op=write,errno=ENOSPC,path=*/victim');
    const client = await setting.connect();
    await writeWhole(client, '/spared', stamped(1, MIB));
    const error = await refusal(writeWhole(client, '/victim', stamped(1, MIB)));
    expect(error).toMatchObject({ operation: 'write', errno: 'SSH_FX_FAILURE' });
    expect(setting.receipts()[0]).toMatchObject({
      path: `${setting.server.directory}/victim`,
      offset: 0,
      length: 261_120,
    });
    expect(statSync(join(setting.server.directory, 'victim')).size).toBe(0);
    const put = await setting.sftp(
      `put ${await localFile(setting)} ${setting.server.directory}/victim`,
    );
    expect(put.exitCode).toBe(1);
    expect(put.stderr).toContain('Failure');
  });

  realSftp('flags of open decide', async (setting) => {
    const client = await setting.connect();
    await writeWhole(client, '/file', stamped(1, 512));
    setting.plant('errno:op=write,errno=EIO,with=O_TRUNC');
    const kept = await client.open('/file', anyManner(512));
    await kept.write(0, stamped(2, 512));
    await kept.close();
    expect((await refusal(writeWhole(client, '/file', stamped(3, 512)))).operation).toBe('write');
    setting.plant('errno:op=write,errno=EIO,without=O_TRUNC');
    await writeWhole(client, '/file', stamped(3, 512));
    expectStamped(await readWhole(client, '/file'), 3, 512);
  });
});

describe('a call that is done, or not, and says otherwise', () => {
  realSftp('it is carried out and fails', async (setting) => {
    const client = await setting.connect();
    await writeWhole(client, '/from', stamped(1, 512));
    setting.plant('forwarded:op=rename+create,errno=EIO');
    expect((await refusal(client.rename('/from', '/to'))).errno).toBe('SSH_FX_FAILURE');
    expect((await refusal(client.create('/made', anyManner(1)))).errno).toBe('SSH_FX_FAILURE');
    expect(readdirSync(setting.server.directory).toSorted()).toEqual(['made', 'to']);
    setting.plant('forwarded:op=write,errno=EIO');
    expect((await refusal(writeWhole(client, '/to', stamped(2, 512)))).errno).toBe(
      'SSH_FX_FAILURE',
    );
    expectStamped(await readWhole(client, '/to'), 2, 512);
  });

  realSftp('an error that comes only at close, or at fsync', async (setting) => {
    const client = await setting.connect();
    setting.plant('late:errno=EDQUOT,path=*/closed', 'late:errno=EIO,at=fsync,path=*/synced');
    const closed = await client.create('/closed', anyManner(512));
    await closed.write(0, stamped(1, 512));
    expect(await refusal(closed.close())).toMatchObject({ operation: 'close' });
    const synced = await client.create('/synced', anyManner(512));
    await synced.write(0, stamped(1, 512));
    expect(await refusal(synced.sync())).toMatchObject({ operation: 'fsync' });
    await synced.close();
    for (const name of ['closed', 'synced']) {
      expect(statSync(join(setting.server.directory, name)).size).toBe(0);
    }
    expect(setting.receipts().map(({ operation }) => operation)).toEqual([
      'write',
      'close',
      'write',
      'fsync',
    ]);
  });
});

describe('replies and time', () => {
  realSftp(
    'answered twice or out of turn: clients that match numbers notice nothing',
    async (setting) => {
      const client = await setting.connect();
      setting.plant('reorder:op=write+read', 'duplicate:op=write');
      await writeWhole(client, '/file', stamped(1, 3 * MIB));
      expectStamped(await readWhole(client, '/file'), 1, 3 * MIB);
      expect(new Set(setting.receipts().map(({ kind }) => kind))).toEqual(
        new Set(['reorder', 'duplicate']),
      );
    },
  );

  realSftp('never answered: the call is given up, and what it did stays', async (setting) => {
    const client = await setting.connect({ limitMs: 1000 });
    setting.plant('dropped:op=write,count=1');
    const error = await refusal(writeWhole(client, '/file', stamped(1, 512)));
    expect(error).toMatchObject({ operation: 'write', errno: 'ETIMEDOUT' });
    expect(statSync(join(setting.server.directory, 'file')).size).toBe(512);
  });

  realSftp('later, and at most so fast', async (setting) => {
    const client = await setting.connect();
    const timed = async (act: () => Promise<unknown>) => {
      const startedMs = monotonicMs();
      await act();
      return monotonicMs() - startedMs;
    };
    setting.plant('latency:op=getattr,time=300ms,jitter=10ms');
    expect(await timed(() => client.length('/absent'))).toBeGreaterThanOrEqual(289);
    setting.plant('rate:op=write,bytes=1MiB');
    const content = stamped(1, 512 * KIB);
    expect(await timed(() => writeWhole(client, '/slow', content))).toBeGreaterThanOrEqual(450);
    expectStamped(await readWhole(client, '/slow'), 1, 512 * KIB);
  });
});
