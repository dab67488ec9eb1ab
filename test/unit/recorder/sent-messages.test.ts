// The hash of sent messages against a Map, with keys of every pattern that would cluster.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SentMessages } from '../../../src/recorder/sent-messages.ts';

const key = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: 0, max: 40 }).map((one) => one * 4096),
  fc.integer({ min: 0, max: 40 }).map((one) => one * 2 ** 26),
  fc.integer(),
);

it('finds every key, its first message and those that follow, and nothing else', () => {
  const keys = fc.array(fc.tuple(key, key), { maxLength: 3000 });
  fc.assert(
    fc.property(keys, fc.array(fc.tuple(key, key), { maxLength: 100 }), (sent, others) => {
      const messages = new SentMessages(2);
      const half = Math.floor(sent.length / 2);
      for (const part of [sent.slice(0, half), sent.slice(half)]) {
        const numbers = new Float64Array(part.length);
        messages.add(part.length, Int32Array.from(part.flat()), 0, numbers, numbers);
      }
      const expected = new Map<string, number[]>();
      sent.forEach((one, message) => {
        expected.set(String(one), [...(expected.get(String(one)) ?? []), message]);
      });
      for (const one of [...sent, ...others]) {
        const found: number[] = [];
        const first = messages.find(Int32Array.from(one), 0);
        for (let at = first; at !== -1; at = messages.next(at)) found.push(at);
        expect(found).toEqual(expected.get(String(one)) ?? []);
      }
      expect(messages.reused).toBe(sent.length === 0 ? 0 : sent.length - expected.size);
    }),
    { numRuns: 30 },
  );
});
