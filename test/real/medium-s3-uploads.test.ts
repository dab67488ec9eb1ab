// Uploads to a real S3 server: parts out of order and in flight, small writes that are gathered,
// what is refused, and that an upload which fails leaves no parts behind.

import { describe, expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import type { MediumFile, WriteManner } from '../../src/domain/medium.ts';
import {
  expectStamped,
  readWhole,
  refusal,
  stamped,
  writeWhole,
} from '../conformance/medium-setting.ts';
import { MIB, onRadosgw, partsOf, type S3Setting, unfinished } from './s3-server.ts';

const PART = 5 * MIB;
const onServer = onRadosgw();

function manner(upload: WriteManner['upload'], totalBytes: number): WriteManner {
  return { stability: 'any', upload, totalBytes };
}

/** Content of several times what one call of `stamped` makes, told apart by its file number. */
function contentOf(bytes: number): Uint8Array {
  const content = new Uint8Array(bytes);
  for (let at = 0, file = 1; at < bytes; at += PART, file++) {
    content.set(stamped(file, Math.min(PART, bytes - at)), at);
  }
  return content;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

async function writePieces(
  file: MediumFile,
  content: Uint8Array,
  pieceBytes: number,
  inFlight: number,
): Promise<void> {
  const count = Math.ceil(content.length / pieceBytes);
  const order = createRng('pieces').shuffle(Array.from({ length: count }, (_, index) => index));
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (let index = order.shift(); index !== undefined; index = order.shift()) {
        const at = index * pieceBytes;
        await file.write(at, content.subarray(at, at + pieceBytes));
      }
    }),
  );
}

describe('an upload in parts', () => {
  for (const [what, bytes, pieceBytes, parts] of [
    ['of 5 MiB', 32 * MIB + 1000, PART, 7],
    ['of 6 MiB', 20 * MIB, 6 * MIB, 4],
    ['gathered from 640 KiB', 16 * MIB, 640 * 1024, 4],
    ['gathered from writes that cross them', 11 * MIB + 7, 777_777, 3],
  ] as const) {
    test(
      `parts ${what}, out of order, four in flight`,
      onServer(async (setting) => {
        const { client } = setting;
        const content = contentOf(bytes);
        const file = await client.create('/parts/object', manner('multipart', bytes));
        await writePieces(file, content, pieceBytes, 4);
        expect(await client.length('/parts/object')).toBeNull();
        await file.close();
        expect(isSame(await readWhole(client, '/parts/object'), content)).toBe(true);
        expect(await partsOf(setting, 'parts/object')).toBe(parts);
        expect(await unfinished(setting)).toEqual([]);
        await client.removeTree('/parts');
      }),
    );
  }

  test(
    'a part that is as long as the first, and no longer than the content',
    onServer(async (setting) => {
      const { client } = setting;
      for (const [name, bytes] of [
        ['empty', 0],
        ['short', 1000],
        ['whole', PART],
      ] as const) {
        await client.removeTree('/small');
        const file = await client.create(`/small/${name}`, manner('multipart', bytes));
        if (bytes > 0) await file.write(0, stamped(1, bytes));
        await file.close();
        expectStamped(await readWhole(client, `/small/${name}`), 1, bytes);
        expect(await partsOf(setting, `small/${name}`)).toBe(1);
      }
      await client.removeTree('/small');
    }),
  );

  test(
    'a content that ends before it was announced',
    onServer(async (setting) => {
      const { client } = setting;
      const file = await client.create('/ends', manner('multipart', 20 * MIB));
      await file.write(0, stamped(1, PART));
      await file.write(PART, stamped(2, 1000));
      await file.close();
      expect(await client.length('/ends')).toBe(PART + 1000);
      await client.removeTree('/ends');
    }),
  );
});

describe('what is refused leaves nothing behind', () => {
  async function expectNothing(setting: S3Setting): Promise<void> {
    expect(await unfinished(setting)).toEqual([]);
    expect(await setting.client.names('/')).toEqual([]);
  }

  for (const upload of ['any', 'single', 'multipart'] as const) {
    test(
      `a hole, written with ${upload}`,
      onServer(async (setting) => {
        const file = await setting.client.create('/hole', manner(upload, 3 * PART));
        await file.write(0, contentOf(PART));
        await file.write(2 * PART, contentOf(PART));
        const refused = await refusal(file.close());
        expect(refused).toMatchObject({ errno: 'EINVAL', path: '/hole', offset: PART });
        expect(refused.message).toContain('were never written');
        await expectNothing(setting);
        expect((await refusal(file.close())).errno).toBe('EBADF');
      }),
    );

    test(
      `the same bytes twice, written with ${upload}`,
      onServer(async (setting) => {
        const file = await setting.client.create('/twice', manner(upload, 3000));
        await file.write(0, stamped(1, 1000));
        expect((await refusal(file.write(999, stamped(2, 100)))).errno).toBe('EINVAL');
        await file.write(1000, stamped(1, 2000).subarray(0, 2000));
        await file.close();
        expect(await setting.client.length('/twice')).toBe(3000);
        await setting.client.removeTree('/twice');
        await expectNothing(setting);
      }),
    );

    test(
      `a connection that ends before the file, written with ${upload}`,
      onServer(async (setting) => {
        const { client } = await setting.connect();
        const file = await client.create('/begun', manner(upload, 4 * PART));
        await file.write(0, contentOf(PART));
        await file.write(PART, contentOf(PART));
        await file.write(2 * PART, contentOf(100));
        await client.close();
        await expectNothing(setting);
        expect((await refusal(file.write(3 * PART, contentOf(1)))).errno).toBe('ENOTCONN');
      }),
    );
  }

  test(
    'a byte beyond the announced length of parts',
    onServer(async (setting) => {
      const file = await setting.client.create('/beyond', manner('multipart', PART));
      expect((await refusal(file.write(1, contentOf(PART)))).errno).toBe('EINVAL');
      await file.write(0, contentOf(PART));
      await file.close();
      await setting.client.removeTree('/beyond');
      await expectNothing(setting);
    }),
  );
});

test(
  'the Upload of the SDK decides by the length: one request, or parts',
  onServer(async (setting) => {
    const { client } = setting;
    const small = contentOf(PART - 1);
    const large = contentOf(13 * MIB);
    await writeWhole(client, '/upload/small', small, MIB);
    await writeWhole(client, '/upload/large', large, MIB);
    expect(await partsOf(setting, 'upload/small')).toBe(0);
    expect(await partsOf(setting, 'upload/large')).toBe(3);
    expect(isSame(await readWhole(client, '/upload/small'), small)).toBe(true);
    expect(isSame(await readWhole(client, '/upload/large'), large)).toBe(true);
    const into = new Uint8Array(2000);
    expect(await client.read('/upload/large', PART - 1000, into)).toBe(2000);
    expect(isSame(into, large.subarray(PART - 1000, PART + 1000))).toBe(true);
    await client.removeTree('/upload');
  }),
);
