// What goes wrong with a real S3 server: credentials, buckets, permission, nobody there, a server
// that is killed in the middle and comes back, and one that hangs.

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { HeisenwriteError } from '../../src/domain/errors.ts';
import type { WriteManner } from '../../src/domain/medium.ts';
import { UnreachableError } from '../../src/medium/operation-error.ts';
import { s3 } from '../../src/medium/s3.ts';
import { expectStamped, readWhole, refusal, stamped } from '../conformance/medium-setting.ts';
import { MIB, onRadosgw, unfinished } from './s3-server.ts';

const PART = 5 * MIB;
const LIMIT_MS = 1500;
const onServer = onRadosgw();
const inParts: WriteManner = { stability: 'any', upload: 'multipart', totalBytes: 3 * PART };

/** What a connection is refused with. */
async function refused(url: string): Promise<HeisenwriteError> {
  const error = await s3.connect(url).catch((reason: unknown) => reason);
  if (!(error instanceof HeisenwriteError)) throw error;
  return error;
}

/** The environment of the owner comes back afterwards, whatever happens. */
async function withEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  act: () => Promise<void>,
): Promise<void> {
  const before = Object.keys(environment).map((name) => [name, process.env[name]] as const);
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  try {
    await act();
  } finally {
    for (const [name, value] of before) vi.stubEnv(name, value);
  }
}

describe('a place that cannot be used', () => {
  test(
    'a wrong secret, an unknown key, and none at all',
    onServer(async ({ server }) => {
      const wrong = 'a-wrong-secret-that-is-not-told';
      await withEnvironment({ AWS_SECRET_ACCESS_KEY: wrong }, async () => {
        const error = await refused(server.url);
        expect(error.code).toBe('not-authenticated');
        expect(error.message).toContain('SignatureDoesNotMatch');
        expect(`${error.message}${error.remedy}`).not.toContain(wrong);
      });
      await withEnvironment({ AWS_ACCESS_KEY_ID: 'NOBODYSKEY' }, async () => {
        const error = await refused(server.url);
        expect(error.code).toBe('not-authenticated');
        expect(error.message).toContain('InvalidAccessKeyId');
      });
      const none = {
        AWS_ACCESS_KEY_ID: undefined,
        AWS_SECRET_ACCESS_KEY: undefined,
        AWS_CONFIG_FILE: '/dev/null',
        AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      };
      await withEnvironment(none, async () => {
        const error = await refused(server.url);
        expect(error.code).toBe('not-authenticated');
        expect(error.message).toBe('no AWS credentials were found');
      });
    }),
  );

  test(
    'no such bucket, and the bucket of another user',
    onServer(async ({ server }) => {
      const absent = await refused(`s3://nobodys-bucket/x?endpoint=${server.endpoint}`);
      expect(absent.code).toBe('no-such-place');
      expect(absent.message).toContain('nobodys-bucket');
      const foreign = await refused(`s3://${server.strangersBucket}?endpoint=${server.endpoint}`);
      expect(foreign.code).toBe('place-not-writable');
      expect(foreign.message).toContain('AccessDenied');
    }),
  );

  test(
    'nobody listens',
    onServer(async ({ server }) => {
      await server.kill();
      await expect(s3.connect(server.url)).rejects.toThrow(UnreachableError);
      await server.restart();
      const unknown = 's3://bucket/x?endpoint=http://no-such-host.invalid:80';
      await expect(s3.connect(unknown)).rejects.toThrow(UnreachableError);
    }),
  );

  test('a key in the URL is refused, and no message has it', async () => {
    for (const url of [
      's3://AKIATOLDNOWHERE:toldnowhere@bucket/x',
      's3://AKIATOLDNOWHERE@bucket/x',
      's3://bucket/x?endpoint=http://AKIATOLDNOWHERE:toldnowhere@127.0.0.1:1',
      's3://bucket/x?access_key_id=AKIATOLDNOWHERE&secret=toldnowhere',
      's3://bucket/x?toldnowhere',
    ]) {
      const error = await refused(url);
      expect(error.code).toBe('invalid-place');
      expect(`${error.message}${error.remedy}${error.stack}`).not.toMatch(/toldnowhere/i);
      expect(error.cause).toBeUndefined();
    }
  });
});

