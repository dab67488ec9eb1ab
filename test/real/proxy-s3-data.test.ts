// Data that the S3 proxy changes between the AWS SDK and a real radosgw. A changed body has a wrong
// signature, and the server says so; signed anew it is stored, and `verify` finds what was done.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, describe, expect } from 'vitest';
import { verifyFile } from '../../src/diagnose/files.ts';
import type { MediumClient } from '../../src/domain/medium.ts';
import { writeStampedFile } from '../../src/stamp/stamped-file.ts';
import {
  anyManner,
  expectStamped,
  readWhole,
  refusal,
  stamped,
} from '../conformance/medium-setting.ts';
import { onFaultyS3 } from './faulty-s3.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const PART = 5 * MIB;
const s3Test = onFaultyS3();
const signs = { signs: true };
const folder = mkdtempSync(join(tmpdir(), 'heisenwrite-proxy-s3-'));
let files = 0;

afterAll(() => rmSync(folder, { recursive: true }));

/** The content of a stamped file. */
async function stampedFile(sizeBytes: number, generation = 1): Promise<Buffer> {
  const path = join(folder, `meant-${++files}`);
  const shape = { sizeBytes, blockBytes: 4096, generation, pattern: 'stamp', seed: 's3' } as const;
  await writeStampedFile(path, shape);
  return readFileSync(path);
}

async function kindsIn(found: Uint8Array | null): Promise<string[]> {
  const path = join(folder, `found-${++files}`);
  writeFileSync(path, found ?? '');
  const { damage } = await verifyFile(path);
  return [...new Set(damage.map(({ kind }) => kind))].toSorted();
}

async function writeParts(client: MediumClient, path: string, content: Uint8Array) {
  const manner = { ...anyManner(content.length), upload: 'multipart' as const };
  const file = await client.create(path, manner);
  for (let at = 0; at < content.length; at += PART) {
    await file.write(at, content.subarray(at, at + PART));
  }
  await file.close();
}

describe('what is stored is not what was sent', () => {
  s3Test('a flip is noticed by a server that checks the signature', async (setting) => {
    const { client, plant, stored, receipts } = setting;
    plant('flip:op=write,count=1,path=*/checked');
    const error = await refusal(client.put('/checked', stamped(1, 64 * KIB)));
    expect(error.errno).toBe('XAmzContentSHA256Mismatch');
    expect(await stored('/checked')).toBeNull();
    expect(receipts()).toMatchObject([{ kind: 'flip', operation: 'write', length: 64 * KIB }]);
  });

  s3Test(
    'flipped, zeroed and torn with a signature of ours, and what is near it is spared',
    async ({ client, plant, stored, receipts }) => {
      const content = await stampedFile(64 * KIB);
      plant(
        'flip:op=write,mask=0x10,count=1,path=*/flipped',
        'zero:op=write,at=8KiB,bytes=4KiB,count=1,path=*/zeroed',
        'torn:bytes=8KiB,count=1,path=*/torn',
      );
      for (const name of ['spared', 'flipped', 'zeroed', 'torn']) {
        await client.put(`/${name}`, content);
      }
      expect(await kindsIn(await stored('/spared'))).toEqual([]);
      expect(await kindsIn(await stored('/flipped'))).toEqual(['flipped']);
      expect(await kindsIn(await stored('/zeroed'))).toEqual(['zeroed']);
      expect(await stored('/torn')).toHaveLength(8 * KIB);
      expect(await kindsIn(await stored('/torn'))).toEqual(['missing']);
      expect(receipts().map(({ kind }) => kind)).toEqual(['flip', 'zero', 'torn']);
    },
    signs,
  );

  s3Test('lost: a put, a delete, a part that the server then misses', async (setting) => {
    const { client, plant, stored } = setting;
    await client.put('/kept', stamped(1, 512));
    plant('lost');
    const etag = await client.put('/lost', stamped(1, 512));
    expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
    expect(await stored('/lost')).toBeNull();
    plant('lost:op=unlink');
    await client.removeTree('/kept');
    expectStamped((await stored('/kept')) as Uint8Array, 1, 512);
    plant('lost:op=write,offset=5MiB-6MiB');
    const error = await refusal(writeParts(client, '/parts', stamped(1, PART + MIB)));
    expect(error).toMatchObject({ operation: 'CompleteMultipartUpload', errno: 'InvalidPart' });
  });

  s3Test(
    'a part that is lost in silence: the rest moves up, and verify says from where',
    async ({ client, plant, stored }) => {
      plant('lost:op=write,offset=5MiB-6MiB');
      await writeParts(client, '/parts', await stampedFile(2 * PART + MIB));
      const found = await stored('/parts');
      expect(found).toHaveLength(PART + MIB);
      expect(await kindsIn(found)).toEqual(expect.arrayContaining(['missing', 'shifted']));
    },
    signs,
  );

  s3Test('put twice: the same content, and one object', async (setting) => {
    const { client, plant, stored, counts, receipts } = setting;
    plant('duplicate');
    const before = counts().requests as number;
    await client.put('/twice', stamped(1, MIB));
    await writeParts(client, '/parts', stamped(2, PART)).catch(() => undefined);
    expect((counts().requests as number) - before).toBeLessThanOrEqual(5);
    expectStamped((await stored('/twice')) as Uint8Array, 1, MIB);
    expect(receipts()[0]).toMatchObject({ kind: 'duplicate', operation: 'write' });
  });
});

