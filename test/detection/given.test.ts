// Copies of a file of the user's, of which nothing is known but its bytes: planted damage, clean
// copies, and what comes near to damage and is none.

import { describe, expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { diagnose } from '../../src/diagnose/diagnose.ts';
import type { Damage } from '../../src/domain/damage.ts';
import type { Observation } from '../../src/domain/observation.ts';

const LENGTH = 48 * 1024;

function given(seed = 'given'): Buffer {
  const rng = createRng(seed);
  return Buffer.from(Array.from({ length: LENGTH }, () => rng.integer(0, 255)));
}

/** A window of the file from `offset` on, as it was found. */
function damageOf(found: Buffer, offset = 0, fileBytes = offset + found.length): readonly Damage[] {
  const observation: Observation = {
    seq: 0,
    promise: 'read-back',
    actor: 'checker-0',
    file: 'out',
    offset,
    asked: LENGTH,
    returned: found.length,
    fileBytes,
    ioBytes: LENGTH,
    bytes: found,
    expected: { shape: 'given', meant: given().toString('base64'), lengthBytes: offset + LENGTH },
    rereads: [],
    atNs: '1',
    sourceIntact: true,
  };
  return diagnose(observation).damage;
}

describe.each([0, 8192])('at offset %i', (offset) => {
  test('a right copy is clean', () => {
    expect(damageOf(given(), offset)).toEqual([]);
  });

  test('a flipped bit', () => {
    const found = given();
    found[10_003] = (found[10_003] as number) ^ 0x40;
    expect(damageOf(found, offset)).toMatchObject([
      { kind: 'flipped', offset: offset + 10_003, length: 1, bits: { bitsInWord: [30] } },
    ]);
  });

  test('a zeroed page', () => {
    const found = given().fill(0, 4096, 8192);
    const [damage, ...others] = damageOf(found, offset);
    expect(damage).toMatchObject({ kind: 'zeroed', offset: offset + 4096, length: 4096 });
    expect(others).toEqual([]);
  });

  test('a page of another place', () => {
    const found = given();
    found.copy(found, 8192, 20_480, 24_576);
    const [damage] = damageOf(found, offset);
    expect(damage).toMatchObject({ offset: offset + 8192, from: { offset: offset + 20_480 } });
    expect(['misdirected', 'shifted', 'duplicated']).toContain(damage?.kind);
  });

  test('a file that ends too early', () => {
    const found = given().subarray(0, 30_000);
    expect(damageOf(found, offset)).toMatchObject([
      { kind: 'missing', offset: offset + 30_000, length: LENGTH - 30_000 },
    ]);
    expect(damageOf(found, offset)[0]?.because).toContain(
      `byte ${new Intl.NumberFormat('en-US').format(offset + 30_000)}`,
    );
  });
});

test('a file that goes on beyond its end', () => {
  expect(damageOf(given(), 0, LENGTH + 100)).toMatchObject([
    { kind: 'extra', offset: LENGTH, length: 100 },
  ]);
});

test('bytes of nobody are foreign, and not flipped', () => {
  const found = given();
  given('other').copy(found, 12_288, 12_288, 16_384);
  expect(damageOf(found)[0]?.kind).toBe('foreign');
});
