// What is read of replies, and the one request that the proxy itself makes of them.

import { ATTR_SIZE, Fields, TYPE } from './request.ts';
import { SSH_FX_OK } from './status.ts';

const VERSION = 2;

/** The number of the request that is answered; VERSION answers INIT, which has none. */
export function replyId(packet: Buffer): number {
  return packet[4] === VERSION || packet.length < 9 ? NO_ID : packet.readUInt32BE(5);
}

/** Of INIT, in place of a number. */
export const NO_ID = -1;

/** Whether it is a status that says success. */
export function isOk(packet: Buffer): boolean {
  return packet[4] === TYPE.status && packet.readUInt32BE(9) === SSH_FX_OK;
}

/** What a DATA brings, inside the packet; null for another reply. */
export function replyData(packet: Buffer): Buffer | null {
  if (packet[4] !== TYPE.data) return null;
  return new Fields(packet, 9).string();
}

/** What an ATTRS says, inside the packet; null for another reply. */
export function replyAttributes(packet: Buffer): Buffer | null {
  return packet[4] === TYPE.attrs ? packet.subarray(9) : null;
}

/** A whole ATTRS. */
export function attributesPacket(id: number, attributes: Buffer): Buffer {
  const packet = Buffer.alloc(9 + attributes.length);
  packet.writeUInt32BE(packet.length - 4, 0);
  packet.writeUInt8(TYPE.attrs, 4);
  packet.writeUInt32BE(id, 5);
  attributes.copy(packet, 9);
  return packet;
}

/**
 * The handle of HANDLE as text (latin1), or the first name of NAME.
 * @param skipBytes what stands before: the count of names
 */
export function replyText(packet: Buffer, skipBytes = 0): string | null {
  if (packet[4] === TYPE.handle) return new Fields(packet, 9).string().toString('latin1');
  if (packet[4] === TYPE.name) return new Fields(packet, 9 + skipBytes).string().toString();
  return null;
}

/** The bytes of the handle that a HANDLE gives out; null for another reply. */
export function replyHandle(packet: Buffer): Buffer | null {
  return packet[4] === TYPE.handle ? new Fields(packet, 9).string() : null;
}

/** The size that attributes tell; null where they do not. */
export function sizeOf(attributes: Buffer | null): number | null {
  if (attributes === null) return null;
  const fields = new Fields(attributes, 0);
  return (fields.uint32() & ATTR_SIZE) === 0 ? null : fields.uint64();
}

/** CLOSE of the handle that a HANDLE gave out. */
export function closePacket(handle: Buffer): Buffer {
  const packet = Buffer.from(handle);
  packet.writeUInt8(TYPE.close, 4);
  return packet;
}
