// Objects on a real S3 server: conditions on a put, versions, and the removal of a tree with all
// that a listing of objects does not show.

import { CreateBucketCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import type { PutCondition } from '../../src/domain/medium.ts';
import {
  expectStamped,
  expectUnsupported,
  readWhole,
  refusal,
  stamped,
  writeWhole,
} from '../conformance/medium-setting.ts';
import { MIB, onRadosgw, type S3Setting, unfinished, versionCount } from './s3-server.ts';

const onServer = onRadosgw();
const over = (version: string): PutCondition => ({ when: 'matches', version });

test(
  'conditions are honoured here, as the probe found, which left nothing behind',
  onServer(async (setting) => {
    expect(setting.capabilities.conditionalPut).toBe(true);
    expect(setting.facts['conditional put']).toMatch(/^If-None-Match: \*, If-Match.*, as tried$/);
    expect(setting.facts.versioning).toBe('off');
    expect(await versionCount(setting, setting.server.bucket)).toBe(0);
  }),
);

test(
  'a put over a version: the right one, an older one, and where nothing is',
  onServer(async ({ client }) => {
    const first = (await client.put('/name', stamped(1, 1000, 1))) as string;
    expect(first).toMatch(/^"[0-9a-f]{32}"$/);
    const second = (await client.put('/name', stamped(1, 1000, 2), over(first))) as string;
    const late = await refusal(client.put('/name', stamped(1, 1000, 3), over(first)));
    expect(late).toMatchObject({ operation: 'PutObject', errno: 'PRECONDITION', path: '/name' });
    expectStamped(await readWhole(client, '/name'), 1, 1000, 2);
    const present = await refusal(client.put('/name', stamped(1, 10), { when: 'absent' }));
    expect(present.errno).toBe('PRECONDITION');
    const absent = await refusal(client.put('/nothing', stamped(1, 1000), over(second)));
    expect(absent.errno).toBe('PRECONDITION');
    expect(await client.names('/')).toEqual(['name']);
    await client.removeTree('/name');
    await client.put('/name', stamped(1, 500), { when: 'absent' });
    await client.removeTree('/name');
  }),
);

test(
  'of eight clients that put if absent at the same time one is taken',
  onServer(async ({ client, connect }) => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => connect()));
    const outcomes = await Promise.allSettled(
      clients.map(({ client: each }, index) =>
        each.put('/race', stamped(index, 4096), { when: 'absent' }),
      ),
    );
    const winners = outcomes.flatMap(({ status }, index) =>
      status === 'fulfilled' ? [index] : [],
    );
    expect(winners.length).toBe(1);
    expectStamped(await readWhole(client, '/race'), winners[0] as number, 4096);
    await client.removeTree('/race');
  }),
);

async function versionedUrl({ sdk, server }: S3Setting): Promise<string> {
  await sdk.send(new CreateBucketCommand({ Bucket: 'versions' }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await sdk.send(new PutBucketVersioningCommand({ Bucket: 'versions', VersioningConfiguration }));
  return `s3://versions/deep/er?endpoint=${server.endpoint}`;
}

test(
  'a bucket with versions: each put has its own, and removal leaves none of them',
  onServer(async (setting) => {
    const { client, facts, capabilities } = await setting.connect(await versionedUrl(setting));
    expect(facts.versioning).toBe('Enabled');
    expect(facts['conditional put']).toBe('not honoured, as tried');
    expect(await versionCount(setting, 'versions')).toBe(0);
    const first = (await client.put('/tree/name', stamped(1, 700, 1))) as string;
    const second = (await client.put('/tree/name', stamped(1, 800, 2))) as string;
    expect(second).not.toBe(first);
    expect(first).toMatch(/^[^"]{16,}$/);
    // radosgw 16 ignores If-None-Match where a bucket has versions, as the probe finds.
    expect(capabilities.conditionalPut).toBe(false);
    await expectUnsupported(client.put('/tree/name', stamped(1, 900, 3), over(first)));
    await expectUnsupported(client.put('/tree/other', stamped(1, 9), { when: 'absent' }));
    expectStamped(await readWhole(client, '/tree/name'), 1, 800, 2);
    await writeWhole(client, '/tree/deep/er', stamped(2, 100));
    await writeWhole(client, '/tree-2', stamped(3, 100));
    expect(await versionCount(setting, 'versions')).toBe(4);
    await client.removeTree('/tree');
    expect(await versionCount(setting, 'versions')).toBe(1);
    expect(await client.names('/')).toEqual(['tree-2']);
    await client.removeTree('/tree-2');
    expect(await versionCount(setting, 'versions')).toBe(0);
  }),
);

test(
  'a tree of more objects than one page, and uploads that another client began in it',
  onServer(async (setting) => {
    const { client } = setting;
    const count = 1010;
    const indexes = Array.from({ length: count }, (_, index) => index);
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (let index = indexes.shift(); index !== undefined; index = indexes.shift()) {
          await client.put(`/many/${index}`, stamped(1, 16));
        }
      }),
    );
    expect((await client.names('/many')).length).toBe(count);
    const manner = { stability: 'any', upload: 'multipart', totalBytes: 8 * MIB } as const;
    const other = (await setting.connect()).client;
    await other.create('/many/begun', manner);
    await other.create('/many-2', manner);
    await client.removeTree('/many');
    expect(await client.names('/')).toEqual([]);
    expect(await unfinished(setting)).toEqual(['trials/many-2']);
    await other.close();
    expect(await unfinished(setting)).toEqual([]);
  }),
);

test(
  'the place itself is not removed',
  onServer(async ({ client, connect, server }) => {
    await client.put('/kept', stamped(1, 16));
    expect((await refusal(client.removeTree('/'))).errno).toBe('EPERM');
    const whole = await connect(`s3://${server.bucket}?endpoint=${server.endpoint}`);
    expect((await refusal(whole.client.removeTree('/'))).errno).toBe('EPERM');
    expect(await whole.client.names('/')).toEqual(['trials']);
    expect(await whole.client.names('/trials/')).toEqual(['kept']);
    await client.removeTree('/kept');
  }),
);
