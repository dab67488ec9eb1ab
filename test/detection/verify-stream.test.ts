// `verify` of a stream says of the same bytes what `verify` of a file says; of parts and ranges it
// says which they are, found from their stamps.

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { FileDiagnosis, FileDiagnosisOptions } from '../../src/diagnose/file-diagnosis.ts';
import { verifyFile } from '../../src/diagnose/files.ts';
import { verifyStream } from '../../src/diagnose/stamped-part.ts';
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

const MIB = 2 ** 20;
const SIZE = 12 * MIB + 5000;
const WHOLE = stampedBytes(SIZE);

async function* inChunks(bytes: Uint8Array, chunkBytes = 65_537) {
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    // The same memory again and again, as a reader of a pipe may have it.
    yield Buffer.from(bytes.subarray(at, at + chunkBytes));
  }
}

const verify = (bytes: Uint8Array, options?: FileDiagnosisOptions) =>
  verifyStream('-', inChunks(bytes), options);

/** What a stream and a file must agree in. */
function said({ verdict, bytes, meantBytes, damage, blocks, blocksDamaged }: FileDiagnosis) {
  return { verdict, bytes, meantBytes, damage, blocks, blocksDamaged };
}

const DAMAGED: [string, Buffer][] = [
  ['nothing', WHOLE],
  ['one bit', changed(WHOLE, (copy) => copy.writeUInt8(copy.readUInt8(5 * MIB) ^ 1, 5 * MIB))],
  ['zeros', changed(WHOLE, (copy) => copy.fill(0, 3 * MIB, 5 * MIB))],
  ['zeros first', changed(WHOLE, (copy) => copy.fill(0, 0, 3 * MIB + 512))],
  ['zeros last', changed(WHOLE, (copy) => copy.fill(0, 10 * MIB))],
  ['noise', replaced(WHOLE, 2 * MIB + 100, noise(MIB))],
  ['shorter', WHOLE.subarray(0, 7_000_000)],
  ['longer', Buffer.concat([WHOLE, noise(70_000)])],
  ['a part twice', replaced(WHOLE, 6 * MIB, WHOLE.subarray(2 * MIB, 4 * MIB))],
  ['bytes put in', inserted(WHOLE, 4 * MIB + 77, noise(5000))],
  ['bytes cut out', cut(WHOLE, 4 * MIB + 77, 5000)],
  ['blocks cut out', cut(WHOLE, MIB, 2 * MIB)],
  ['another hunt', replaced(WHOLE, MIB, stampedBytes(SIZE, { seed: 'x' }).subarray(MIB, 3 * MIB))],
  ['another file', replaced(WHOLE, MIB, stampedBytes(SIZE, { file: 4 }).subarray(MIB, 3 * MIB))],
  ['stale', replaced(WHOLE, MIB, stampedBytes(SIZE, { generation: 2 }).subarray(MIB, 3 * MIB))],
];

describe('a stream and a file say the same of', () => {
  it.each(DAMAGED)('%s', async (_what, bytes) => {
    expect(said(await verify(bytes))).toEqual(said(await verifyFile(files.put(bytes))));
  });

  it.each(PATTERNS)('pattern %s, whole and with a hole', async (pattern) => {
    const whole = stampedBytes(5 * MIB, { pattern });
    const hole = changed(whole, (copy) => copy.fill(0, 2 * MIB, 3 * MIB));
    expect((await verify(whole)).verdict).toBe('clean');
    expect(said(await verify(hole))).toEqual(said(await verifyFile(files.put(hole))));
  });

  it('any mess', { timeout: 120_000 }, async () => {
    const small = stampedBytes(3 * MIB);
    const piece = fc.tuple(
      fc.nat(3 * MIB - 1),
      fc.constantFrom('zeros', 'noise', 'copy'),
      fc.integer({ min: 1, max: MIB }),
      fc.nat(2 * MIB),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 4 }), async (pieces) => {
        const bad = changed(small, (copy) => {
          for (const [at, what, length, source] of pieces) {
            if (what === 'zeros') copy.fill(0, at, Math.min(at + length, 3 * MIB));
            else if (what === 'noise') noise(length >> 5, source).copy(copy, at);
            else small.copy(copy, at, source, source + length);
          }
        });
        const [stream, file] = [await verify(bad), await verifyFile(files.put(bad))];
        expect(stream.verdict).toBe(file.verdict);
        expect(stream.blocks).toEqual(file.blocks);
        const bytes = (one: FileDiagnosis) => one.damage.reduce((sum, d) => sum + d.length, 0);
        if (stream.intact && file.intact) expect(bytes(stream)).toBe(bytes(file));
      }),
      { numRuns: 20 },
    );
  });
});

