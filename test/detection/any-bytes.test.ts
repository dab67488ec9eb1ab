// Whatever the bytes, diagnosing them never throws, says nothing of clean data, and leaves no wrong
// byte unsaid. Damage is piled up at random: several sorts over each other, in every pattern.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { diagnose, expectedWindow } from '../../src/diagnose/diagnose.ts';
import { PATTERNS } from '../../src/domain/observation.ts';
import {
  blocksObservation,
  type Clean,
  cleanFile,
  damageOf,
  encoded,
  garbage,
  joined,
  streams,
  unitObservation,
} from './planting.ts';

type Blow = (bytes: Uint8Array, at: number, to: number, clean: Clean) => Uint8Array;

const over = (bytes: Uint8Array, at: number, by: Uint8Array) => {
  const out = bytes.slice();
  out.set(by.subarray(0, out.length - at), at);
  return out;
};
const BLOWS: readonly Blow[] = [
  (bytes, at) => over(bytes, at, Uint8Array.of((bytes[at] as number) ^ 16)),
  (bytes, at, to) => over(bytes, at, new Uint8Array(to - at)),
  (bytes, at, to) => over(bytes, at, garbage(to - at, at)),
  (bytes, at, to) => joined(bytes.subarray(0, at), bytes.subarray(to)),
  (bytes, at, to) => joined(bytes.subarray(0, to), bytes.subarray(at)),
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at, to) => over(bytes, at, bytes.slice(0, to - at)),
  (bytes, at, to, { stream, blocks, generation }) =>
    over(bytes, at, encoded(stream, 0, blocks, generation - 1).subarray(at, to)),
  (bytes, at, to, { stream }) =>
    over(bytes, at, encoded({ ...stream, hunt: 'feedfacefeedface' }, 3, 1, 7).subarray(0, to - at)),
  (bytes, at, to, { stream }) =>
    over(bytes, at, encoded({ ...stream, file: stream.file + 2 }, 1, 1, 7).subarray(0, to - at)),
];

const blows = fc.array(fc.tuple(fc.nat(BLOWS.length - 1), fc.nat(), fc.integer({ min: 1 })), {
  maxLength: 5,
});
const cases = fc
  .tuple(
    fc.constantFrom(...PATTERNS).chain((pattern) => streams(pattern, [512, 4096])),
    fc.integer({ min: 1, max: 12 }),
    fc.constantFrom(1, 2, 100, 16_384, 70_000),
    blows,
  )
  .map(([stream, blocks, generation, chosen]) => {
    const clean = cleanFile(stream, blocks, generation);
    const bytes = chosen.reduce<Uint8Array>((all, [which, where, length]) => {
      if (all.length === 0) return all;
      const at = where % all.length;
      const to = Math.min(all.length, at + 1 + (length % (length % 2 === 0 ? 64 : all.length)));
      return (BLOWS[which] as Blow)(all, at, to, clean);
    }, clean.bytes);
    return { clean, bytes, chosen, toString: () => JSON.stringify({ stream, blocks, chosen }) };
  });

it('blocks: what differs is said, and nothing else', () => {
  fc.assert(
    fc.property(cases, ({ clean, bytes }) => {
      const observation = blocksObservation(clean, bytes);
      const { damage } = diagnose(observation);
      const meant = expectedWindow(observation) as Uint8Array;
      const same = Buffer.compare(meant, bytes) === 0;
      expect(damage.length === 0).toBe(same);
      expect(damage.every(({ length, offset }) => length > 0 && offset >= 0)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

it('units and records: whatever is there, there is an answer', () => {
  fc.assert(
    fc.property(cases, fc.nat(3), ({ clean, bytes }, block) => {
      const { stream, generation, blocks } = clean;
      const unit = { block, acknowledged: Math.max(0, generation - 2), started: generation };
      damageOf(unitObservation(stream, bytes.subarray(0, stream.blockBytes), unit));
      const seen = unitObservation(stream, bytes, unit);
      const recordsOfWriter = [blocks >> 1, blocks - (blocks >> 1)];
      const expected = { shape: 'records' as const, stream, recordsOfWriter };
      const { damage } = diagnose({ ...seen, offset: 0, fileBytes: bytes.length, expected });
      expect(damage.every(({ length, offset }) => length > 0 && offset >= 0)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

it('a plain pattern that is displaced by a word is not called another generation', () => {
  for (const pattern of ['alternating', 'walking'] as const) {
    const stream = { hunt: 'ab', file: 1, writer: 0, blockBytes: 4096, pattern, fileBytes: 0 };
    const clean = cleanFile({ ...stream, hunt: '00000000000000ab' }, 4, 9);
    const moved = clean.bytes.slice();
    moved.copyWithin(4096 + 72, 4096 + 64, 8184);
    const kinds = damageOf(blocksObservation(clean, moved)).map(({ kind }) => kind);
    expect(kinds).not.toContain('stale');
    expect(kinds).not.toContain('foreign');
    expect(kinds.length).toBeGreaterThan(0);
  }
});
