// What OpenDAL reaches as a medium: its `fs` service, and a real WebDAV server; secrets stay in the
// environment, a wrong password, a server that dies and one that hangs are said in words.

import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { HeisenwriteError } from '../../src/domain/errors.ts';
import type { MediumConnection } from '../../src/domain/medium.ts';
import { connectMedium } from '../../src/medium/media.ts';
import { opendalAdapter } from '../../src/medium/opendal.ts';
import { UnreachableError } from '../../src/medium/operation-error.ts';
import { mediumContract } from '../conformance/medium-contract.ts';
import {
  anyManner,
  expectStamped,
  readWhole,
  refusal,
  stamped,
  writeWhole,
} from '../conformance/medium-setting.ts';
import { requireOrSkip } from './requirements.ts';
import { startWebdav, WEBDAV_PASSWORD, WEBDAV_USER, type WebdavServer } from './webdav-server.ts';

const KIB = 1024;

function temporary(): string {
  return mkdtempSync('/var/tmp/heisenwrite-opendal ');
}

function webdavUrl({ endpoint }: Pick<WebdavServer, 'endpoint'>): string {
  return `opendal+webdav:///?endpoint=${encodeURIComponent(endpoint)}&username=${WEBDAV_USER}`;
}

async function withPassword<Result>(word: string, act: () => Promise<Result>): Promise<Result> {
  vi.stubEnv('HEISENWRITE_OPENDAL_PASSWORD', word);
  try {
    return await act();
  } finally {
    vi.unstubAllEnvs();
  }
}

async function failure(connecting: Promise<MediumConnection>): Promise<Error> {
  return connecting.then(
    ({ client }) => client.close().then(() => new Error('it was opened')),
    (error: Error) => error,
  );
}

mediumContract('opendal+fs: in place', async () => {
  const root = temporary();
  const stop = async () => rmSync(root, { recursive: true });
  return { url: `opendal+fs://${encodeURI(root)}`, adapter: opendalAdapter, stop };
});

mediumContract('opendal+fs: through a temporary', async () => {
  const root = temporary();
  mkdirSync(join(root, 'files'));
  mkdirSync(join(root, 'aside'));
  const aside = encodeURIComponent(join(root, 'aside'));
  const url = `opendal+fs://${encodeURI(root)}/files?atomic_write_dir=${aside}`;
  return { url, adapter: opendalAdapter, stop: async () => rmSync(root, { recursive: true }) };
});

mediumContract('opendal+memory:', async () => {
  return { url: 'opendal+memory:///', adapter: opendalAdapter, stop: async () => {} };
});

describe('WebDAV', () => {
  beforeAll(() => {
    vi.stubEnv('HEISENWRITE_OPENDAL_PASSWORD', WEBDAV_PASSWORD);
  });
  afterAll(() => {
    vi.unstubAllEnvs();
  });
  mediumContract('opendal+webdav: of rclone', async () => {
    const server = await startWebdav();
    return { url: webdavUrl(server), adapter: opendalAdapter, stop: server.stop };
  }, ['rclone']);
});

describe('a service that OpenDAL reaches', () => {
  test('a wrong password is refused, and no message shows it', async (context) => {
    requireOrSkip(context, 'rclone');
    const server = await startWebdav();
    try {
      const wrong = await withPassword('wrong-word-1', () =>
        failure(opendalAdapter.connect(webdavUrl(server))),
      );
      expect(wrong).toBeInstanceOf(HeisenwriteError);
      expect((wrong as HeisenwriteError).code).toBe('not-authenticated');
      expect(JSON.stringify([wrong.message, (wrong as HeisenwriteError).remedy])).not.toContain(
        'wrong-word-1',
      );
    } finally {
      await server.stop();
    }
  });

  test('a server that dies fails the call, and nobody answers afterwards', async (context) => {
    requireOrSkip(context, 'rclone');
    const server = await startWebdav();
    try {
      await withPassword(WEBDAV_PASSWORD, async () => {
        const { client, facts } = await connectMedium(webdavUrl(server));
        expect(JSON.stringify(facts)).not.toContain(WEBDAV_PASSWORD);
        await writeWhole(client, '/whole', stamped(1, 64 * KIB));
        expectStamped(await readWhole(client, '/whole'), 1, 64 * KIB);
        expect(existsSync(join(server.folder, 'whole'))).toBe(true);
        const file = await client.create('/half', anyManner(64 * KIB));
        await file.write(0, stamped(2, 64 * KIB));
        await server.kill();
        const failed = await refusal(file.close());
        expect(failed).toMatchObject({ operation: 'close', errno: 'Unexpected', path: '/half' });
        expect(failed.message).not.toContain(WEBDAV_PASSWORD);
        await refusal(client.read('/whole', 0, new Uint8Array(512)));
        await client.close();
        expect(await failure(connectMedium(webdavUrl(server)))).toBeInstanceOf(UnreachableError);
      });
    } finally {
      await server.stop();
    }
  });

  test('a server that hangs is given up after the time limit', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => server.once('listening', done));
    try {
      const { port } = server.address() as { port: number };
      const url = webdavUrl({ endpoint: `http://127.0.0.1:${port}` });
      const hung = await failure(opendalAdapter.connect(url, { limitMs: 300 }));
      expect(hung).toBeInstanceOf(UnreachableError);
      expect(hung.message).toContain('300 ms');
    } finally {
      server.close();
    }
  });

  test.for([
    ['a secret as a parameter', 'opendal+azblob:///?container=a&account_key=abc', 'invalid-place'],
    ['a user in a value', 'opendal+webdav:///?endpoint=http://u:p@host', 'invalid-place'],
    ['a host', 'opendal+webdav://host/dir', 'invalid-place'],
    ['no service', 'opendal:///x', 'invalid-place'],
    ['an unknown service', 'opendal+nosuch:///', 'invalid-place'],
    ['a lone %', 'opendal+fs:///100%', 'invalid-place'],
    ['an absent directory', 'opendal+fs:///var/tmp/heisenwrite-absent', 'no-such-place'],
  ] as const)('an URL with %s is refused', async ([, url, code]) => {
    const refused = await failure(opendalAdapter.connect(url));
    expect(refused).toBeInstanceOf(HeisenwriteError);
    expect((refused as HeisenwriteError).code).toBe(code);
    expect(refused.message).not.toMatch(/abc|u:p@/);
    expect(existsSync('/var/tmp/heisenwrite-absent')).toBe(false);
  });

  test('an object with a gap is not sent', async () => {
    const { client } = await opendalAdapter.connect('opendal+memory:///');
    const file = await client.create('/gap', anyManner(2048));
    await file.write(1024, stamped(1, 1024));
    const refused = await refusal(file.close());
    expect(refused).toMatchObject({ operation: 'close', errno: 'EINVAL', offset: 0 });
    expect(await client.length('/gap')).toBeNull();
    await client.close();
  });
});