describe('a part says which it is', () => {
  it.each([
    [4 * MIB, 9 * MIB],
    [5 * BLOCK, 2 * MIB],
    [123_457, 7_654_321],
    [SIZE - 70_000, SIZE],
  ])('bytes %i to %i', async (from, to) => {
    const part = WHOLE.subarray(from, to);
    for (const found of [await verify(part), await verifyFile(files.put(part))]) {
      const outside = [['missing', 0, from]];
      if (to < SIZE) outside.push(['missing', to, SIZE - to]);
      expect(ranges(found.damage)).toEqual(outside);
      expect(found.scope).toEqual({ kind: 'part', from, to });
      expect(found.blocksDamaged).toBe(0);
      expect(found.intact).toEqual({
        bytes: to - from,
        ranges: [{ offset: from, length: to - from }],
      });
    }
    for (const found of [
      await verify(part, { part: true }),
      await verifyFile(files.put(part), { part: true }),
    ]) {
      expect(found).toMatchObject({ verdict: 'clean', damage: [], bytes: to - from });
    }
  });

  it('and what in it is wrong, at the offsets of the whole', async () => {
    const part = changed(WHOLE.subarray(4 * MIB + 77, 9 * MIB), (copy) => {
      copy.fill(0, MIB, MIB + 5000);
      copy[10] = (copy[10] as number) ^ 1;
    });
    const found = await verify(part, { part: true });
    expect(ranges(found.damage)).toEqual([
      ['flipped', 4 * MIB + 87, 1],
      ['zeroed', 5 * MIB + 77, 5000],
    ]);
  });

  it('of a prefix that is known to be one nothing is missing', async () => {
    const prefix = WHOLE.subarray(0, 7_000_000);
    for (const found of [
      await verify(prefix, { part: true }),
      await verifyFile(files.put(prefix), { part: true }),
    ]) {
      expect(found).toMatchObject({ verdict: 'clean', damage: [] });
    }
  });

  it('a file whose first part is swapped with another is whole, and no part', async () => {
    const [first, later] = [WHOLE.subarray(0, 2 * MIB), WHOLE.subarray(8 * MIB, 10 * MIB)];
    const swapped = replaced(replaced(WHOLE, 0, later), 8 * MIB, first);
    for (const bytes of [swapped, swapped.subarray(0, 11 * MIB)]) {
      const found = await verify(bytes);
      expect(found.scope?.kind).toBe('whole');
      expect(found.moved).toEqual([
        { offset: 0, length: 2 * MIB, from: 8 * MIB, how: 'swapped' },
        { offset: 8 * MIB, length: 2 * MIB, from: 0, how: 'swapped' },
      ]);
    }
  });
});

describe('a range of a file', () => {
  const path = files.put(changed(WHOLE, (copy) => copy.fill(0, 5 * MIB, 6 * MIB)));

  it.each([
    [0, 5 * MIB, []],
    [6 * MIB, SIZE, []],
    [4_000_001, 6_000_001, [['zeroed', 5 * MIB, 6_000_001 - 5 * MIB]]],
    [5 * MIB + 9, 5 * MIB + 1000, [['zeroed', 5 * MIB + 9, 991]]],
    [6 * MIB - 100, 20 * MIB, [['zeroed', 6 * MIB - 100, 100]]],
  ])('%i to %i', async (from, to, damage) => {
    const found = await verifyFile(path, { range: { from, to } });
    expect(ranges(found.damage)).toEqual(damage);
    const asked = to > SIZE ? { askedTo: to } : {};
    expect(found.scope).toEqual({ kind: 'range', from, to: Math.min(to, SIZE), ...asked });
  });

  it('that begins after the end is refused', async () => {
    const range = { from: SIZE, to: SIZE + 1 };
    await expect(verifyFile(path, { range })).rejects.toMatchObject({ code: 'invalid-option' });
  });
});

