// The S3 proxy before a real radosgw that speaks HTTPS and finds buckets in host names: `--tls` and
// `--domain`, with faults and without.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import type { LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, describe, expect } from 'vitest';
import { expectStamped, readWhole, stamped } from '../conformance/medium-setting.ts';
import { type FaultyS3, onFaultyS3 } from './faulty-s3.ts';
import { missing } from './requirements.ts';

const MIB = 2 ** 20;
const DOMAIN = 's3.test';
const folder = mkdtempSync(join(tmpdir(), 'heisenwrite-proxy-tls-'));
const tls = { certificate: join(folder, 'certificate'), privateKey: join(folder, 'key') };
const usual = getCACertificates('default');
const s3Test = onFaultyS3(() => {
  if (missing('openssl') !== null) return { domain: DOMAIN };
  const files = ['-keyout', tls.privateKey, '-out', tls.certificate];
  const name = ['-subj', '/CN=radosgw', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const args = ['req', '-x509', '-days', '1', ...key, ...files, ...name];
  execFileSync('openssl', args, { stdio: 'pipe' });
  return { domain: DOMAIN, tls };
});
const overTls = { isTls: true, needs: ['openssl'], prepare: trust } as const;

afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  setDefaultCACertificates(usual);
});

/** As NODE_EXTRA_CA_CERTS does for a process. */
function trust(): void {
  setDefaultCACertificates([...usual, readFileSync(tls.certificate, 'utf8')]);
}

describe('a server that speaks HTTPS', () => {
  for (const faults of [[], ['latency:time=1ms', 'flip:path=*/other']]) {
    s3Test(
      `objects pass with valid signatures, with ${faults.length} faults set`,
      async ({ connect, plant, stored, receipts }) => {
        plant(...faults);
        const client = await connect();
        await client.put('/object', stamped(1, 3 * MIB));
        expectStamped(await readWhole(client, '/object'), 1, 3 * MIB);
        expectStamped((await stored('/object')) as Uint8Array, 1, 3 * MIB);
        expect(await client.length('/absent')).toBeNull();
        expect(receipts().length > 0).toBe(faults.length > 0);
      },
      overTls,
    );
  }

  s3Test(
    'what is changed is signed anew, and stored',
    async ({ connect, plant, stored }) => {
      const client = await connect();
      plant('torn:op=write,bytes=4KiB');
      await client.put('/torn', stamped(1, MIB));
      expect(await stored('/torn')).toHaveLength(4096);
    },
    { ...overTls, signs: true },
  );

  s3Test(
    'one that nobody vouches for is told of, and not spoken to',
    async ({ connect, notes }) => {
      setDefaultCACertificates(usual);
      await expect(connect()).rejects.toThrow(/ECONNRESET/);
      expect(notes.join('\n')).toMatch(/cannot be reached \(self-signed certificate/);
    },
    overTls,
  );
});

/** The SDK, with buckets in the names of hosts, all of which are the proxy. */
function byHost({ server, endpoint }: FaultyS3): S3Client {
  const here = { address: '127.0.0.1', family: 4 };
  const lookup: LookupFunction = (_host, { all }, done) => {
    if (all) done(null, [here]);
    else done(null, here.address, here.family);
  };
  return new S3Client({
    endpoint: `http://${DOMAIN}:${new URL(endpoint).port}`,
    region: 'us-east-1',
    credentials: server.owner,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    requestHandler: { httpAgent: new Agent({ keepAlive: true, lookup }) },
  });
}

s3Test(
  'a bucket in the name of a host is the beginning of a path',
  async (setting) => {
    const { plant, receipts, server, stored } = setting;
    const sdk = byHost(setting);
    const at = { Bucket: server.bucket, Key: 'trials/object' };
    await sdk.send(new PutObjectCommand({ ...at, Body: stamped(1, MIB) }));
    plant('errno:op=getattr,path=/hunts/trials/object,errno=EAGAIN');
    expect(await refused(sdk.send(new HeadObjectCommand(at)))).toBe(503);
    expect(receipts()).toMatchObject([{ path: '/hunts/trials/object', operation: 'getattr' }]);
    const { Body } = await sdk.send(new GetObjectCommand(at));
    expectStamped((await Body?.transformToByteArray()) as Uint8Array, 1, MIB);
    expectStamped((await stored('/object')) as Uint8Array, 1, MIB);
    sdk.destroy();
  },
  { domain: DOMAIN },
);

function refused(sent: Promise<unknown>): Promise<unknown> {
  return sent.then(
    () => 'done',
    (error: { $metadata?: { httpStatusCode?: number } }) => error.$metadata?.httpStatusCode,
  );
}
