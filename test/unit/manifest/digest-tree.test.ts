// The tree, against another implementation of BLAKE3 and another way to fold.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { blake3 } from 'hash-wasm';
import { afterAll, expect, it } from 'vitest';
import { digestChunks } from '../../../src/manifest/chunk-digests.ts';
import { createPairHash, foldInPlace, zerosDigest } from '../../../src/manifest/digest-tree.ts';
import { takeManifest } from '../../../src/manifest/manifest.ts';
import { withSourceFile } from '../../../src/manifest/source-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'digest-tree-'));
afterAll(() => rmSync(folder, { recursive: true }));
const hash = await createPairHash();
const LEAF = 65_536;

function put(bytes: Uint8Array): string {
  const path = join(folder, 'file');
  writeFileSync(path, bytes);
  return path;
}

function bytesOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 7 + (at >> 16) * 13) & 0xff;
  return bytes;
}

/** By the definition in docs/manifest.md, from the top. */
async function node(bytes: Uint8Array, covers: number): Promise<string> {
  if (covers === LEAF) return await blake3(bytes, 128);
  const half = covers / 2;
  if (bytes.length <= half) return await node(bytes, half);
  const [left, right] = [bytes.subarray(0, half), bytes.subarray(half)];
  const pair = (await node(left, half)) + (await node(right, half));
  return await blake3(Buffer.from(pair, 'hex'), 128);
}

it.each([1, LEAF - 1, LEAF, LEAF + 1, 2 * LEAF, 5 * LEAF + 17, 16 * LEAF])(
  'digests and root of %d bytes are as they are defined',
  async (length) => {
    const bytes = bytesOf(length);
    for (const chunkBytes of [LEAF, 2 * LEAF, 8 * LEAF]) {
      const { digests, root } = await takeManifest(put(bytes), { chunkBytes });
      const expected: string[] = [];
      for (let at = 0; at < length; at += chunkBytes) {
        expected.push(await node(bytes.subarray(at, at + chunkBytes), chunkBytes));
      }
      expect(Buffer.from(digests).toString('hex')).toBe(expected.join(''));
      const top = await node(bytes, 2 ** 30);
      expect(root).toBe(await blake3(`heisenwrite root 1\n${length}\n${top}\n`));
    }
  },
);

it('is the same by several threads, and in chunks larger than a span', async () => {
  const bytes = bytesOf(70 * 2 ** 20 + 4711);
  const path = put(bytes);
  const by = (threads: number, chunkBytes: number) =>
    withSourceFile(path, (file) =>
      digestChunks(file, { bytes: bytes.length, chunkBytes, threads }),
    );
  const alone = await by(1, LEAF);
  expect(Buffer.from(await by(3, LEAF)).equals(alone)).toBe(true);
  for (const chunkBytes of [2 ** 23, 2 ** 25, 2 ** 28]) {
    const levels = { fromBytes: LEAF, toBytes: chunkBytes };
    const folded = foldInPlace(alone.slice(), levels, hash);
    expect(Buffer.from(await by(2, chunkBytes)).equals(folded)).toBe(true);
  }
});

it('folds in steps as at once', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 640 }), fc.nat({ max: 4 }), (all, at) => {
    const digests = all.subarray(0, all.length - (all.length % 16));
    const once = foldInPlace(digests.slice(), { fromBytes: 1, toBytes: 2 ** 5 }, hash).slice();
    const first = foldInPlace(digests.slice(), { fromBytes: 1, toBytes: 2 ** at }, hash);
    const rest = foldInPlace(first.slice(), { fromBytes: 2 ** at, toBytes: 2 ** 5 }, hash);
    expect(Buffer.from(rest).equals(once)).toBe(true);
  });
  fc.assert(property);
});

it.each([1, LEAF, LEAF + 1, 3 * LEAF, 7 * LEAF + 5])('%d zeros', async (length) => {
  const expected = await node(new Uint8Array(length), 8 * LEAF);
  expect(Buffer.from(zerosDigest(length, hash)).toString('hex')).toBe(expected);
});
