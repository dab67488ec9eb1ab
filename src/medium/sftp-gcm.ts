// AES-GCM for a connection of ssh2 (RFC 5647), in place of the library's own, for a program through
// which more bytes pass than through a client: a proxy. The library makes a cipher, three writes
// and several buffers for each packet. Here a packet is encrypted where it was laid and decrypted
// where it was read; and since nothing is gathered, packets may be longer than the 35,000 bytes
// that the library takes, so that a peer has fewer of them to make. Measured: a third of the time.
//
//     | length | padding length | payload | padding | tag      the length is authenticated and not
//     | uint32 | byte           |         | random  | 16       encrypted; padded to 16 bytes

import { randomFillSync } from 'node:crypto';
import type { Client, Connection } from 'ssh2';
import { AesGcm, GCM_TAG_BYTES } from '../base/aes-gcm.ts';
import { PacketMemory } from './sftp-packet-memory.ts';

/** Asked for in one packet: a WRITE of 255 KiB (limits@openssh.com) with what is around it. */
export const DATA_BYTES_MAX = 261_120 + 512;
/** That with its head and padding; OpenSSH's PACKET_MAX_SIZE. */
const PACKET_BYTES_MAX = 256 * 1024;
const UNIT_BYTES = 16;
const PADDING_BYTES_MIN = 4;
/** SSH_MSG_CHANNEL_DATA; all else is kept by the library now and then. */
const CHANNEL_DATA = 94;
const SPARE_PACKETS_MAX = 16;
const RANDOM_BYTES = 16 * 1024;

/** Not published by the library; its version is pinned, and where it differs nothing is done. */
interface Protocol {
  _cipher?: { _encSSLName?: unknown; _encKey?: unknown; _encIV?: unknown; outSeqno: number };
  _decipher?: {
    _decipherSSLName?: unknown;
    _decipherKey?: unknown;
    _decipherIV?: unknown;
    _onPayload?: unknown;
    inSeqno: number;
  };
  session?(channel: number, window: number, packetBytes: number): void;
  channelOpenConfirm?(to: number, channel: number, window: number, packetBytes: number): void;
}

export interface GcmLine {
  /** Sends a packet; `sent` is called once its memory is done with. */
  send(packet: Buffer, sent: () => void): void;
  /** Whether all who are given data borrow them. Else they get a copy. */
  isLending(): boolean;
  /** Acts; `done` is called once what was borrowed meanwhile has been given back. */
  lending<Result>(done: () => void, act: () => Result): Result;
}

/**
 * To be called after each key exchange, within the event `handshake`.
 * @returns false where the cipher is another one or cannot be had: the library goes on with its own
 */
export function takeOverGcm(ssh: Client | Connection, line: GcmLine): boolean {
  const protocol = (ssh as { readonly _protocol?: Protocol })._protocol;
  const { _cipher: cipher, _decipher: decipher } = protocol ?? {};
  if (!protocol || !cipher || !decipher) return false;
  const { _encSSLName: sealing, _encKey: sealKey, _encIV: sealIv } = cipher;
  const { _decipherSSLName: opening, _decipherKey: openKey, _decipherIV: openIv } = decipher;
  const { _onPayload: take } = decipher;
  if (!(sealKey instanceof Uint8Array && sealIv instanceof Uint8Array)) return false;
  if (!(openKey instanceof Uint8Array && openIv instanceof Uint8Array)) return false;
  if (typeof take !== 'function') return false;
  const seal = AesGcm.make(String(sealing), sealKey, 'encrypt');
  const open = AesGcm.make(String(opening), openKey, 'decrypt');
  if (!seal || !open) return false;
  protocol._cipher = new GcmSealer(seal, sealIv, cipher.outSeqno, line);
  protocol._decipher = new GcmOpener(open, openIv, decipher.inSeqno, take as Take, line);
  askForLongPackets(protocol);
  return true;
}

