// The S3 proxy under a client that is not the AWS SDK for JavaScript: rclone, which waits for
// `100 Continue`, signs its URLs, and looks after what it has sent.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect } from 'vitest';
import { stamped } from '../conformance/medium-setting.ts';
import { type FaultyS3, onFaultyS3 } from './faulty-s3.ts';

const MIB = 2 ** 20;
const s3Test = onFaultyS3();
const needs = { needs: ['rclone'] } as const;
const folder = mkdtempSync(join(tmpdir(), 'heisenwrite-proxy-rclone-'));

afterAll(() => rmSync(folder, { recursive: true }));

/** `rclone copyto`; a path that begins with `remote:` is behind the proxy. */
function copy({ server, endpoint }: FaultyS3, from: string, to: string) {
  const [source, target] = [from, to].map((path) =>
    path.replace(/^remote:/, `proxied:${server.bucket}/trials/`),
  ) as [string, string];
  const env = {
    // It does not start with a bundle of certificates that is meant for others.
    AWS_CA_BUNDLE: undefined,
    RCLONE_CONFIG_PROXIED_TYPE: 's3',
    RCLONE_CONFIG_PROXIED_PROVIDER: 'Ceph',
    RCLONE_CONFIG_PROXIED_ENDPOINT: endpoint,
    RCLONE_CONFIG_PROXIED_ACCESS_KEY_ID: server.owner.accessKeyId,
    RCLONE_CONFIG_PROXIED_SECRET_ACCESS_KEY: server.owner.secretAccessKey,
    RCLONE_S3_NO_CHECK_BUCKET: 'true',
    RCLONE_S3_UPLOAD_CUTOFF: '8M',
  };
  const args = ['--config', '/dev/null', '--retries', '1', '--low-level-retries', '1'];
  const options = { env, reject: false, timeout: 120_000, stdin: 'ignore' } as const;
  return execa('rclone', [...args, 'copyto', source, target], options);
}

s3Test(
  'puts, parts and gets pass unchanged, with a fault set and without',
  async (setting) => {
    for (const [name, bytes] of Object.entries({ small: 3 * MIB, large: 12 * MIB })) {
      const local = join(folder, name);
      writeFileSync(local, Buffer.alloc(bytes, stamped(1, MIB)));
      for (const faults of [[], ['flip:path=*.dat', 'stale', 'rate:op=write,bytes=1GiB']]) {
        setting.plant(...faults);
        const put = await copy(setting, local, `remote:${name}-${faults.length}`);
        expect({ exitCode: put.exitCode, stderr: put.stderr }).toEqual({ exitCode: 0, stderr: '' });
        const got = await copy(setting, `remote:${name}-${faults.length}`, `${local}-back`);
        expect(got.exitCode).toBe(0);
        expect(readFileSync(`${local}-back`).equals(readFileSync(local))).toBe(true);
      }
    }
  },
  needs,
);

s3Test(
  'it notices a put that was lost, and a body that was changed',
  async (setting) => {
    const local = join(folder, 'noticed');
    writeFileSync(local, stamped(1, MIB));
    for (const fault of ['lost:op=write', 'flip:op=write', 'errno:op=write,errno=EAGAIN']) {
      setting.plant(fault);
      const put = await copy(setting, local, 'remote:noticed');
      expect({ fault, failed: put.exitCode !== 0 }).toEqual({ fault, failed: true });
      expect(setting.receipts()).not.toEqual([]);
      expect(await setting.stored('/noticed')).toBeNull();
    }
  },
  needs,
);
