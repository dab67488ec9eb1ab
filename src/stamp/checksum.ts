// XXH64 in plain BigInt, for the reference: clear, not fast. The kernel has the fast one.
// Source: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md, XXH64 algorithm.

const PRIME1 = 0x9e3779b185ebca87n;
const PRIME2 = 0xc2b2ae3d27d4eb4fn;
const PRIME3 = 0x165667b19e3779f9n;
const PRIME4 = 0x85ebca77c2b2ae63n;
const PRIME5 = 0x27d4eb2f165667c5n;

export function wrap64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function rotateLeft(value: bigint, bits: bigint): bigint {
  return wrap64((value << bits) | (value >> (64n - bits)));
}

function round(accumulator: bigint, input: bigint): bigint {
  return wrap64(rotateLeft(wrap64(accumulator + input * PRIME2), 31n) * PRIME1);
}

function merge(hash: bigint, lane: bigint): bigint {
  return wrap64((hash ^ round(0n, lane)) * PRIME1 + PRIME4);
}

/** XXH64 with seed 0. @param bytes a multiple of 8 bytes long (a header's 56 are). */
export function xxh64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const next = () => {
    at += 8;
    return view.getBigUint64(at - 8, true);
  };
  let hash = PRIME5;
  if (bytes.length >= 32) {
    const lanes = [wrap64(PRIME1 + PRIME2), PRIME2, 0n, wrap64(-PRIME1)];
    while (at + 32 <= bytes.length) {
      for (const [lane, value] of lanes.entries()) lanes[lane] = round(value, next());
    }
    const turns = [1n, 7n, 12n, 18n];
    hash = wrap64(
      lanes.reduce((sum, lane, index) => sum + rotateLeft(lane, turns[index] as bigint), 0n),
    );
    hash = lanes.reduce(merge, hash);
  }
  hash = wrap64(hash + BigInt(bytes.length));
  while (at < bytes.length) {
    hash = wrap64(rotateLeft(hash ^ round(0n, next()), 27n) * PRIME1 + PRIME4);
  }
  hash = wrap64((hash ^ (hash >> 33n)) * PRIME2);
  hash = wrap64((hash ^ (hash >> 29n)) * PRIME3);
  return hash ^ (hash >> 32n);
}
