// What the S3 proxy does to the time and the place of requests, between the AWS SDK and a real
// radosgw: connections that are refused or late, answers after the next one, parts that are sent
// only at the end of their upload, ranges that come from elsewhere; and what it says where it can
// do nothing.

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect } from 'vitest';
import { monotonicMs } from '../../src/base/clock.ts';
import { parseFault } from '../../src/domain/fault-grammar.ts';
import type { MediumClient } from '../../src/domain/medium.ts';
import { expectStamped, refusal, stamped } from '../conformance/medium-setting.ts';
import { type FaultyS3, onFaultyS3 } from './faulty-s3.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const PART = 5 * MIB;
const s3Test = onFaultyS3();
/** An answer that waits for the next one waits for 200 ms. */
const WAITS_MS = 150;

/** Which of two looks ends first, where the answer of the first one waits for the next. */
async function endedOf(
  { plant, faults }: FaultyS3,
  [one, two]: readonly [MediumClient, MediumClient],
): Promise<number[]> {
  const ended: number[] = [];
  // It does not wait for ever: a second one that took so long on a busy machine shows nothing.
  let tookMs = Number.POSITIVE_INFINITY;
  for (let round = 0; tookMs > WAITS_MS && round < 10; round++) {
    plant('reorder:op=getattr,count=1');
    ended.length = 0;
    const first = one.length('/there').then(() => ended.push(1));
    await expect.poll(() => faults.list()[0]?.fired, { interval: 2 }).toBe(1);
    const startedMs = monotonicMs();
    await two.length('/there').then(() => ended.push(2));
    tookMs = monotonicMs() - startedMs;
    await first;
  }
  return ended;
}

/** The SDK, through the proxy. */
function proxiedSdk({ server, endpoint }: FaultyS3): S3Client {
  return new S3Client({
    endpoint,
    region: 'us-east-1',
    credentials: server.owner,
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
}

/** An upload through the proxy, part by part; what is there meanwhile is asked beside it. */
async function begunUpload(setting: FaultyS3) {
  const { server, sdk } = setting;
  const proxied = proxiedSdk(setting);
  const at = { Bucket: server.bucket, Key: 'trials/parts' };
  const { UploadId } = await proxied.send(new CreateMultipartUploadCommand(at));
  const upload = { ...at, UploadId };
  return {
    async put(PartNumber: number, Body: Uint8Array) {
      const { ETag } = await proxied.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
      return { ETag, PartNumber };
    },
    async there() {
      const { Parts = [] } = await sdk.send(new ListPartsCommand(upload));
      return Parts.map(({ PartNumber }) => PartNumber);
    },
    complete: (Parts: readonly { ETag: string | undefined; PartNumber: number }[]) =>
      proxied.send(
        new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: [...Parts] } }),
      ),
    abort: () => proxied.send(new AbortMultipartUploadCommand(upload)),
    end: () => proxied.destroy(),
  };
}

describe('connections', () => {
  s3Test('refused, reset, and late; those that are there go on', async (setting) => {
    const { client, plant, connect, receipts } = setting;
    await client.put('/there', stamped(1, 512));
    for (const fault of ['errno:op=connect,errno=ECONNREFUSED', 'reset:op=connect']) {
      plant(`${fault},count=1`);
      expect(await client.length('/there')).toBe(512);
      expect(receipts()).toEqual([]);
      await expect(connect()).rejects.toThrow(/ECONNRESET/);
      expect(receipts()).toMatchObject([{ operation: 'connect', what: 'refused' }]);
      expect(await (await connect()).length('/there')).toBe(512);
    }
    plant('latency:op=connect,time=50ms,count=1');
    expect(await (await connect()).length('/there')).toBe(512);
    expect(receipts()).toMatchObject([{ kind: 'latency', operation: 'connect' }]);
  });

  s3Test('an error of no call in particular is one of requests', async (setting) => {
    setting.plant('errno:errno=EAGAIN,path=/hunts/trials/absent');
    const client = await setting.connect();
    expect((await refusal(client.length('/absent'))).errno).toBe('SlowDown');
    expect(() => setting.faults.set(parseFault('errno:op=connect,errno=EIO'))).toThrow(/refused/);
    expect(() => setting.faults.set(parseFault('delayed:until=fsync'))).toThrow(/no fsync/);
  });
});

