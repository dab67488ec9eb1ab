// The S3 proxy between the AWS SDK, in our medium, and a real radosgw that checks signatures.
// Without faults everything passes unchanged; each fault does what it says to what it was meant for
// and spares what it was not.

import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { monotonicMs } from '../../src/base/clock.ts';
import { createRng } from '../../src/base/rng.ts';
import { parseFault } from '../../src/domain/fault-grammar.ts';
import type { MediumClient } from '../../src/domain/medium.ts';
import { ArmedFaults } from '../../src/fault/armed-faults.ts';
import { s3Proxy } from '../../src/fault/s3-proxy/s3-proxy.ts';
import {
  anyManner,
  expectStamped,
  readWhole,
  refusal,
  stamped,
  writeWhole,
} from '../conformance/medium-setting.ts';
import { onFaultyS3 } from './faulty-s3.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const PART = 5 * MIB;
const s3Test = onFaultyS3();

/** One upload of parts of 5 MiB and a rest. */
async function writeParts(client: MediumClient, path: string, content: Uint8Array) {
  const manner = { ...anyManner(content.length), upload: 'multipart' as const };
  const file = await client.create(path, manner);
  for (let at = 0; at < content.length; at += PART) {
    await file.write(at, content.subarray(at, at + PART));
  }
  await file.close();
}

describe('without a fault', () => {
  s3Test('puts, parts and reads pass with valid signatures', async ({ client, stored, counts }) => {
    await client.put('/put', stamped(1, MIB));
    await writeParts(client, '/parts', stamped(2, PART + 100));
    await writeWhole(client, '/streamed', stamped(3, 6 * MIB));
    expectStamped((await stored('/put')) as Uint8Array, 1, MIB);
    expectStamped(await readWhole(client, '/parts'), 2, PART + 100);
    expectStamped(await readWhole(client, '/streamed'), 3, 6 * MIB);
    expect(await client.names('/')).toEqual(['parts', 'put', 'streamed']);
    for (const name of await client.names('/')) await client.removeTree(`/${name}`);
    expect(await client.names('/')).toEqual([]);
    expect(counts().requests).toBeGreaterThan(10);
  });

  s3Test('faults that meet nothing change nothing', async (setting) => {
    const { client, plant, receipts } = setting;
    plant('flip:path=*.dat', 'errno:op=link,errno=EIO', 'lost:skip=1000', 'stale');
    await client.put('/put', stamped(1, MIB));
    await writeParts(client, '/parts', stamped(2, PART + 100));
    expectStamped(await readWhole(client, '/put'), 1, MIB);
    expectStamped(await readWhole(client, '/parts'), 2, PART + 100);
    expect(receipts()).toEqual([]);
  });
});

describe('what is refused', () => {
  s3Test('each call, once, with the code that its errno has', async (setting) => {
    const { client, plant, receipts } = setting;
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      write: () => client.put('/victim', stamped(1, 512)),
      create: () => writeParts(client, '/victim', stamped(1, PART)),
      close: () => writeParts(client, '/victim', stamped(1, PART)),
      getattr: () => client.length('/there'),
      readdir: () => client.names('/'),
      unlink: () => client.removeTree('/there'),
      read: () => client.read('/there', 0, new Uint8Array(8)),
    };
    await client.put('/there', stamped(1, 512));
    for (const [operation, call] of Object.entries(calls)) {
      plant(`errno:op=${operation},errno=EAGAIN,count=1`);
      const error = await refusal(call());
      expect({ operation, errno: error.errno }).toEqual({ operation, errno: 'SlowDown' });
      expect(receipts()).toMatchObject([{ kind: 'errno', operation, what: '503 SlowDown' }]);
    }
    expectStamped(await readWhole(client, '/there'), 1, 512);
    expect(await client.length('/victim')).toBeNull();
  });

  s3Test('a key, or a part by its offset; a storm of 503 has an end', async (setting) => {
    const { client, plant, receipts } = setting;
    plant('errno:op=write,errno=EACCES,path=/hunts/trials/victim');
    await client.put('/spared', stamped(1, 512));
    expect((await refusal(client.put('/victim', stamped(1, 512)))).errno).toBe('AccessDenied');
    plant('errno:op=write,errno=InternalError,offset=5MiB-6MiB,count=1');
    const error = await refusal(writeParts(client, '/parts', stamped(1, PART + MIB)));
    expect(error).toMatchObject({ operation: 'UploadPart', errno: 'InternalError', offset: PART });
    expect(receipts()).toMatchObject([{ offset: PART, length: MIB }]);
    plant('errno:op=write,errno=EAGAIN,for=2s');
    expect((await refusal(client.put('/storm', stamped(1, 512)))).errno).toBe('SlowDown');
    await new Promise((resolve) => setTimeout(resolve, 2100));
    await client.put('/storm', stamped(1, 512));
  });

  s3Test('done and refused; accepted with an error in the body', async (setting) => {
    const { client, plant, stored } = setting;
    plant('forwarded:op=write,errno=EIO');
    expect((await refusal(client.put('/done', stamped(1, 512)))).errno).toBe('InternalError');
    expectStamped((await stored('/done')) as Uint8Array, 1, 512);
    plant('body:op=close');
    expect((await refusal(writeParts(client, '/body', stamped(1, PART)))).errno).toBe(
      'InternalError',
    );
    expect(await stored('/body')).toBeNull();
  });

  s3Test('what cannot be planted, or be said in S3', async ({ faults }) => {
    for (const [text, words] of [
      ['verifier', 'cannot plant verifier'],
      ['torn', 'cannot plant torn'],
      ['flip:op=close', 'cannot plant flip in close'],
      ['errno:errno=EXDEV', 'S3 has no answer for EXDEV'],
      ['rate:bytes=0B', 'nothing would ever pass'],
    ] as const) {
      expect(() => faults.set(parseFault(text))).toThrow(words);
    }
  });
});