describe('a range of a file that is too short', () => {
  const LENGTH = 5_000_000;
  const short = files.put(WHOLE.subarray(0, LENGTH));

  it.each([
    ['over its end', 4 * MIB, 6 * MIB, [['missing', LENGTH, 6 * MIB - LENGTH]]],
    ['from its end', LENGTH, LENGTH + 1, [['missing', LENGTH, 1]]],
    ['beyond its end', 6 * MIB, 7 * MIB, [['missing', 6 * MIB, MIB]]],
    ['beyond all that was stamped', 6 * MIB, 99 * MIB, [['missing', 6 * MIB, SIZE - 6 * MIB]]],
    ['up to its end', 4 * MIB, LENGTH, []],
    ['inside', 0, 4 * MIB, []],
  ])('%s', async (_what, from, to, damage) => {
    const found = await verifyFile(short, { range: { from, to } });
    expect(ranges(found.damage)).toEqual(damage);
    expect(found.verdict).toBe(damage.length > 0 ? 'damaged' : 'clean');
    const there = Math.max(0, Math.min(to, LENGTH) - from);
    const asked = to > LENGTH ? { askedTo: to } : {};
    expect(found.scope).toEqual({ kind: 'range', from, to: from + there, ...asked });
    expect(found.intact?.bytes).toBe(there);
    expect(found.parts).toBeNull();
    for (const one of found.damage) expect(one.because).toContain('end at byte 5,000,000, they');
  });

  it('that is known to be a part, or states no length: nothing is missing', async () => {
    const range = { from: 4 * MIB, to: 6 * MIB };
    const endless = stampedBytes(SIZE, { fileBytes: 0 }).subarray(0, LENGTH);
    const found = [
      await verifyFile(short, { range, part: true }),
      await verifyFile(files.put(endless), { range }),
    ];
    for (const one of found) {
      expect(one).toMatchObject({ verdict: 'clean', damage: [] });
      expect(one.scope).toMatchObject({ to: LENGTH, askedTo: 6 * MIB });
    }
    const beyond = { from: 6 * MIB, to: 7 * MIB };
    const refused = { code: 'invalid-option' };
    await expect(verifyFile(short, { range: beyond, part: true })).rejects.toMatchObject(refused);
    const path = files.put(endless);
    await expect(verifyFile(path, { range: beyond })).rejects.toMatchObject(refused);
    const after = { from: SIZE, to: SIZE + 1 };
    await expect(verifyFile(short, { range: after })).rejects.toMatchObject(refused);
  });

  it('of a part: offsets of what is missing are those of the whole', async () => {
    const part = files.put(WHOLE.subarray(2 * MIB, LENGTH));
    const range = { from: MIB, to: 4 * MIB };
    const found = await verifyFile(part, { range });
    expect(ranges(found.damage)).toEqual([['missing', LENGTH, 6 * MIB - LENGTH]]);
    expect((await verifyFile(part, { range, part: true })).verdict).toBe('clean');
  });

  it('after bytes were cut out: they are missing where they were, and not once more', async () => {
    const path = files.put(cut(WHOLE, 4 * MIB + 77, 5000));
    const found = await verifyFile(path, { range: { from: 4 * MIB - 9, to: SIZE } });
    expect(ranges(found.damage).filter(([kind]) => kind === 'missing')).toEqual([
      ['missing', 4 * MIB + 77, 5000],
    ]);
  });
});

describe('what is no stamped stream', () => {
  it.each([
    [Buffer.alloc(0), /is empty/],
    [Buffer.alloc(100_000), /nothing but zeros/],
    [noise(100_000), /no block with the header/],
    [noise(40 * MIB), /in its first 32MiB/],
  ])('is said', async (bytes, words) => {
    const refused = verify(bytes);
    await expect(refused).rejects.toMatchObject({ code: 'not-stamped' });
    await expect(refused).rejects.toThrow(words);
  });
});
