// The table of a block device: what was encoded is decoded, and any changed byte of what is checked
// is noticed, so that a half-written copy is never taken for a whole one.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BLOCK_BYTES,
  type BlockTable,
  decodeHeader,
  decodeTable,
  ENTRIES_BYTES_MAX,
  encodeTable,
} from '../../../src/medium/block-layout.ts';

const ENTRY = fc.record({
  id: fc.nat(),
  bytes: fc.nat(),
  extents: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 4 }),
});
const TABLE: fc.Arbitrary<BlockTable> = fc.record({
  sequence: fc.nat(),
  nextBlock: fc.nat(),
  files: fc
    .dictionary(
      fc.string({ unit: 'grapheme' }).map((name) => `/${name}`),
      ENTRY,
    )
    .map((files) => new Map(Object.entries(files))),
});

function encoded(table: BlockTable): { header: Buffer; entries: Buffer } {
  const made = encodeTable(table);
  if (!made) throw new Error('it does not fit');
  return made;
}

describe('the table of a block device', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(TABLE, (table) => {
        const { header, entries } = encoded(table);
        const found = decodeHeader(header);
        expect(found?.sequence).toBe(table.sequence);
        expect(found && decodeTable(found, entries)).toEqual(table);
      }),
      { numRuns: 100 },
    );
  });

  it('is none once a checked byte has changed', () => {
    fc.assert(
      fc.property(TABLE, fc.nat(), fc.integer({ min: 1, max: 255 }), (table, at, mask) => {
        const { header, entries } = encoded(table);
        const whole = decodeHeader(header);
        if (!whole) throw new Error('no header');
        const checked = 32 + whole.entriesBytes;
        const place = at % checked;
        const side = place < 32 ? header : entries;
        const offset = place < 32 ? place : place - 32;
        side[offset] = (side[offset] as number) ^ mask;
        const found = decodeHeader(header);
        expect(found && decodeTable(found, entries)).toBeNull();
      }),
      { numRuns: 200 },
    );
  });

  it('is none in foreign bytes, and refuses what does not fit', () => {
    expect(decodeHeader(new Uint8Array(BLOCK_BYTES))).toBeNull();
    expect(decodeHeader(new Uint8Array(16))).toBeNull();
    const files = new Map([
      [`/${'n'.repeat(ENTRIES_BYTES_MAX)}`, { id: 1, bytes: 0, extents: [] }],
    ]);
    expect(encodeTable({ sequence: 1, nextBlock: 0, files })).toBeNull();
  });
});