describe('what is read is not what is stored', () => {
  s3Test('flipped, zeroed and short, while the object is right', async (setting) => {
    const { client, plant, stored, receipts } = setting;
    const content = await stampedFile(64 * KIB);
    await client.put('/object', content);
    for (const [fault, kind] of [
      ['flip:op=read,mask=0x3,count=1', 'flipped'],
      ['zero:op=read,at=4KiB,bytes=4KiB,count=1', 'zeroed'],
    ] as const) {
      plant(fault);
      expect(await kindsIn(await readWhole(client, '/object'))).toEqual([kind]);
      expect(receipts()).toMatchObject([{ operation: 'read', path: '/hunts/trials/object' }]);
    }
    plant('short:bytes=4KiB,count=1');
    expect(await client.read('/object', 0, new Uint8Array(64 * KIB))).toBe(4 * KIB);
    plant('flip:op=read,offset=1MiB-', 'flip:op=read,content=ones');
    expect(await kindsIn(await readWhole(client, '/object'))).toEqual([]);
    expect(await kindsIn(await stored('/object'))).toEqual([]);
  });

  s3Test('stale: the content before the last put, upload or delete', async (setting) => {
    const { client, plant, receipts } = setting;
    plant('stale:path=*/object');
    await client.put('/object', stamped(1, MIB));
    expectStamped(await readWhole(client, '/object'), 1, MIB);
    expect(receipts()).toEqual([]);
    await client.put('/object', stamped(1, 2 * MIB, 2));
    expectStamped(await readWhole(client, '/object'), 1, MIB);
    const into = new Uint8Array(8 * KIB);
    expect(await client.read('/object', MIB - 4 * KIB, into)).toBe(4 * KIB);
    expect(await client.read('/object', MIB, into)).toBe(0);
    await writeParts(client, '/object', stamped(1, PART, 3));
    expectStamped(await readWhole(client, '/object'), 1, 2 * MIB, 2);
    await client.removeTree('/object');
    expectStamped(await readWhole(client, '/object'), 1, PART, 3);
    setting.faults.clear();
    expect(await client.length('/object')).toBeNull();
    // What changed while nobody looked makes the past unknown.
    await client.put('/object', stamped(1, 512, 4));
    plant('stale');
    expectStamped(await readWhole(client, '/object'), 1, 512, 4);
  });

  s3Test('an ETag of another content', async ({ client, plant, sdk, server }) => {
    plant('etag:op=write+close');
    const said = await client.put('/object', stamped(1, 512));
    const at = { Bucket: server.bucket, Key: 'trials/object' };
    const { ETag } = await sdk.send(new HeadObjectCommand(at));
    expect(said).toMatch(/^"[0-9a-f]{32}"$/);
    expect(said).not.toBe(ETag);
    plant('etag:op=close');
    await writeParts(client, '/parts', stamped(1, PART));
    expectStamped(await readWhole(client, '/parts'), 1, PART);
  });
});
