// What detection tests plant into: clean stamped windows and units, and the observations that a
// reader would have made of them. Streams, places and sizes are drawn by fast-check.

import fc from 'fast-check';
import { diagnose } from '../../src/diagnose/diagnose.ts';
import type { Damage } from '../../src/domain/damage.ts';
import type { Expected, Observation, Pattern, StampStream } from '../../src/domain/observation.ts';
import { createStampKernel } from '../../src/stamp/kernel.ts';

const kernel = createStampKernel(1024 * 1024);

/** A file of one generation, held in memory as a reader would read it. */
export interface Clean {
  readonly stream: StampStream;
  readonly blocks: number;
  readonly generation: number;
  readonly bytes: Uint8Array;
}

export const hexNumber = fc
  .bigInt({ min: 0n, max: 2n ** 64n - 1n })
  .map((value) => value.toString(16).padStart(16, '0'));

export function streams(pattern: Pattern = 'stamp', blockSizes = [512, 4096, 16_384]) {
  return fc.record({
    hunt: hexNumber,
    file: fc.integer({ min: 1, max: 900 }),
    writer: fc.integer({ min: 0, max: 3 }),
    blockBytes: fc.constantFrom(...blockSizes),
    pattern: fc.constant(pattern),
    fileBytes: fc.constant(0),
  });
}

/** @param generation of all blocks, at least 2 so that an older one exists */
export function cleanFiles(pattern: Pattern = 'stamp', blockSizes?: number[]) {
  return fc
    .tuple(
      streams(pattern, blockSizes),
      fc.integer({ min: 4, max: 12 }),
      fc.integer({ min: 2, max: 40_000 }),
    )
    .map(([stream, blocks, generation]) => cleanFile(stream, blocks, generation));
}

export function cleanFile(stream: StampStream, blocks: number, generation: number): Clean {
  return { stream, blocks, generation, bytes: encoded(stream, 0, blocks, generation) };
}

export function encoded(
  stream: StampStream,
  firstBlock: number,
  blocks: number,
  generation: number,
  timeNs = 1_763_714_814_000_000_000n + BigInt(generation),
): Uint8Array {
  kernel.use(stream);
  const out = new Uint8Array(blocks * stream.blockBytes);
  for (let block = 0; block < blocks; block++) {
    kernel.encode(0, firstBlock + block, 1, generation, timeNs);
    out.set(kernel.memory.subarray(0, stream.blockBytes), block * stream.blockBytes);
  }
  return out;
}

const BASE = {
  seq: 0,
  actor: 'reader-0',
  file: 'data-0',
  ioBytes: 4096,
  rereads: [],
  atNs: '1',
  sourceIntact: true,
} as const;

/** The whole file was read at once and should be as `clean` says. */
export function blocksObservation(clean: Clean, bytes: Uint8Array): Observation {
  const { stream, blocks, generation } = clean;
  const lengthBytes = blocks * stream.blockBytes;
  return {
    ...BASE,
    promise: 'read-back',
    offset: 0,
    asked: Math.max(lengthBytes, bytes.length),
    returned: bytes.length,
    fileBytes: bytes.length,
    bytes,
    expected: {
      shape: 'blocks',
      stream,
      runs: [{ firstBlock: 0, blocks, generation, writer: stream.writer }],
      lengthBytes,
    },
  };
}

type UnitExpected = Extract<Expected, { shape: 'unit' }>;

/** A polling reader saw `bytes` in the unit. @param returned -1 where the file was absent */
export function unitObservation(
  stream: StampStream,
  bytes: Uint8Array,
  unit: Pick<UnitExpected, 'block' | 'acknowledged' | 'started'> & { mayBeAbsent?: boolean },
  returned: number = bytes.length,
): Observation {
  return {
    ...BASE,
    promise: 'unit-atomic',
    offset: unit.block * stream.blockBytes,
    asked: stream.blockBytes,
    returned,
    fileBytes: -1,
    bytes,
    expected: { shape: 'unit', stream, mayBeAbsent: false, ...unit },
  };
}

export function damageOf(observation: Observation): readonly Damage[] {
  return diagnose(observation).damage;
}

/** Kind, offset and length: what most tests are about. */
export function placesOf(damage: readonly Damage[]): [string, number, number][] {
  return damage.map(({ kind, offset, length }) => [kind, offset, length]);
}

export function kindsOf(damage: readonly Damage[]): string[] {
  return [...new Set(damage.map(({ kind }) => kind))].sort();
}

/** First and last differing byte, as a range. */
export function differingRange(a: Uint8Array, b: Uint8Array): [number, number] {
  let first = 0;
  while (first < a.length && a[first] === b[first]) first++;
  let last = a.length - 1;
  while (last > first && a[last] === b[last]) last--;
  return [first, last - first + 1];
}

/** Bytes that no stamp made: drawn by a generator of their own, never constant. */
export function garbage(length: number, seed: number): Uint8Array {
  const out = new Uint8Array(length);
  let state = (seed * 2_654_435_761 + 12_345) >>> 0;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39) >>> 0;
    out[at] = (state ^ (state >>> 11) ^ (state >>> 21)) & 0xff;
  }
  return out;
}

export function replaced(bytes: Uint8Array, at: number, by: Uint8Array): Uint8Array {
  const out = bytes.slice();
  out.set(by, at);
  return out;
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