function askForLongPackets(protocol: Protocol): void {
  const { session, channelOpenConfirm } = Object.getPrototypeOf(protocol) as Protocol;
  protocol.session = (channel, window) => session?.call(protocol, channel, window, DATA_BYTES_MAX);
  protocol.channelOpenConfirm = (to, channel, window) =>
    channelOpenConfirm?.call(protocol, to, channel, window, DATA_BYTES_MAX);
}

/** The library's interface of a cipher: a packet is had from it, filled, and given back. */
export class GcmSealer {
  outSeqno: number;
  readonly #gcm: AesGcm;
  readonly #iv: Uint8Array;
  readonly #line: GcmLine;
  readonly #memory = new PacketMemory();
  readonly #random = Buffer.alloc(RANDOM_BYTES);
  #randomAt = RANDOM_BYTES;
  #isFreed = false;

  constructor(gcm: AesGcm, iv: Uint8Array, sequence: number, line: GcmLine) {
    this.#gcm = gcm;
    this.#iv = Uint8Array.from(iv);
    this.outSeqno = sequence;
    this.#line = line;
  }

  allocPacket(payloadBytes: number): Buffer {
    const free = UNIT_BYTES - ((1 + payloadBytes) % UNIT_BYTES);
    const padding = free < PADDING_BYTES_MIN ? free + UNIT_BYTES : free;
    const sealedBytes = 1 + payloadBytes + padding;
    const packet = this.#memory.take(4 + sealedBytes + GCM_TAG_BYTES);
    packet.writeUInt32BE(sealedBytes, 0);
    packet[4] = padding;
    this.#pad(packet, 5 + payloadBytes, padding);
    return packet;
  }

