// The stamp of a message: its bytes follow from the trial, its number and its length, so that a
// receiver knows each without being told. A message shorter than its head is the beginning of one,
// whose checksum covers the whole head.
//
//   0   number          32 bits, see domain/message-stream.ts: the first bytes tell the most
//   4   checksum        CRC-32 over head and body, itself 0
//   8   length, bytes   32 bits
//   12  tag             32 bits, of the hunt and trial
//   16  words of 64 bits: number (32), place of the word in the message (20), tag (low 12)
//
// All little endian. Any word of the body says of which message it is and where it belongs, which
// is how a delivery is read that begins or ends anywhere.

import { crc32 } from 'node:zlib';
import { type MessageStream, messageTotal, tellableNumbers } from '../domain/message-stream.ts';

export const MESSAGE_HEAD_BYTES = 16;
const TAG_LOW = 0xfff;
const PLACE = 0xfffff;

/** The bytes of one message. */
export function messageBytes(stream: MessageStream, number: number): Uint8Array<ArrayBuffer> {
  const { lengthBytes, tag } = stream;
  const words = Math.ceil(Math.max(lengthBytes, MESSAGE_HEAD_BYTES) / 8);
  const whole = new Uint32Array(2 * words);
  whole[0] = number;
  whole[2] = lengthBytes;
  whole[3] = tag;
  const high = (tag & TAG_LOW) << 20;
  for (let word = MESSAGE_HEAD_BYTES / 8; word < words; word++) {
    whole[2 * word] = number;
    whole[2 * word + 1] = high | (word & PLACE);
  }
  const bytes = new Uint8Array(whole.buffer);
  whole[1] = crc32(bytes.subarray(0, Math.max(lengthBytes, MESSAGE_HEAD_BYTES)));
  return bytes.subarray(0, lengthBytes);
}

/**
 * The number that a whole message of the stream says, as far as it can (see tellableNumbers), or
 * -1 where the bytes are none.
 */
export function wholeMessage(stream: MessageStream, bytes: Uint8Array): number {
  if (bytes.length !== stream.lengthBytes) return -1;
  const number = numberIn(bytes);
  if (number >= Math.min(tellableNumbers(stream), messageTotal(stream))) return -1;
  return Buffer.compare(messageBytes(stream, number), bytes) === 0 ? number : -1;
}

/** What the first bytes say, be they right or not; 0 of an empty message. */
export function numberIn(bytes: Uint8Array): number {
  let number = 0;
  for (let at = Math.min(bytes.length, 4) - 1; at >= 0; at--) {
    number = number * 256 + (bytes[at] as number);
  }
  return number;
}

/** A stretch of a delivery that is of one message. */
export interface MessagePart {
  readonly number: number;
  /** In the delivery; bytes. */
  readonly from: number;
  readonly to: number;
  /** Where it begins in the message; bytes. */
  readonly inside: number;
}

/**
 * Reads a delivery that is not a whole message: which stretches of it are of which message. What no
 * stretch covers is nobody's. Stretches shorter than 8 bytes are found only at the beginning.
 */
export function messageParts(stream: MessageStream, bytes: Uint8Array): MessagePart[] {
  const parts: MessagePart[] = [];
  for (let at = 0; at < bytes.length; ) {
    const part = partAt(stream, bytes, at);
    if (part) parts.push(part);
    at = part?.to ?? at + 1;
  }
  return parts;
}

/** Bytes that must be right for a stretch to be a message's, where there are so many. */
const EVIDENCE_BYTES = 8;
/** Enough at the beginning of a delivery that is as long as a message: its number. */
const NUMBER_BYTES = 4;

function partAt(stream: MessageStream, bytes: Uint8Array, at: number): MessagePart | null {
  const { lengthBytes } = stream;
  const number = numberIn(bytes.subarray(at, at + NUMBER_BYTES));
  if (bytes.length - at < Math.min(NUMBER_BYTES, lengthBytes)) return null;
  if (number >= messageTotal(stream)) return null;
  const to = at + sameBytes(messageBytes(stream, number), 0, bytes, at);
  const asLong = at === 0 && bytes.length === lengthBytes;
  const enough = Math.min(asLong ? NUMBER_BYTES : EVIDENCE_BYTES, lengthBytes);
  if (to - at >= enough && to > at) return { number, from: at, to, inside: 0 };
  return bodyAt(stream, bytes, at, number);
}

/** A word of the body says its place. */
function bodyAt(
  stream: MessageStream,
  bytes: Uint8Array,
  at: number,
  number: number,
): MessagePart | null {
  if (at + 8 > bytes.length) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8);
  const high = view.getUint32(4, true);
  if (high >>> 20 !== (stream.tag & TAG_LOW)) return null;
  const inside = (high & PLACE) * 8;
  if (inside < MESSAGE_HEAD_BYTES || inside + 8 > stream.lengthBytes) return null;
  const to = at + sameBytes(messageBytes(stream, number), inside, bytes, at);
  return to - at < EVIDENCE_BYTES ? null : { number, from: at, to, inside };
}

function sameBytes(one: Uint8Array, from: number, other: Uint8Array, at: number): number {
  const most = Math.min(one.length - from, other.length - at);
  let same = 0;
  while (same < most && one[from + same] === other[at + same]) same++;
  return same;
}
