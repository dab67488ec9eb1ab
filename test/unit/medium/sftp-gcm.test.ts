// Our AES-GCM of SSH against the library's own: each opens what the other sealed, in pieces of any
// size, in memory that is borrowed and used again.

import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AesGcm } from '../../../src/base/aes-gcm.ts';
import {
  DATA_BYTES_MAX,
  type GcmLine,
  GcmOpener,
  GcmSealer,
} from '../../../src/medium/sftp-gcm.ts';

interface Theirs {
  allocPacket(bytes: number): Buffer;
  encrypt(packet: Buffer): void;
  decrypt(data: Buffer, from: number, end: number): number | undefined;
}
const library = createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js') as {
  CIPHER_INFO: Readonly<Record<string, unknown>>;
  createCipher(config: unknown): Theirs;
  createDecipher(config: unknown): Theirs;
};

const NAME = 'aes128-gcm@openssh.com';
const KEY = randomBytes(16);
/** Its counter overflows a byte within a few packets. */
const IV = Uint8Array.from([1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0xff, 0xfe]);
const CHANNEL_DATA = 94;

function lineOf(sent: Buffer[], isLending = true): GcmLine {
  return {
    send(packet, done) {
      sent.push(Buffer.from(packet));
      done();
    },
    isLending: () => isLending,
    lending(done, act) {
      const result = act();
      done();
      return result;
    },
  };
}

function ours(direction: 'encrypt' | 'decrypt'): AesGcm {
  const gcm = AesGcm.make('aes-128-gcm', KEY, direction);
  if (gcm === null) throw new Error('this Node shows its OpenSSL');
  return gcm;
}

function theirConfig(onWrite: (data: Buffer) => void, onPayload: (payload: Buffer) => void) {
  const info = library.CIPHER_INFO[NAME];
  return {
    outbound: { seqno: 0, onWrite, cipherInfo: info, cipherKey: KEY, cipherIV: Buffer.from(IV) },
    inbound: {
      seqno: 0,
      onPayload,
      decipherInfo: info,
      decipherKey: KEY,
      decipherIV: Buffer.from(IV),
    },
  };
}

/** Packets as the library fills them: the payload after length and padding length. */
function sealAll(sealer: Pick<Theirs, 'allocPacket' | 'encrypt'>, payloads: readonly Buffer[]) {
  for (const payload of payloads) {
    const packet = sealer.allocPacket(payload.length);
    payload.copy(packet, 5);
    sealer.encrypt(packet);
  }
}

function pieces(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const cut: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    cut.push(Buffer.from(bytes.subarray(at, at + length)));
    at += length;
  }
  return [...cut, Buffer.from(bytes.subarray(at))].filter((piece) => piece.length > 0);
}

const payloads = fc.array(
  fc
    .tuple(fc.constantFrom(CHANNEL_DATA, 93, 20), fc.uint8Array({ maxLength: 300 }))
    .map(([type, body]) => Buffer.from([type, ...body])),
  { minLength: 1, maxLength: 8 },
);
const lengths = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 12 });

test('the library opens what we seal', () => {
  fc.assert(
    fc.property(payloads, lengths, (all, cuts) => {
      const sent: Buffer[] = [];
      sealAll(new GcmSealer(ours('encrypt'), IV, 0, lineOf(sent)), all);
      const opened: Buffer[] = [];
      const config = theirConfig(
        () => undefined,
        (payload) => void opened.push(Buffer.from(payload)),
      );
      const decipher = library.createDecipher(config);
      for (const piece of pieces(Buffer.concat(sent), cuts)) {
        decipher.decrypt(piece, 0, piece.length);
      }
      expect(opened).toEqual(all);
    }),
  );
});

