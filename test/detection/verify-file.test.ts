// `verify` finds what was done to a stamped file, alone: the kind, the bytes and where they came
// from; and says nothing of a file to which nothing was done.

import { truncateSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { verifyFile } from '../../src/diagnose/files.ts';
import { PATTERNS } from '../../src/domain/observation.ts';
import {
  BLOCK,
  changed,
  cut,
  inserted,
  noise,
  ranges,
  replaced,
  scratch,
  stampedBytes,
} from './damaged-files.ts';

const files = scratch();
afterAll(files.remove);

const SIZE = 2 ** 20 + 5000;
const WHOLE = stampedBytes(SIZE);
const block = (index: number, of = WHOLE) => of.subarray(index * BLOCK, (index + 1) * BLOCK);
const verify = (bytes: Uint8Array, rangesMax?: number) =>
  verifyFile(files.put(bytes), rangesMax === undefined ? {} : { rangesMax });

describe('clean files', () => {
  it.each(PATTERNS)('pattern %s', async (pattern) => {
    const found = await verify(stampedBytes(300_000, { pattern }));
    expect(found).toMatchObject({ verdict: 'clean', bytes: 300_000, damage: [], blocks: [] });
    expect(found.signature).toBeNull();
    expect(found.stamp).toMatchObject({ pattern, generation: 3, blockBytes: BLOCK });
  });
});

describe('one flipped bit', () => {
  it.each(PATTERNS)('in the body of pattern %s', async (pattern) => {
    const at = 123_457;
    const bad = changed(stampedBytes(300_000, { pattern }), (copy) => {
      copy[at] = (copy[at] as number) ^ 0x10;
    });
    const found = await verify(bad);
    expect(ranges(found.damage)).toEqual([['flipped', at, 1]]);
    // Byte 1 of its word, bit 4 of that byte.
    expect(found.damage[0]?.bits).toMatchObject({ bitsInWord: [12], count: 1 });
    expect(found.blocks).toEqual([{ firstBlock: 30, blocks: 1 }]);
    expect(found.signature?.words).toContain('bit 12 of a 64-bit word');
  });

  it('anywhere in any block', { timeout: 60_000 }, async () => {
    const place = fc.tuple(fc.nat(SIZE - 1), fc.nat(7));
    await fc.assert(
      fc.asyncProperty(place, async ([at, bit]) => {
        const bad = changed(WHOLE, (copy) => {
          copy[at] = (copy[at] as number) ^ (1 << bit);
        });
        const found = await verify(bad);
        expect(ranges(found.damage)).toEqual([['flipped', at, 1]]);
        expect(found.damage[0]?.bits?.bitsInWord).toEqual([(at % 8) * 8 + bit]);
      }),
      { numRuns: 40 },
    );
  });
});

describe('data that are not where they belong', () => {
  it('swapped blocks name each other', async () => {
    const bad = replaced(replaced(WHOLE, 10 * BLOCK, block(20)), 20 * BLOCK, block(10));
    const found = await verify(bad);
    expect(ranges(found.damage)).toEqual([
      ['misdirected', 10 * BLOCK, BLOCK],
      ['misdirected', 20 * BLOCK, BLOCK],
    ]);
    expect(found.damage.map((one) => one.from?.offset)).toEqual([20 * BLOCK, 10 * BLOCK]);
  });

  it('a block of another file of the same hunt', async () => {
    const bad = replaced(WHOLE, 7 * BLOCK, block(7, stampedBytes(SIZE, { file: 4 })));
    const found = await verify(bad);
    expect(ranges(found.damage)).toEqual([['misdirected', 7 * BLOCK, BLOCK]]);
    expect(found.damage[0]?.from).toMatchObject({ file: 4, offset: 7 * BLOCK });
  });

  it.each([1, 3, 7, 8, 100, 512, 5000])('%i bytes put in', async (length) => {
    const at = 50_001;
    const found = await verify(inserted(WHOLE, at, noise(length, 77)));
    const [first, second] = found.damage;
    expect(found.damage.map((one) => one.kind)).toEqual(['extra', 'shifted']);
    expect(first).toMatchObject({ offset: at, length });
    expect(second?.offset).toBe(at + length);
    expect(second?.from?.offset).toBe(at);
  });

  it.each([1, 3, 8, 512, 5000])('%i bytes cut out', async (length) => {
    const at = 50_001;
    const found = await verify(cut(WHOLE, at, length));
    expect(found.damage.map((one) => one.kind)).toEqual(['missing', 'shifted']);
    expect(found.damage[0]).toMatchObject({ offset: at, length });
    expect(found.damage[1]).toMatchObject({ offset: at, length: SIZE - length - at });
    expect(found.damage[1]?.from?.offset).toBe(at + length);
  });

  it('whole blocks twice, cut out, or put in from elsewhere', async () => {
    const twice = await verify(inserted(WHOLE, 16 * BLOCK, WHOLE.subarray(4 * BLOCK, 16 * BLOCK)));
    expect(twice.damage.map((one) => one.kind)).toEqual(['duplicated', 'shifted']);
    expect(twice.damage[0]).toMatchObject({ offset: 16 * BLOCK, length: 12 * BLOCK });
    expect(twice.damage[0]?.from?.offset).toBe(4 * BLOCK);
    expect(twice.damage[1]?.offset).toBe(28 * BLOCK);
    const out = await verify(cut(WHOLE, 4 * BLOCK, 12 * BLOCK));
    expect(ranges(out.damage)).toEqual([
      ['missing', 4 * BLOCK, 12 * BLOCK],
      ['shifted', 4 * BLOCK, SIZE - 16 * BLOCK],
    ]);
    const put = await verify(inserted(WHOLE, 16 * BLOCK, block(200)));
    expect(put.damage.map((one) => one.kind)).toEqual(['duplicated', 'shifted']);
    expect(put.damage[0]).toMatchObject({ offset: 16 * BLOCK, length: BLOCK });
    expect(put.damage[0]?.from?.offset).toBe(200 * BLOCK);
  });

  it('the front cut off and the rest spliced to another', async () => {
    const found = await verify(Buffer.concat([WHOLE.subarray(5000), stampedBytes(5000)]));
    expect(found.damage.map((one) => one.kind)).toContain('shifted');
    expect(found.damage.find((one) => one.kind === 'shifted')?.from?.offset).toBe(5000);
  });
});

describe('data of other times and hunts', () => {
  it('one stale block', async () => {
    const bad = replaced(WHOLE, 9 * BLOCK, block(9, stampedBytes(SIZE, { generation: 2 })));
    const found = await verify(bad);
    expect(ranges(found.damage)).toEqual([['stale', 9 * BLOCK, BLOCK]]);
    expect(found.damage[0]?.from?.generation).toBe(2);
  });

  it("another hunt's stamp over it", async () => {
    const other = stampedBytes(SIZE, { seed: 'another' });
    const bad = replaced(WHOLE, 30 * BLOCK, other.subarray(30 * BLOCK, 34 * BLOCK));
    const found = await verify(bad);
    expect(ranges(found.damage)).toEqual([['foreign', 30 * BLOCK, 4 * BLOCK]]);
    expect(found.damage[0]?.from?.hunt).toMatch(/^[0-9a-f]{16}$/);
    expect(found.damage[0]?.from?.hunt).not.toBe(found.stamp?.hunt);
  });

  it('text over it', async () => {
    const text = Buffer.from('Nov 21 09:00:01 host daemon[42]: this line belongs to a log\n');
    const found = await verify(replaced(WHOLE, 33_336, text));
    expect(ranges(found.damage)).toEqual([['foreign', 33_336, text.length]]);
    expect(found.damage[0]?.because).toContain('Nov 21');
  });

  it('a header alone', async () => {
    const found = await verify(replaced(WHOLE, 12 * BLOCK, noise(64)));
    expect(found.blocks).toEqual([{ firstBlock: 12, blocks: 1 }]);
    expect(found.damage).toHaveLength(1);
    expect(found.damage[0]).toMatchObject({ kind: 'foreign', offset: 12 * BLOCK, length: 64 });
  });
});

describe('data that are not there', () => {
  it('zeroed blocks, exactly these', async () => {
    const found = await verify(changed(WHOLE, (copy) => copy.fill(0, 7 * BLOCK, 10 * BLOCK)));
    expect(ranges(found.damage)).toEqual([['zeroed', 7 * BLOCK, 3 * BLOCK]]);
    expect(found.blocks).toEqual([{ firstBlock: 7, blocks: 3 }]);
    expect(found.blocksDamaged).toBe(3);
  });

  it('a truncated file knows its length', async () => {
    const path = files.put(WHOLE);
    truncateSync(path, 500_000);
    const found = await verifyFile(path);
    expect(ranges(found.damage)).toEqual([['missing', 500_000, SIZE - 500_000]]);
    expect(found).toMatchObject({ bytes: 500_000, meantBytes: SIZE, verdict: 'damaged' });
  });

  it('a file that goes on after its end', async () => {
    const found = await verify(Buffer.concat([WHOLE, noise(1234)]));
    expect(ranges(found.damage)).toEqual([['extra', SIZE, 1234]]);
  });

  it('an empty file and one without stamps are not stamped', async () => {
    for (const bytes of [Buffer.alloc(0), noise(100_000), Buffer.alloc(100_000)]) {
      await expect(verify(bytes)).rejects.toMatchObject({ code: 'not-stamped' });
    }
    await expect(verifyFile(`${files.folder}/none`)).rejects.toMatchObject({
      code: 'no-such-file',
    });
    await expect(verifyFile(files.folder)).rejects.toMatchObject({ code: 'not-readable' });
  });
});

describe('several at once', () => {
  it('each with its own range', async () => {
    const bad = changed(WHOLE, (copy) => {
      copy[20_000] = (copy[20_000] as number) ^ 1;
      copy.fill(0, 100_000, 100_100);
      block(50).copy(copy, 60 * BLOCK);
      noise(40).copy(copy, 400_000);
    });
    expect(ranges((await verify(bad)).damage)).toEqual([
      ['flipped', 20_000, 1],
      ['zeroed', 100_000, 100],
      ['misdirected', 60 * BLOCK, BLOCK],
      ['foreign', 400_000, 40],
    ]);
  });

  it('lists so many ranges and counts the rest', async () => {
    const bad = changed(WHOLE, (copy) => {
      for (let at = 1000; at < SIZE; at += BLOCK) copy[at] = (copy[at] as number) ^ 1;
    });
    const found = await verify(bad, 10);
    expect(found.damage).toHaveLength(10);
    expect(found.damage.length + found.damageNotListed).toBe(Math.ceil((SIZE - 1000) / BLOCK));
    expect(found.blocksDamaged).toBe(Math.ceil((SIZE - 1000) / BLOCK));
  });

  it('answers whatever the bytes, with ranges inside the file', { timeout: 60_000 }, async () => {
    const mess = fc.array(
      fc.tuple(fc.nat(299_999), fc.uint8Array({ minLength: 1, maxLength: 3000 })),
      { minLength: 1, maxLength: 6 },
    );
    const small = stampedBytes(300_000);
    await fc.assert(
      fc.asyncProperty(mess, async (pieces) => {
        const bad = changed(small, (copy) => {
          for (const [at, bytes] of pieces) copy.set(bytes.subarray(0, 300_000 - at), at);
        });
        const found = await verify(bad);
        const same = bad.equals(small);
        expect(found.verdict).toBe(same ? 'clean' : 'damaged');
        expect(found.damage.length > 0).toBe(!same);
        for (const { offset, length, because } of found.damage) {
          expect(offset >= 0 && length > 0 && offset + length <= 300_000).toBe(true);
          expect(because).not.toBe('');
        }
      }),
      { numRuns: 40 },
    );
  });
});
