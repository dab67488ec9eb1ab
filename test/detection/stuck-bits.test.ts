// A bit that is stuck in every word, or in every byte: flips, in `verify` as in `diagnose`. The
// word code is linear, so words changed alike agree on a place that they were never written to;
// nobody may be accused of that.

import { afterAll, describe, expect, it } from 'vitest';
import { diagnoseFiles, verifyFile } from '../../src/diagnose/files.ts';
import type { Damage } from '../../src/domain/damage.ts';
import { BLOCK, changed, scratch, stampedBytes } from './damaged-files.ts';

const files = scratch();
afterAll(files.remove);

const GOOD = stampedBytes(256 * 1024, { seed: 'abc', generation: 1 });
const goodPath = files.put(GOOD);

/** Both answers. */
async function answers(bad: Buffer): Promise<(readonly Damage[])[]> {
  const path = files.put(bad);
  const [verified, compared] = [await verifyFile(path), await diagnoseFiles(path, goodPath)];
  return [verified.damage, compared.damage];
}

function every(from: number, to: number, step: number, change: (byte: number) => number): Buffer {
  return changed(GOOD, (copy) => {
    for (let at = from; at < to; at += step) copy[at] = change(copy[at] as number);
  });
}

const [FROM, TO] = [10 * BLOCK, 11 * BLOCK];
const kindsIn = (damage: readonly Damage[]) => [...new Set(damage.map(({ kind }) => kind))];

describe('one bit of every word of a body', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7])('bit %i stuck at 1 or 0 accuses no place', async (bit) => {
    const mask = 1 << bit;
    for (const change of [(byte: number) => byte | mask, (byte: number) => byte & ~mask]) {
      for (const lane of [0, 5]) {
        for (const damage of await answers(every(FROM + 64 + lane, TO, 8, change))) {
          expect(kindsIn(damage)).toEqual(['flipped']);
          const told = new Set(damage.flatMap(({ bits }) => bits?.bitsInWord));
          expect([...told]).toEqual([lane * 8 + bit]);
          expect(damage.every(({ bits }) => bits?.direction !== 'both')).toBe(true);
        }
      }
    }
  });

  it('of a whole file, in bounded work', async () => {
    for (const damage of await answers(every(0, GOOD.length, 8, (byte) => byte & ~4))) {
      expect(kindsIn(damage)).toEqual(['flipped']);
      expect(damage[0]?.bits).toMatchObject({ bitsInWord: [2], direction: '1->0' });
    }
  });
});

describe('bits of every byte, headers included', () => {
  it.each([
    ['a block', FROM, TO],
    ['a sector with a header', FROM, FROM + 512],
    ['a sector without', FROM + 1024, FROM + 1536],
  ])('%s with bit 3 of each byte stuck at 1', async (_, from, to) => {
    const [verified, compared] = await answers(every(from, to, 1, (byte) => byte | 8));
    expect(kindsIn(verified ?? [])).toEqual(['flipped']);
    expect(verified).toEqual(compared);
    const [first] = verified ?? [];
    expect(first?.bits).toMatchObject({ xorMask: '0808080808080808', direction: '0->1' });
    expect(first?.because).toContain('stuck at 1');
    expect(first?.because).toContain('0808080808080808');
  });

  it('a block of which every bit is inverted', async () => {
    const [verified, compared] = await answers(every(FROM, TO, 1, (byte) => byte ^ 0xff));
    expect(verified).toMatchObject([{ kind: 'flipped', offset: FROM, length: BLOCK }]);
    expect(verified?.[0]?.bits?.xorMask).toBe('ffffffffffffffff');
    expect(compared).toEqual(verified);
  });

  it('but another block, whatever its bits, is not flipped', async () => {
    const other = stampedBytes(GOOD.length, { seed: 'other' }).subarray(FROM, TO);
    const bad = changed(GOOD, (copy) => other.copy(copy, FROM));
    for (const damage of await answers(bad)) expect(kindsIn(damage)).toEqual(['foreign']);
  });
});

it('a whole file with damaged headers is said to look stamped', async () => {
  const path = files.put(every(0, GOOD.length, 1, (byte) => byte | 8));
  await expect(verifyFile(path)).rejects.toThrow(/looks like a stamped file whose headers are/);
  await expect(verifyFile(files.put(Buffer.alloc(9000, 7)))).rejects.toThrow(/has no block with/);
});