describe('order', () => {
  s3Test('an answer that comes after the next one, or after a while', async (setting) => {
    const { plant, receipts, connect } = setting;
    const clients = [await connect(), await connect()] as const;
    for (const client of clients) await client.put('/there', stamped(1, 512));
    expect(await endedOf(setting, clients)).toEqual([2, 1]);
    expect(receipts()).toMatchObject([{ kind: 'reorder', operation: 'getattr' }]);
    plant('reorder:op=getattr');
    expect(await clients[0].length('/there')).toBe(512);
    expect(receipts()).toHaveLength(1);
  });

  for (const until of ['close', 'reversed']) {
    s3Test(
      `parts that are sent when their upload is completed: until=${until}`,
      async (setting) => {
        const { plant, receipts, stored } = setting;
        const upload = await begunUpload(setting);
        plant(`delayed:until=${until},op=write`);
        const content = stamped(1, PART + MIB);
        const parts = [];
        for (const number of [2, 1]) {
          const at = (number - 1) * PART;
          parts.push(await upload.put(number, content.subarray(at, at + PART)));
        }
        expect(await upload.there()).toEqual([]);
        const held = receipts().map(({ kind, length }) => [kind, length]);
        expect(held).toEqual([MIB, PART].map((bytes) => ['delayed', bytes]));
        // What is held goes out also where the fault was cleared meanwhile.
        setting.faults.clear();
        await upload.complete(parts.toSorted((a, b) => a.PartNumber - b.PartNumber));
        expectStamped((await stored('/parts')) as Uint8Array, 1, PART + MIB);
        upload.end();
      },
    );
  }

  s3Test(
    'a part that was held and is sent again, and an upload that is aborted',
    async (setting) => {
      const { plant, stored } = setting;
      const upload = await begunUpload(setting);
      plant('delayed:count=1');
      await upload.put(1, stamped(1, PART));
      const again = await upload.put(1, stamped(2, PART));
      expect(await upload.there()).toEqual([1]);
      await upload.complete([again]);
      expectStamped((await stored('/parts')) as Uint8Array, 2, PART);
      plant('delayed');
      const other = await begunUpload(setting);
      await other.put(1, stamped(3, PART));
      await other.abort();
      await setting.client.put('/whole', stamped(4, 512));
      expectStamped((await stored('/parts')) as Uint8Array, 2, PART);
      expectStamped((await stored('/whole')) as Uint8Array, 4, 512);
      for (const each of [upload, other]) each.end();
    },
  );
});

describe('places', () => {
  s3Test(
    'a range that comes from another place of the object',
    async (setting) => {
      const { client, plant, receipts, server } = setting;
      const content = stamped(1, 64 * KIB);
      await client.put('/object', content);
      const proxied = proxiedSdk(setting);
      const read = async (Range?: string) => {
        const at = { Bucket: server.bucket, Key: 'trials/object' };
        const reply = await proxied.send(new GetObjectCommand({ ...at, ...(Range && { Range }) }));
        return [reply.ContentRange, await reply.Body?.transformToByteArray()];
      };
      plant('misdirect');
      const range = 'bytes 8192-12287/65536';
      expect(await read('bytes=8192-12287')).toEqual([range, bytesOf(content, 4096, 4096)]);
      plant('misdirect:by=16KiB');
      expect(await read('bytes=8192-12287')).toEqual([range, bytesOf(content, 24_576, 4096)]);
      expect(receipts()).toMatchObject([{ kind: 'misdirect', what: 'from offset 24576' }]);
      // There is no other place for these.
      expect(await read('bytes=61440-65535')).toEqual([
        'bytes 61440-65535/65536',
        bytesOf(content, 61_440, 4096),
      ]);
      expect(await read()).toEqual([undefined, bytesOf(content, 0, 64 * KIB)]);
      expect(receipts()).toEqual([]);
      proxied.destroy();
    },
    { signs: true },
  );
});

s3Test('a body that is too long for a fault passes, and is told of', async (setting) => {
  const { plant, notes, receipts, server, sdk } = setting;
  const proxied = proxiedSdk(setting);
  const at = { Bucket: server.bucket, Key: 'trials/long' };
  const Body = Buffer.alloc(64 * MIB + 1, 7);
  plant('flip:op=write+read,path=*/long', 'zero:op=read,path=*/other');
  await proxied.send(new PutObjectCommand({ ...at, Body }));
  expect(notes).toEqual([
    'write /hunts/trials/long: a body of more than 64 MiB passed without ' +
      'flip:op=write+read,path=*/long',
  ]);
  const { Body: got } = await proxied.send(new GetObjectCommand(at));
  expect(Body.equals((await got?.transformToByteArray()) as Uint8Array)).toBe(true);
  expect(notes).toHaveLength(2);
  expect(receipts()).toEqual([]);
  await sdk.send(new DeleteObjectCommand(at));
  proxied.destroy();
});

function bytesOf(content: Uint8Array, from: number, bytes: number): Uint8Array {
  return new Uint8Array(content.subarray(from, from + bytes));
}
