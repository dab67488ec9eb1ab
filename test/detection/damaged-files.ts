// Stamped files in memory and on disk, and ways to damage a copy of their bytes, for the tests of
// `verify` and `diagnose`.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Damage, DamageKind } from '../../src/domain/damage.ts';
import type { StampStream } from '../../src/domain/observation.ts';
import { encodeBlocks, huntNumberOf } from '../../src/stamp/reference.ts';

export const BLOCK = 4096;

export function stampedBytes(
  sizeBytes: number,
  options: { seed?: string; generation?: number } & Partial<StampStream> = {},
): Buffer {
  const { seed = 'planted', generation = 3, ...more } = options;
  const stream: StampStream = {
    hunt: huntNumberOf(seed),
    file: 1,
    writer: 0,
    blockBytes: BLOCK,
    pattern: 'stamp',
    fileBytes: sizeBytes,
    ...more,
  };
  const blocks = Math.ceil(sizeBytes / stream.blockBytes);
  return Buffer.from(encodeBlocks(stream, 0, blocks, generation, 0n)).subarray(0, sizeBytes);
}

/** A changed copy. */
export function changed(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

/** `length` bytes of `put` in the place of what is at `offset`. */
export function replaced(bytes: Buffer, offset: number, put: Buffer): Buffer {
  return changed(bytes, (copy) => put.copy(copy, offset));
}

export function inserted(bytes: Buffer, offset: number, put: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, offset), put, bytes.subarray(offset)]);
}

export function cut(bytes: Buffer, offset: number, length: number): Buffer {
  return Buffer.concat([bytes.subarray(0, offset), bytes.subarray(offset + length)]);
}

/** Bytes that repeat nowhere and are the same in each run. */
export function noise(length: number, seed = 1): Buffer {
  const out = Buffer.alloc(length);
  let state = seed >>> 0 || 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    out[at] = state >>> 24;
  }
  return out;
}

/** A folder that is removed by `remove`, and files in it with new names. */
export function scratch() {
  const folder = mkdtempSync(join(tmpdir(), 'damaged-'));
  let files = 0;
  return {
    folder,
    put(bytes: Uint8Array): string {
      const path = join(folder, `file-${files++}`);
      writeFileSync(path, bytes);
      return path;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** Kind, place and length: what most tests compare. */
export function ranges(damage: readonly Damage[]): [DamageKind, number, number][] {
  return damage.map(({ kind, offset, length }) => [kind, offset, length]);
}
