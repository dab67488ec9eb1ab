// Ordinary data (text, JSON, counters): a small edit comes close to what was meant as flipped bits
// do, and must not be called flipped; a flipped bit must be, and a mask that several words share.

import { afterAll, describe, expect, it } from 'vitest';
import { diagnoseFiles } from '../../src/diagnose/files.ts';
import type { Damage } from '../../src/domain/damage.ts';
import { changed, noise, scratch } from './damaged-files.ts';

const files = scratch();
afterAll(files.remove);

async function damageIn(good: Buffer, bad: Buffer): Promise<readonly Damage[]> {
  return (await diagnoseFiles(files.put(bad), files.put(good))).damage;
}

const kindsIn = (damage: readonly Damage[]) => [...new Set(damage.map(({ kind }) => kind))];

const WORDS = ['lorem', 'ipsum', 'dolor', 'sit', 'amet', 'consectetur', 'elit', 'sed'];
const TEXT = Buffer.from(
  Array.from(noise(9000, 5), (byte, at) => `${WORDS[byte & 7]} ${at}${at % 9 ? ' ' : '\n'}`).join(
    '',
  ),
);
const JSON_LINES = Buffer.from(
  Array.from(noise(2000, 9), (byte, at) => `{"id": ${at}, "amount": ${byte * 37}}\n`).join(''),
);

function counters(first: number, count: number): Buffer {
  const out = Buffer.alloc(8 * count);
  for (let at = 0; at < count; at++) out.writeBigUInt64LE(BigInt(first + at), 8 * at);
  return out;
}
const COUNTERS = counters(5000, 8192);

describe.each([
  ['text', TEXT],
  ['JSON', JSON_LINES],
  ['counters', COUNTERS],
])('in %s', (_, good) => {
  it('one flipped bit is flipped', async () => {
    for (let n = 0; n < 40; n++) {
      const at = 1000 + n * 611;
      const bad = changed(good, (copy) => {
        copy[at] = (copy[at] as number) ^ (1 << (n & 7));
      });
      const damage = await damageIn(good, bad);
      expect(damage).toMatchObject([{ kind: 'flipped', offset: at, bits: { count: 1 } }]);
    }
  });

  it('one mask over several words is flipped', async () => {
    const bad = changed(good, (copy) => {
      for (let at = 8000; at < 8080; at += 8) copy[at + 2] = (copy[at + 2] as number) ^ 0x5a;
    });
    const damage = await damageIn(good, bad);
    expect(kindsIn(damage)).toEqual(['flipped']);
    expect(damage[0]?.because).toContain('one and the same mask');
  });
});

describe('an edit is not flipped', () => {
  it.each(['sit ', 'amet', 'dolor'])('the word %s in capitals', async (word) => {
    const at = TEXT.indexOf(word, 12_000);
    const bad = changed(TEXT, (copy) => copy.write(word.toUpperCase(), at, 'latin1'));
    const damage = await damageIn(TEXT, bad);
    expect(kindsIn(damage)).toEqual(['unexplained']);
    expect(damage[0]?.bits?.count).toBe(word.trim().length);
    expect(damage.every(({ because }) => !because.includes('random words'))).toBe(true);
  });

  it('another amount', async () => {
    const at = JSON_LINES.indexOf('"amount": ', 20_000) + 10;
    const bad = changed(JSON_LINES, (copy) => {
      for (const [index, digit] of [...'718'].entries()) {
        copy[at + index] = digit.charCodeAt(0) ^ ((copy[at + index] ?? 0) === 0x37 ? 6 : 0);
      }
    });
    for (const { kind, bits } of await damageIn(JSON_LINES, bad)) {
      if ((bits?.count ?? 2) > 1) expect(kind).toBe('unexplained');
    }
  });

  it('an older state of a page of counters', async () => {
    const bad = changed(COUNTERS, (copy) => counters(4000 - 777, 512).copy(copy, 4096));
    expect(kindsIn(await damageIn(COUNTERS, bad))).toEqual(['unexplained']);
  });
});
