// The framer: whatever the pieces in which bytes come, wanted packets are whole, the others pass
// unchanged, and the order of all bytes is kept. And that a packet of our own never lands inside
// one that passes.

import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PacketFramer } from '../../../../src/fault/sftp-proxy/packet-framer.ts';
import { PacketWriter } from '../../../../src/fault/sftp-proxy/packet-writer.ts';

function packetOf(type: number, body: Uint8Array): Buffer {
  const packet = Buffer.alloc(5 + body.length);
  packet.writeUInt32BE(1 + body.length, 0);
  packet.writeUInt8(type, 4);
  packet.set(body, 5);
  return packet;
}

const packets = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 8 }), fc.uint8Array({ maxLength: 40 })),
  { maxLength: 20 },
);

function pieces(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const cut: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    cut.push(bytes.subarray(at, at + length));
    at += length;
  }
  return [...cut, bytes.subarray(at)];
}

test('any fragmentation gives the same packets and the same bytes', () => {
  fc.assert(
    fc.property(packets, fc.array(fc.nat(30)), fc.nat(8), (shapes, lengths, wanted) => {
      const all = shapes.map(([type, body]) => packetOf(type, body));
      const whole: Buffer[] = [];
      const out: Buffer[] = [];
      let isInside = false;
      const framer = new PacketFramer({
        wants: (type) => type <= wanted,
        packet: (packet) => {
          expect(isInside).toBe(false);
          whole.push(packet);
          out.push(Buffer.from(packet));
        },
        pass: (bytes, isWhole) => {
          isInside = !isWhole;
          out.push(Buffer.from(bytes));
        },
      });
      for (const piece of pieces(Buffer.concat(all), lengths)) framer.push(piece);
      expect(Buffer.concat(out)).toEqual(Buffer.concat(all));
      expect(whole).toEqual(all.filter((packet) => (packet[4] as number) <= wanted));
    }),
  );
});

test('packets of our own wait for the end of one that passes in pieces', () => {
  fc.assert(
    fc.property(packets, fc.array(fc.nat(30)), (shapes, lengths) => {
      const channel = new PassThrough({ highWaterMark: 2 ** 20 });
      const writer = new PacketWriter(
        channel,
        () => undefined,
        () => () => undefined,
      );
      const framer = new PacketFramer({
        wants: () => false,
        packet: () => undefined,
        pass: (bytes, isWhole) => writer.pass(bytes, isWhole),
      });
      const all = Buffer.concat(shapes.map(([type, body]) => packetOf(type, body)));
      const ours = packetOf(99, new Uint8Array(3));
      let sent = 0;
      for (const piece of pieces(all, lengths)) {
        framer.push(piece);
        writer.packet(ours);
        sent++;
      }
      const seen: number[] = [];
      const reader = new PacketFramer({
        wants: () => true,
        packet: (packet) => seen.push(packet[4] as number),
        pass: () => expect.unreachable(),
      });
      reader.push(Buffer.from((channel.read() as Buffer | null) ?? []));
      expect(seen.filter((type) => type !== 99)).toEqual(shapes.map(([type]) => type));
      expect(seen.filter((type) => type === 99)).toHaveLength(sent);
    }),
  );
});

test('a length that no server takes passes and is not kept', () => {
  const passed: number[] = [];
  const framer = new PacketFramer({
    wants: () => true,
    packet: () => expect.unreachable(),
    pass: (bytes) => passed.push(bytes.length),
  });
  const huge = Buffer.alloc(64);
  huge.writeUInt32BE(0xffff_fff0, 0);
  framer.push(huge);
  framer.push(Buffer.alloc(100));
  expect(passed).toEqual([64, 100]);
});
