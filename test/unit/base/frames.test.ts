// Frames survive any cut of the stream, and what is no frame is refused.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frameOf, frameReader } from '../../../src/base/frames.ts';

test('values come out whole and in order, however the bytes were cut', () => {
  const value = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.bigInt(),
    fc.string(),
    fc.record({ a: fc.integer(), bytes: fc.uint8Array({ maxLength: 9 }) }),
  );
  const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 });
  fc.assert(
    fc.property(fc.array(value, { maxLength: 6 }), cuts, (values, sizes) => {
      const stream = Buffer.concat(values.map(frameOf));
      const taken: unknown[] = [];
      const read = frameReader((each) => taken.push(each));
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const size = sizes[turn % sizes.length] as number;
        read(stream.subarray(at, at + size));
        at += size;
      }
      expect(taken.map(plain)).toEqual(values.map(plain));
    }),
  );
});

test('a greeting of a shell is no frame', () => {
  const read = frameReader(() => undefined);
  expect(() => read(Buffer.from('Welcome to this host\n'))).toThrow(/no frame is/);
});

/** Bytes come back as another view of bytes. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (typeof value !== 'object' || value === null || !('bytes' in value)) return value;
  return { ...value, bytes: [...(value.bytes as Uint8Array)] };
}
