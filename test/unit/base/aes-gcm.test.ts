// Our AES-GCM against node:crypto's, in both directions and in pieces of any size.

import { createCipheriv, createDecipheriv } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AesGcm } from '../../../src/base/aes-gcm.ts';

const NAMES = ['aes-128-gcm', 'aes-256-gcm'] as const;
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

function made(name: string, key: Uint8Array, direction: 'encrypt' | 'decrypt'): AesGcm {
  const cipher = AesGcm.make(name, key, direction);
  if (cipher === null) throw new Error('this Node shows its OpenSSL');
  return cipher;
}

const message = fc.constantFrom(...NAMES).chain((name) =>
  fc.record({
    name: fc.constant(name),
    key: bytes(name === 'aes-128-gcm' ? 16 : 32),
    messages: fc.array(
      fc.record({
        iv: bytes(12),
        head: bytes(4),
        text: fc.uint8Array({ maxLength: 2000 }),
        cut: fc.nat(2000),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
);

test('what one context encrypts, message after message, is what node:crypto makes of it', () => {
  fc.assert(
    fc.property(message, ({ name, key, messages }) => {
      const ours = made(name, key, 'encrypt');
      for (const { iv, head, text, cut } of messages) {
        const theirs = createCipheriv(name, key, iv);
        theirs.setAAD(head);
        const expected = Buffer.concat([theirs.update(text), theirs.final()]);
        const inPlace = Uint8Array.from(text);
        ours.begin(iv, head);
        ours.update(inPlace.subarray(0, cut), inPlace.subarray(0, cut));
        ours.update(inPlace.subarray(cut), inPlace.subarray(cut));
        const tag = new Uint8Array(16);
        ours.seal(tag);
        expect(Buffer.from(inPlace)).toEqual(expected);
        expect(Buffer.from(tag)).toEqual(theirs.getAuthTag());
      }
      ours.free();
    }),
  );
});

test('what node:crypto encrypts is decrypted, and one changed bit is refused', () => {
  fc.assert(
    fc.property(message, fc.nat(), ({ name, key, messages }, place) => {
      const ours = made(name, key, 'decrypt');
      for (const { iv, head, text, cut } of messages) {
        const theirs = createCipheriv(name, key, iv);
        theirs.setAAD(head);
        const sealed = Buffer.concat([theirs.update(text), theirs.final()]);
        const opened = new Uint8Array(sealed.length);
        ours.begin(iv, head);
        ours.update(sealed.subarray(0, cut), opened.subarray(0, cut));
        ours.update(sealed.subarray(cut), opened.subarray(cut));
        expect(ours.verify(theirs.getAuthTag())).toBe(true);
        expect(opened).toEqual(text);

        const changed = Buffer.concat([sealed, theirs.getAuthTag()]);
        const at = place % changed.length;
        changed.writeUInt8(changed.readUInt8(at) ^ (1 << (place % 8)), at);
        ours.begin(iv, head);
        ours.update(changed.subarray(0, -16), opened);
        expect(ours.verify(changed.subarray(-16))).toBe(false);
      }
      ours.free();
    }),
  );
});

test('node:crypto opens what ours has sealed', () => {
  const [key, iv, head] = [new Uint8Array(16).fill(1), new Uint8Array(12), new Uint8Array(4)];
  const text = new Uint8Array(100_000).fill(7);
  const ours = made('aes-128-gcm', key, 'encrypt');
  const sealed = new Uint8Array(text.length);
  const tag = new Uint8Array(16);
  ours.begin(iv, head);
  ours.update(text, sealed);
  ours.seal(tag);
  const theirs = createDecipheriv('aes-128-gcm', key, iv).setAAD(head).setAuthTag(tag);
  expect(Buffer.concat([theirs.update(sealed), theirs.final()]).equals(text)).toBe(true);
});

test('a cipher that there is not is none, and a freed one is not used', () => {
  expect(AesGcm.make('aes-128-ctr', new Uint8Array(16), 'encrypt')).toBeNull();
  const ours = made('aes-128-gcm', new Uint8Array(16), 'encrypt');
  ours.free();
  ours.free();
  expect(() => ours.begin(new Uint8Array(12), new Uint8Array(4))).toThrow('freed');
});
