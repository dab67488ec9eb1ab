// `diagnose BAD GOOD` classifies the difference between files of any content; places are found by
// content, so that plain and repetitive data must not lead to claims about a place.

import { afterAll, describe, expect, it } from 'vitest';
import { diagnoseFiles } from '../../src/diagnose/files.ts';
import {
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

const SIZE = 1_000_003;
/** Nothing in it repeats. */
const GOOD = noise(SIZE, 42);
const diagnose = (bad: Uint8Array, good: Uint8Array = GOOD, rangesMax?: number) =>
  diagnoseFiles(files.put(bad), files.put(good), rangesMax === undefined ? {} : { rangesMax });

describe('equal files', () => {
  it.each([0, 1, 4096, SIZE])('of %i bytes are clean', async (length) => {
    const found = await diagnose(GOOD.subarray(0, length), GOOD.subarray(0, length));
    expect(found).toMatchObject({ verdict: 'clean', bytes: length, damage: [], signature: null });
  });
});

describe('bytes that differ in their place', () => {
  it('one bit', async () => {
    const bad = changed(GOOD, (copy) => {
      copy[77_777] = (copy[77_777] as number) ^ 0x80;
    });
    const found = await diagnose(bad);
    expect(ranges(found.damage)).toEqual([['flipped', 77_777, 1]]);
    expect(found.damage[0]?.bits?.bitsInWord).toEqual([8 * (77_777 % 8) + 7]);
  });

  it('the original fault: half of a word of all ones is zero', async () => {
    const good = changed(GOOD, (copy) => copy.fill(0xff, 40_960, 40_968));
    const bad = changed(good, (copy) => copy.fill(0, 40_960, 40_964));
    const found = await diagnose(bad, good);
    expect(ranges(found.damage)).toEqual([['flipped', 40_960, 4]]);
    expect(found.signature?.words).toContain('bits 0-31 of a 64-bit word, 1->0');
    expect(found.signature?.words).toContain('all ones');
  });

  it('a zeroed range', async () => {
    const found = await diagnose(changed(GOOD, (copy) => copy.fill(0, 65_536, 131_072)));
    const [only] = found.damage;
    expect(found.damage).toHaveLength(1);
    expect(only?.kind).toBe('zeroed');
    // The meant bytes at its ends may be zero, and then are not damaged.
    expect(only?.offset).toBe(65_536 + GOOD.subarray(65_536).findIndex((byte) => byte !== 0));
    const end = GOOD.subarray(0, 131_072).findLastIndex((byte) => byte !== 0) + 1;
    expect((only?.offset ?? 0) + (only?.length ?? 0)).toBe(end);
  });

  it('binary garbage', async () => {
    const found = await diagnose(replaced(GOOD, 300_000, noise(5000, 999)));
    const [only] = found.damage;
    expect(found.damage).toHaveLength(1);
    expect(only?.kind).toBe('foreign');
    expect(Math.abs((only?.offset ?? 0) - 300_000)).toBeLessThan(4);
    expect(only?.because).toContain('not those of GOOD');
  });
});

describe('bytes of other places', () => {
  it('one byte inserted into 64 MiB', { timeout: 60_000 }, async () => {
    const good = Buffer.alloc(64 * 2 ** 20);
    for (let at = 0; at < good.length; at += 8) {
      good.writeUInt32LE(Math.imul(at / 8, 0x9e3779b1) >>> 0, at);
      good.writeUInt32LE(Math.imul(at / 8 + 7, 0x85ebca6b) >>> 0, at + 4);
    }
    const at = 12_345_678;
    const found = await diagnose(inserted(good, at, Uint8Array.of(0x5a)), good);
    expect(ranges(found.damage)).toEqual([
      ['extra', at, 1],
      ['shifted', at + 1, good.length - at],
    ]);
    expect(found.damage[1]?.from?.offset).toBe(at);
  });

  it('a part cut out', async () => {
    const found = await diagnose(cut(GOOD, 500_000, 333));
    expect(ranges(found.damage)).toEqual([
      ['missing', 500_000, 333],
      ['shifted', 500_000, SIZE - 500_333],
    ]);
  });

  it('swapped blocks', async () => {
    const one = GOOD.subarray(40_960, 45_056);
    const two = GOOD.subarray(409_600, 413_696);
    const found = await diagnose(replaced(replaced(GOOD, 409_600, one), 40_960, two));
    expect(found.damage.map((damage) => damage.kind)).toEqual(['misdirected', 'misdirected']);
    expect(found.damage[0]).toMatchObject({ offset: 40_960, length: 4096 });
    expect(found.damage[0]?.from?.offset).toBe(409_600);
    expect(found.damage[1]?.from?.offset).toBe(40_960);
  });

  it('a part twice', async () => {
    const part = GOOD.subarray(100_000, 150_000);
    const found = await diagnose(inserted(GOOD, 150_000, part));
    expect(found.damage.map((damage) => damage.kind)).toEqual(['duplicated', 'shifted']);
    expect(found.damage[0]).toMatchObject({ offset: 150_000, length: 50_000 });
    expect(found.damage[0]?.from?.offset).toBe(100_000);
  });
});

describe('lengths', () => {
  it('truncated, and gone on', async () => {
    expect(ranges((await diagnose(GOOD.subarray(0, 777_777))).damage)).toEqual([
      ['missing', 777_777, SIZE - 777_777],
    ]);
    const longer = Buffer.concat([GOOD, noise(100, 5)]);
    expect(ranges((await diagnose(longer)).damage)).toEqual([['extra', SIZE, 100]]);
  });

  it('empty against something, and something against nothing', async () => {
    const nothing = Buffer.alloc(0);
    expect(ranges((await diagnose(nothing)).damage)).toEqual([['missing', 0, SIZE]]);
    expect(ranges((await diagnose(GOOD, nothing)).damage)).toEqual([['extra', 0, SIZE]]);
  });
});

describe('what must not be claimed', () => {
  const kindsOfPlace = ['misdirected', 'shifted', 'duplicated'];

  it('no place in data that are the same everywhere', async () => {
    const plain = Buffer.alloc(200_000, 'abcdefgh');
    const bad = changed(plain, (copy) => copy.write('efghabcdefghabcd', 50_000));
    const kinds = (await diagnose(bad, plain)).damage.map((damage) => damage.kind);
    expect(kinds.length).toBeGreaterThan(0);
    expect(kinds.filter((kind) => kindsOfPlace.includes(kind))).toEqual([]);
  });

  it('no place for bytes that stand at two places equally far away', async () => {
    const part = noise(4096, 8);
    const good = replaced(replaced(GOOD, 200_000, part), 600_000, part);
    const found = await diagnose(replaced(good, 400_000, part), good);
    expect(found.damage.map((damage) => damage.kind)).not.toContain('duplicated');
    for (const damage of found.damage) expect(damage.from?.offset).toBeUndefined();
  });

  it('no place for entirely different files', async () => {
    const found = await diagnose(noise(SIZE, 4711));
    expect(found.verdict).toBe('damaged');
    const kinds = found.damage.map((damage) => damage.kind);
    expect(kinds).toContain('foreign');
    expect(kinds.filter((kind) => kindsOfPlace.includes(kind))).toEqual([]);
  });
});

describe('a stamped GOOD', () => {
  const good = stampedBytes(400_000);

  it('tells the generation and the hunt of what was found', async () => {
    const old = stampedBytes(400_000, { generation: 2 }).subarray(40_960, 45_056);
    const other = stampedBytes(400_000, { seed: 'other' }).subarray(81_920, 90_112);
    const found = await diagnose(replaced(replaced(good, 40_960, old), 81_920, other), good);
    expect(ranges(found.damage)).toEqual([
      ['stale', 40_960, 4096],
      ['foreign', 81_920, 8192],
    ]);
    expect(found.damage[0]?.from?.generation).toBe(2);
    expect(found.damage[1]?.from?.hunt).toMatch(/^[0-9a-f]{16}$/);
  });
});

it('lists so many ranges and counts the rest', async () => {
  const bad = changed(GOOD, (copy) => {
    for (let at = 0; at < SIZE; at += 1000) copy[at] = (copy[at] as number) ^ 2;
  });
  const found = await diagnose(bad, GOOD, 5);
  expect(found.damage).toHaveLength(5);
  expect(found.damage.length + found.damageNotListed).toBe(Math.ceil(SIZE / 1000));
});

it('says which file is not there', async () => {
  const here = files.put(GOOD.subarray(0, 10));
  const gone = `${files.folder}/gone`;
  for (const [bad, good] of [
    [here, gone],
    [gone, here],
  ] as const) {
    const told = await diagnoseFiles(bad, good).catch((error: Error) => error);
    expect(told).toMatchObject({ code: 'no-such-file' });
    expect((told as Error).message).toContain(gone);
  }
});
