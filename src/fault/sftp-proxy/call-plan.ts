// What becomes of one call: what of it is sent to the server, what the client is answered, when and
// how often. Each fault that fires changes the plan; nothing happens before all have.

import type { FaultCall } from '../armed-faults.ts';
import type { OpenFile } from './open-files.ts';
import type { SftpRequest } from './request.ts';

export type Ending = 'cut' | 'reset' | 'half-close';

export interface CallPlan {
  readonly call: FaultCall;
  readonly request: SftpRequest;
  readonly file: OpenFile | undefined;
  /** The whole packet that goes to the server. */
  packet: Buffer;
  isForwarded: boolean;
  /** The client is answered with this status instead of what the server says. */
  status: number | null;
  /** How often the reply is sent: 0, 1 or 2. */
  replies: number;
  /** The reply waits for the next one to pass it. */
  isHeld: boolean;
  /** When the reply leaves, by monotonicMs; 0 for at once. */
  dueMs: number;
  /** Acknowledged at once, sent to the server when the file is closed or made durable. */
  isDelayed: boolean;
  ending: Ending | null;
  /** Of a READ that was answered: what it brought, inside the reply. */
  replyData: Buffer | null;
  /** Of a STAT, LSTAT or FSTAT that was answered: what the client will be told. */
  replyAttributes: Buffer | null;
  /** To be called once the server has answered. */
  answered: (() => void) | null;
}

export function planOf(
  call: FaultCall,
  request: SftpRequest,
  file: OpenFile | undefined,
  packet: Buffer,
): CallPlan {
  return {
    call,
    request,
    file,
    packet,
    isForwarded: true,
    status: null,
    replies: 1,
    isHeld: false,
    dueMs: 0,
    isDelayed: false,
    ending: null,
    replyData: null,
    replyAttributes: null,
    answered: null,
  };
}

/** Where things stand in a READ or WRITE: id, then the handle with its length, then the offset. */
function offsetPlace(packet: Buffer): number {
  return 9 + 4 + packet.readUInt32BE(9);
}

/** A READ or WRITE at another place of the file. */
export function withOffset(packet: Buffer, offset: number): Buffer {
  const moved = Buffer.from(packet);
  moved.writeBigUInt64BE(BigInt(offset), offsetPlace(packet));
  return moved;
}

/** A READ that asks for so many bytes. */
export function withReadLength(packet: Buffer, bytes: number): Buffer {
  const shorter = Buffer.from(packet);
  shorter.writeUInt32BE(bytes, offsetPlace(packet) + 8);
  return shorter;
}

/** What a WRITE carries, inside its packet. */
export function writtenData(packet: Buffer): Buffer {
  return packet.subarray(offsetPlace(packet) + 12);
}

/** A WRITE of the first bytes of its data alone. */
export function withFirstBytes(packet: Buffer, bytes: number): Buffer {
  const dataAt = offsetPlace(packet) + 12;
  const shorter = Buffer.from(packet.subarray(0, dataAt + bytes));
  shorter.writeUInt32BE(shorter.length - 4, 0);
  shorter.writeUInt32BE(bytes, dataAt - 4);
  return shorter;
}

/** The same request with another number. */
export function withId(packet: Buffer, id: number): Buffer {
  const numbered = Buffer.from(packet);
  numbered.writeUInt32BE(id, 5);
  return numbered;
}