  encrypt(packet: Buffer): void {
    if (this.#isFreed) return;
    const tagAt = packet.length - GCM_TAG_BYTES;
    const sealed = packet.subarray(4, tagAt);
    this.#gcm.begin(this.#iv, packet.subarray(0, 4));
    this.#gcm.update(sealed, sealed);
    this.#gcm.seal(packet.subarray(tagAt));
    raise(this.#iv);
    this.outSeqno = (this.outSeqno + 1) >>> 0;
    this.#line.send(packet, this.#memory.whenSent(packet));
  }

  free(): void {
    this.#isFreed = true;
    this.#gcm.free();
  }

  #pad(packet: Buffer, at: number, bytes: number): void {
    if (this.#randomAt + bytes > RANDOM_BYTES) {
      randomFillSync(this.#random);
      this.#randomAt = 0;
    }
    this.#random.copy(packet, at, this.#randomAt, this.#randomAt + bytes);
    this.#randomAt += bytes;
  }
}

/** What a payload answers: where to go on, or false for here, as another decipher has to. */
type Take = (payload: Buffer) => number | false | undefined;

/** The library's interface of a decipher: it is given what was read, and gives what was in it. */
export class GcmOpener {
  inSeqno: number;
  readonly #gcm: AesGcm;
  readonly #iv: Uint8Array;
  /** The library sets another one here while keys are exchanged. */
  _onPayload: Take;
  readonly #line: GcmLine;
  readonly #length = Buffer.alloc(4);
  #lengthBytes = 0;
  /** Of a packet that comes in pieces: what has come of it. */
  #packet: Buffer | null = null;
  #packetBytes = 0;
  #came = 0;
  readonly #tag = Buffer.alloc(GCM_TAG_BYTES);
  readonly #spare: Buffer[] = [];
  #isFreed = false;

  constructor(gcm: AesGcm, iv: Uint8Array, sequence: number, take: Take, line: GcmLine) {
    this.#gcm = gcm;
    this.#iv = Uint8Array.from(iv);
    this.inSeqno = sequence;
    this._onPayload = take;
    this.#line = line;
  }

  free(): void {
    this.#isFreed = true;
    this.#gcm.free();
  }

  /**
   * `data` are decrypted where they are.
   * @returns where to go on, or undefined when all was taken
   * @throws Error for what is not a packet of the peer: the connection is over then
   */
  decrypt(data: Buffer, from: number, end: number): number | undefined {
    let at = from;
    // Who is given a payload may end the connection by it.
    while (at < end && !this.#isFreed) {
      if (this.#packet !== null) {
        at += this.#gather(this.#packet, data.subarray(at, end));
        if (this.#came < this.#packetBytes + GCM_TAG_BYTES) return undefined;
        const next = this.#gathered(this.#packet);
        if (next !== undefined) return next === false ? at : next;
        continue;
      }
      at += this.#readLength(data, at, end);
      if (this.#lengthBytes < 4) return undefined;
      this.#lengthBytes = 0;
      const bytes = this.#begin();
      if (end - at < bytes + GCM_TAG_BYTES) {
        this.#packet = this.#spare.pop() ?? Buffer.allocUnsafeSlow(PACKET_BYTES_MAX);
        this.#came = 0;
        continue;
      }
      const packet = data.subarray(at, at + bytes);
      this.#gcm.update(packet, packet);
      at += bytes + GCM_TAG_BYTES;
      const next = this.#opened(packet, data.subarray(at - GCM_TAG_BYTES, at));
      if (next !== undefined) return next === false ? at : next;
    }
    return undefined;
  }

  #readLength(data: Buffer, at: number, end: number): number {
    const took = data.copy(this.#length, this.#lengthBytes, at, end);
    this.#lengthBytes += took;
    return took;
  }

  #begin(): number {
    const bytes = this.#length.readUInt32BE(0);
    if (bytes < UNIT_BYTES || bytes > PACKET_BYTES_MAX || bytes % UNIT_BYTES !== 0) {
      throw new Error('Bad packet length');
    }
    this.#gcm.begin(this.#iv, this.#length);
    this.#packetBytes = bytes;
    return bytes;
  }

  #gathered(memory: Buffer): number | false | undefined {
    this.#packet = null;
    const giveBack = () => {
      if (this.#spare.length < SPARE_PACKETS_MAX) this.#spare.push(memory);
    };
    const packet = memory.subarray(0, this.#packetBytes);
    return this.#line.lending(giveBack, () => this.#opened(packet, this.#tag));
  }

  /** Decrypts what has come of a packet, then takes its tag. Returns how many bytes were taken. */
  #gather(packet: Buffer, data: Buffer): number {
    const bytes = Math.max(0, Math.min(this.#packetBytes - this.#came, data.length));
    if (bytes > 0) this.#gcm.update(data.subarray(0, bytes), packet.subarray(this.#came));
    this.#came += bytes;
    if (this.#came < this.#packetBytes) return bytes;
    const tagged = data.copy(this.#tag, this.#came - this.#packetBytes, bytes);
    this.#came += tagged;
    return bytes + tagged;
  }

  #opened(packet: Buffer, tag: Buffer): number | false | undefined {
    if (!this.#gcm.verify(tag)) throw new Error('Invalid MAC');
    raise(this.#iv);
    this.inSeqno = (this.inSeqno + 1) >>> 0;
    const payloadBytes = packet.length - 1 - (packet[0] as number);
    if (payloadBytes < 0) throw new Error('Bad padding length');
    const payload = packet.subarray(1, 1 + payloadBytes);
    const isBorrowed = payload[0] === CHANNEL_DATA && this.#line.isLending();
    return this._onPayload(isBorrowed ? payload : Buffer.from(payload));
  }
}

/** The last eight bytes count the packets (RFC 5647, section 7.1). */
function raise(iv: Uint8Array): void {
  for (let at = 11; at >= 4; at--) {
    const next = ((iv[at] as number) + 1) & 0xff;
    iv[at] = next;
    if (next !== 0) return;
  }
}
