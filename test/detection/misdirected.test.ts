// `misdirected`: a bounded run of another place's or another file's data.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blocksObservation,
  cleanFiles,
  damageOf,
  encoded,
  kindsOf,
  placesOf,
  replaced,
  streams,
  unitObservation,
} from './planting.ts';

describe('planted', () => {
  it.each(['stamp', 'text', 'random', 'ones'] as const)('blocks of pattern %s', (pattern) => {
    fc.assert(
      fc.property(cleanFiles(pattern), fc.nat(), fc.nat(), (clean, n, m) => {
        const size = clean.stream.blockBytes;
        const to = n % clean.blocks;
        const from = m % clean.blocks;
        fc.pre(to !== from);
        const moved = clean.bytes.subarray(from * size, (from + 1) * size);
        const damage = damageOf(blocksObservation(clean, replaced(clean.bytes, to * size, moved)));
        expect(kindsOf(damage)).toEqual(['misdirected']);
        expect(damage).toHaveLength(1);
        expect(damage[0]?.offset).toBe(to * size);
        expect(damage[0]?.from).toMatchObject({
          offset: from * size,
          generation: clean.generation,
        });
        // The bodies of `ones` are the same everywhere: only the header can be out of place.
        expect(damage[0]?.length).toBe(pattern === 'ones' ? 64 : size);
      }),
    );
  });

  it('sectors without a header, from inside the file and from beyond it', () => {
    fc.assert(
      fc.property(cleanFiles('stamp', [4096, 16_384]), fc.nat(), fc.nat(200), (clean, n, m) => {
        const size = clean.stream.blockBytes;
        const at = (n % clean.blocks) * size + 512 * (1 + (n % (size / 512 - 1)));
        const from = m * size + 512 * (1 + (m % (size / 512 - 1)));
        fc.pre(at !== from);
        const sector = encoded(clean.stream, m, 1, clean.generation).subarray(
          from - m * size,
          from - m * size + 512,
        );
        const damage = damageOf(blocksObservation(clean, replaced(clean.bytes, at, sector)));
        expect(placesOf(damage)).toEqual([['misdirected', at, 512]]);
        expect(damage[0]?.from).toMatchObject({ offset: from, generation: clean.generation });
      }),
    );
  });

  it('another file of the hunt, at the same place', () => {
    fc.assert(
      fc.property(cleanFiles(), fc.nat(), fc.integer({ min: 1, max: 5 }), (clean, n, add) => {
        const size = clean.stream.blockBytes;
        const block = n % clean.blocks;
        const file = clean.stream.file + add;
        const other = encoded({ ...clean.stream, file }, block, 1, clean.generation);
        const bytes = replaced(clean.bytes, block * size, other);
        const damage = damageOf(blocksObservation(clean, bytes));
        expect(placesOf(damage)).toEqual([['misdirected', block * size, size]]);
        expect(damage[0]?.from).toMatchObject({ file, offset: block * size });
      }),
    );
  });

  it('a polling reader is given another unit', () => {
    fc.assert(
      fc.property(streams(), fc.integer({ min: 1, max: 9_000 }), (stream, generation) => {
        const bytes = encoded(stream, 5, 1, generation);
        const unit = { block: 2, acknowledged: generation, started: generation };
        const damage = damageOf(unitObservation(stream, bytes, unit));
        const size = stream.blockBytes;
        expect(placesOf(damage)).toEqual([['misdirected', 2 * size, size]]);
        expect(damage[0]?.from?.offset).toBe(5 * size);
      }),
    );
  });
});

describe('near-miss', () => {
  it('a run that overlaps its own source is shifted', () => {
    fc.assert(
      fc.property(cleanFiles(), fc.integer({ min: 1, max: 199 }), (clean, by) => {
        const at = clean.stream.blockBytes + 64;
        const run = clean.bytes.slice(at + by, at + by + 200);
        const damage = damageOf(blocksObservation(clean, replaced(clean.bytes, at, run)));
        expect(kindsOf(damage)).not.toContain('misdirected');
        expect(kindsOf(damage)).toContain('shifted');
      }),
    );
  });

  it('words that all look the same claim no place', () => {
    fc.assert(
      fc.property(cleanFiles('alternating'), fc.nat(), (clean, n) => {
        const at = (n % (clean.bytes.length / 512)) * 512 + 64;
        const complement = clean.bytes.slice(at, at + 448).map((byte) => byte ^ 0xff);
        const damage = damageOf(blocksObservation(clean, replaced(clean.bytes, at, complement)));
        expect(kindsOf(damage)).not.toContain('misdirected');
        expect(kindsOf(damage)).not.toContain('shifted');
        expect(kindsOf(damage)).not.toContain('duplicated');
        expect(damage.length).toBeGreaterThan(0);
      }),
    );
  });
});