describe('a server that goes away', () => {
  test(
    'killed in the middle of an upload in parts, and back',
    onServer(async (setting) => {
      const { client, server } = setting;
      const file = await client.create('/killed/parts', inParts);
      await file.write(0, stamped(1, PART));
      // Stopped first, so that it surely dies with a request under way.
      server.pause();
      const lost = file.write(PART, stamped(2, PART)).catch((error: unknown) => error);
      await sleep(300);
      await server.kill();
      const error = await refusal(Promise.reject(await lost));
      expect(error).toMatchObject({ operation: 'UploadPart', errno: 'ECONNRESET', offset: PART });
      const late = await refusal(file.write(2 * PART, stamped(3, PART)));
      expect(late.errno).toBe('ECONNRESET');
      expect((await refusal(file.close())).errno).toBe('ECONNRESET');
      expect((await refusal(client.length('/killed/parts'))).errno).toBe('ECONNREFUSED');
      await server.restart();
      expect(await client.length('/killed/parts')).toBeNull();
      expect(await unfinished(setting)).toEqual(['trials/killed/parts']);
      // The abort could not reach it then; it is made good when the connection ends.
      await client.close();
      expect(await unfinished(setting)).toEqual([]);
      const again = (await setting.connect()).client;
      const second = await again.create('/killed/parts', { ...inParts, totalBytes: PART });
      await second.write(0, stamped(4, PART));
      await second.close();
      expectStamped(await readWhole(again, '/killed/parts'), 4, PART);
      await again.removeTree('/killed');
    }),
  );

  test(
    'killed in the middle of an Upload of the SDK: its parts go with the tree',
    onServer(async (setting) => {
      const { client, server } = setting;
      const file = await client.create('/killed/upload', {
        stability: 'any',
        upload: 'any',
        totalBytes: 8 * PART,
      });
      await file.write(0, stamped(1, PART + 1));
      while ((await unfinished(setting)).length === 0) await sleep(20);
      await server.kill();
      const writes = Array.from({ length: 7 }, (_, index) =>
        file.write(PART + 1 + index * MIB, stamped(1, MIB)),
      );
      await Promise.allSettled(writes);
      expect((await refusal(file.close())).errno).toMatch(/^ECONN(RESET|REFUSED)$/);
      await server.restart();
      await client.removeTree('/killed');
      expect(await unfinished(setting)).toEqual([]);
    }),
  );
});

test(
  'a server that hangs: each call ends at the limit, and goes on when it is back',
  onServer(async (setting) => {
    const { server } = setting;
    const { client } = await setting.connect(server.url, { limitMs: LIMIT_MS });
    await client.put('/kept', stamped(1, 4096));
    const begun = await client.create('/begun', inParts);
    server.pause();
    try {
      const calls = [
        client.length('/kept'),
        client.names('/'),
        client.read('/kept', 0, new Uint8Array(512)),
        client.put('/kept', stamped(2, 4096)),
        client.removeTree('/other'),
        client.create('/more', inParts),
        begun.write(0, stamped(3, PART)),
      ];
      const errors = await Promise.all(calls.map((call) => refusal(call)));
      expect(errors.map(({ errno }) => errno)).toEqual(errors.map(() => 'ETIMEDOUT'));
      expect(errors[0]?.message).toBe(`no answer to HeadObject in ${LIMIT_MS} ms`);
      const hanging = s3.connect(server.url, { limitMs: LIMIT_MS });
      await expect(hanging).rejects.toThrow(UnreachableError);
    } finally {
      server.resume();
    }
    await refusal(begun.close());
    expect(await client.length('/kept')).toBe(4096);
    await client.removeTree('/kept');
    // What was given up is carried out by the server all the same, when it comes to it.
    await expect
      .poll(async () => {
        await client.removeTree('/more');
        return unfinished(setting);
      })
      .toEqual([]);
  }),
);