test('we open what the library seals, lent or copied', () => {
  fc.assert(
    fc.property(payloads, lengths, fc.boolean(), (all, cuts, isLending) => {
      const sent: Buffer[] = [];
      const config = theirConfig(
        (data) => void sent.push(Buffer.from(data)),
        () => undefined,
      );
      sealAll(library.createCipher(config), all);
      const opened: Buffer[] = [];
      const take = (payload: Buffer) => void opened.push(Buffer.from(payload));
      const opener = new GcmOpener(ours('decrypt'), IV, 0, take, lineOf([], isLending));
      for (const piece of pieces(Buffer.concat(sent), cuts)) {
        expect(opener.decrypt(piece, 0, piece.length)).toBeUndefined();
      }
      expect(opened).toEqual(all);
      expect(opener.inSeqno).toBe(all.length);
    }),
  );
});

/** One packet that we sealed. */
function sealed(payload: Buffer): Buffer {
  const sent: Buffer[] = [];
  sealAll(new GcmSealer(ours('encrypt'), IV, 0, lineOf(sent)), [payload]);
  return Buffer.concat(sent);
}

test('what is not channel data may be kept: it is no view of what was read', () => {
  const kept: Buffer[] = [];
  const take = (payload: Buffer) => void kept.push(payload);
  const packet = sealed(Buffer.from([20, 7, 7, 7]));
  new GcmOpener(ours('decrypt'), IV, 0, take, lineOf([])).decrypt(packet, 0, packet.length);
  packet.fill(0);
  expect(kept).toEqual([Buffer.from([20, 7, 7, 7])]);
});

test('a changed packet is refused, and so is a length that none has', () => {
  const opener = () =>
    new GcmOpener(ours('decrypt'), IV, 0, () => expect.unreachable(), lineOf([]));
  const packet = sealed(Buffer.alloc(100, CHANNEL_DATA));
  packet.writeUInt8(packet.readUInt8(50) ^ 1, 50);
  expect(() => opener().decrypt(packet, 0, packet.length)).toThrow('Invalid MAC');
  for (const bytes of [0, 15, 17, 0x50000, 0xffff_fff0]) {
    const wrong = Buffer.alloc(64);
    wrong.writeUInt32BE(bytes, 0);
    expect(() => opener().decrypt(wrong, 0, wrong.length)).toThrow('Bad packet length');
  }
});

test('where a payload says where to go on, the rest is left to another decipher', () => {
  const packet = sealed(Buffer.from([21]));
  const both = Buffer.concat([packet, Buffer.alloc(40)]);
  const opener = new GcmOpener(ours('decrypt'), IV, 0, () => false, lineOf([]));
  expect(opener.decrypt(both, 0, both.length)).toBe(packet.length);
});

test('the longest packet that is asked for is taken', () => {
  const head = Buffer.alloc(9);
  head[0] = CHANNEL_DATA;
  const payload = Buffer.concat([head, Buffer.alloc(DATA_BYTES_MAX, 5)]);
  const opened: Buffer[] = [];
  const take = (bytes: Buffer) => void opened.push(Buffer.from(bytes));
  const opener = new GcmOpener(ours('decrypt'), IV, 0, take, lineOf([]));
  for (const piece of pieces(sealed(payload), [70_000, 100_000])) {
    opener.decrypt(piece, 0, piece.length);
  }
  expect(opened.map((each) => each.equals(payload))).toEqual([true]);
});

test('once it is freed, by a payload, nothing more is taken', () => {
  const both = Buffer.concat([sealed(Buffer.from([1])), Buffer.alloc(40)]);
  const opener = new GcmOpener(ours('decrypt'), IV, 0, () => undefined, lineOf([]));
  opener._onPayload = () => {
    opener.free();
    return undefined;
  };
  expect(opener.decrypt(both, 0, both.length)).toBeUndefined();
});

test('while keys are exchanged the library sets who takes the payloads', () => {
  const opener = new GcmOpener(ours('decrypt'), IV, 0, () => expect.unreachable(), lineOf([]));
  const seen: number[] = [];
  opener._onPayload = (payload) => void seen.push(payload[0] as number);
  const packet = sealed(Buffer.from([20]));
  opener.decrypt(packet, 0, packet.length);
  expect(seen).toEqual([20]);
});
