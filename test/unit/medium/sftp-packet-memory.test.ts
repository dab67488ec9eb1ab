// Memory for packets: none is given out twice while it is in use, and it is used again after that.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PacketMemory } from '../../../src/medium/sftp-packet-memory.ts';

test('packets that are not out yet keep what was written to them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 300_000 }), fc.nat(3)), { maxLength: 60 }),
      (steps) => {
        const memory = new PacketMemory();
        const open: { packet: Buffer; mark: number }[] = [];
        for (const [index, [bytes, released]] of steps.entries()) {
          const packet = memory.take(bytes);
          expect(packet.length).toBe(bytes);
          packet[0] = packet[bytes - 1] = index;
          open.push({ packet, mark: index });
          for (const { packet: sent, mark } of open.splice(0, released)) {
            expect([sent[0], sent.at(-1)]).toEqual([mark, mark]);
            memory.whenSent(sent)();
          }
        }
        for (const { packet, mark } of open) expect(packet[0]).toBe(mark);
      },
    ),
    { numRuns: 30 },
  );
});

test('what is sent at once needs one piece of memory, however much it is', () => {
  const memory = new PacketMemory();
  const seen = new Set<ArrayBufferLike>();
  for (let packets = 0; packets < 1000; packets++) {
    const packet = memory.take(30_000);
    seen.add(packet.buffer);
    memory.whenSent(packet)();
  }
  expect(seen.size).toBe(1);
});

test('a packet of more than a piece has memory of its own', () => {
  const memory = new PacketMemory();
  const large = memory.take(3 * 2 ** 20);
  expect(large.length).toBe(3 * 2 ** 20);
  memory.whenSent(large)();
  expect(memory.take(10).buffer).not.toBe(large.buffer);
});
