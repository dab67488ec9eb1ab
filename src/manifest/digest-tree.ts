// A binary tree of BLAKE3 digests over a file. Its leaves are always 64 KiB, whatever the chunks of
// a manifest are, so that a manifest lists one level of the same tree that every other one lists a
// level of: the finer of two is folded to the chunks of the coarser, and the root is one for all.
//
//   level 2   256 KiB  [        d0123        ]     d0123 = BLAKE3-128(d01 d23)
//   level 1   128 KiB  [   d01   ][   d23    ]     without a right neighbour, one goes up as it is
//   level 0    64 KiB  [ d0 ][ d1 ][ d2 ][d3 ]     d0 = BLAKE3-128(bytes of the leaf)

import { blake3 } from '@napi-rs/blake-hash';
import { createBLAKE3 } from 'hash-wasm';

/** Below, the calls cost more than the digests. */
export const LEAF_BYTES = 65_536;
/**
 * No accident gives two contents one digest of 128 bits. Who can choose both of two files can, with
 * 2^64 tries: a manifest finds damage, and is no signature.
 */
export const DIGEST_BYTES = 16;

/** The digest of two digests that lie side by side. */
export type PairHash = (pair: Uint8Array) => Uint8Array;

/** In WebAssembly, as for so few bytes a call into a native library takes several times as long. */
export async function createPairHash(): Promise<PairHash> {
  const hash = await createBLAKE3(8 * DIGEST_BYTES);
  return (pair) => hash.init().update(pair).digest('binary');
}

export function nodesOf(bytes: number, nodeBytes: number): number {
  return Math.ceil(bytes / nodeBytes);
}

/** Folds nodes that each cover `fromBytes` in place; returns those that cover `toBytes`. */
export function foldInPlace(
  digests: Uint8Array,
  { fromBytes, toBytes }: { readonly fromBytes: number; readonly toBytes: number },
  hash: PairHash,
): Uint8Array {
  let nodes = digests.length / DIGEST_BYTES;
  for (let covered = fromBytes; covered < toBytes; covered *= 2) {
    for (let node = 0; node < nodes; node += 2) {
      const [at, end] = [node * DIGEST_BYTES, Math.min(node + 2, nodes) * DIGEST_BYTES];
      const pair = digests.subarray(at, end);
      digests.set(end - at === 2 * DIGEST_BYTES ? hash(pair) : pair, at / 2);
    }
    nodes = Math.ceil(nodes / 2);
  }
  return digests.subarray(0, nodes * DIGEST_BYTES);
}

/** What stands for the whole file, in hexadecimal: its length and the node over all of it. */
export function rootOf(bytes: number, digests: Uint8Array, hash: PairHash): string {
  const all = Math.max(1, digests.length / DIGEST_BYTES);
  const top = foldInPlace(digests.slice(), { fromBytes: 1, toBytes: 2 ** levelsOf(all) }, hash);
  return textDigest(`heisenwrite root 1\n${bytes}\n${Buffer.from(top).toString('hex')}\n`);
}

/** BLAKE3 of a text in 256 bits, in hexadecimal: what `b3sum` prints. */
export function textDigest(text: string): string {
  return blake3(text).toString('hex');
}

/** Digests of as many bytes of zeros, per chunk as in a file of nothing else: of the last one. */
export function zerosDigest(bytes: number, hash: PairHash): Uint8Array {
  const leaves = nodesOf(bytes, LEAF_BYTES);
  const digests = new Uint8Array(leaves * DIGEST_BYTES);
  const zeros = new Uint8Array(LEAF_BYTES);
  const whole = blake3(zeros).subarray(0, DIGEST_BYTES);
  for (let leaf = 0; leaf < leaves; leaf++) digests.set(whole, leaf * DIGEST_BYTES);
  const rest = bytes - (leaves - 1) * LEAF_BYTES;
  const last = blake3(zeros.subarray(0, rest)).subarray(0, DIGEST_BYTES);
  digests.set(last, (leaves - 1) * DIGEST_BYTES);
  return foldInPlace(digests, { fromBytes: 1, toBytes: 2 ** levelsOf(leaves) }, hash);
}

function levelsOf(nodes: number): number {
  return Math.ceil(Math.log2(nodes));
}