describe('time and connections', () => {
  s3Test('later, slower, and never', async (setting) => {
    const { client, plant, connect } = setting;
    const timed = async (act: () => Promise<unknown>) => {
      const startedMs = monotonicMs();
      await act();
      return monotonicMs() - startedMs;
    };
    plant('latency:op=getattr,time=300ms');
    expect(await timed(() => client.length('/absent'))).toBeGreaterThanOrEqual(290);
    plant('rate:op=read,bytes=1MiB');
    const content = stamped(1, 512 * KIB);
    await client.put('/slow', content);
    expect(await timed(() => readWhole(client, '/slow'))).toBeGreaterThanOrEqual(450);
    plant('rate:op=write,bytes=1MiB');
    expect(await timed(() => client.put('/slow', content))).toBeGreaterThanOrEqual(450);
    expectStamped(await readWhole(client, '/slow'), 1, 512 * KIB);
    const impatient = await connect({ limitMs: 4000 });
    plant('dropped:op=write');
    expect((await refusal(impatient.put('/dropped', content))).errno).toBe('ETIMEDOUT');
    expectStamped(await readWhole(client, '/dropped'), 1, 512 * KIB);
  });

  s3Test('cut, reset, half-closed: before an answer, and in the middle of it', async (setting) => {
    const { client, plant, receipts } = setting;
    await client.put('/there', stamped(1, MIB));
    for (const kind of ['cut', 'reset', 'half-close']) {
      for (const operation of ['read', 'write']) {
        plant(`${kind}:op=${operation},count=1`);
        const act =
          operation === 'read'
            ? client.read('/there', 0, new Uint8Array(8))
            : client.put('/victim', stamped(1, 512));
        expect({ kind, errno: (await refusal(act)).errno }).toEqual({ kind, errno: 'ECONNRESET' });
        expect(receipts()).toMatchObject([{ kind, operation }]);
      }
    }
    plant('cut:op=read,bytes=100000,count=1');
    const error = await refusal(client.read('/there', 0, new Uint8Array(MIB)));
    expect(error.errno).toBe('ECONNRESET');
    plant('cut:op=write,bytes=100000,count=1');
    expect((await refusal(client.put('/victim', stamped(1, MIB)))).errno).toBe('ECONNRESET');
    expectStamped(await readWhole(client, '/there'), 1, MIB);
    expect(await client.length('/victim')).toBeNull();
  });

  s3Test('a server that dies, and comes back', async ({ client, server }) => {
    await client.put('/before', stamped(1, 512));
    await server.kill();
    expect((await refusal(client.length('/before'))).errno).toBe('ECONNRESET');
    await server.restart();
    expect(await client.length('/before')).toBe(512);
  });
});

test('a server that is not there, and a port that is taken', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as { port: number };
  const start = (to: number, listen: number) => {
    const proxy = s3Proxy({ isTls: false, domain: null, signs: false });
    const rng = createRng('starting');
    const faults = new ArmedFaults(proxy.plantable, 'the s3 proxy', rng);
    const [host, note] = ['127.0.0.1', () => undefined];
    return proxy.start({
      listen: { host, port: listen },
      to: { host, port: to },
      faults,
      rng,
      note,
    });
  };
  await expect(start(port, port)).rejects.toMatchObject({ code: 'invalid-option' });
  await new Promise((resolve) => taken.close(resolve));
  await expect(start(port, 0)).rejects.toMatchObject({ code: 'unreachable' });
});
