// Calls and replies of ONC RPC version 2 (RFC 5531, section 9), as far as they tell what is asked
// for and where the arguments and results begin:
//
//   call   xid | 0 | 2 | program | version | procedure | credential | verifier | arguments
//   reply  xid | 1 | 0 (accepted) | verifier | 0 (success) | results

import { numbers, XdrReader } from './xdr.ts';

const CALL = 0;
const REPLY = 1;
const ACCEPTED = 0;
const SUCCESS = 0;
const RPC_VERSION = 2;
const PROCEDURE_AT = 20;

export const NFS_PROGRAM = 100_003;

/** Of a call, what `callHead` needs: up to the flavor of the credential. */
export const CALL_HEAD_BYTES = 28;
/** Of a reply: xid and type. */
export const REPLY_HEAD_BYTES = 8;

/** Flavors of credentials. */
export const RPCSEC_GSS = 6;
/** Asks for TLS on this connection (RFC 9289). */
export const AUTH_TLS = 7;

export interface CallHead {
  readonly xid: number;
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  readonly flavor: number;
}

/** Null for what is not a call, or is none of RPC version 2. */
export function callHead(bytes: Buffer): CallHead | null {
  if (bytes.length < CALL_HEAD_BYTES) return null;
  if (bytes.readUInt32BE(4) !== CALL || bytes.readUInt32BE(8) !== RPC_VERSION) return null;
  return {
    xid: bytes.readUInt32BE(0),
    program: bytes.readUInt32BE(12),
    version: bytes.readUInt32BE(16),
    procedure: bytes.readUInt32BE(PROCEDURE_AT),
    flavor: bytes.readUInt32BE(24),
  };
}

/** The xid of a reply, or null for what is none. */
export function replyXid(bytes: Buffer): number | null {
  if (bytes.length < REPLY_HEAD_BYTES || bytes.readUInt32BE(4) !== REPLY) return null;
  return bytes.readUInt32BE(0);
}

/** @throws XdrError */
export function argumentsAt(call: Buffer): number {
  const reader = new XdrReader(call, PROCEDURE_AT + 4);
  for (let credentialThenVerifier = 0; credentialThenVerifier < 2; credentialThenVerifier++) {
    reader.skip(4).opaque();
  }
  return reader.at;
}

/** Null where the call was denied or not carried out. @throws XdrError */
export function resultsAt(reply: Buffer): number | null {
  const reader = new XdrReader(reply, REPLY_HEAD_BYTES);
  if (reader.number() !== ACCEPTED) return null;
  reader.skip(4).opaque();
  return reader.number() === SUCCESS ? reader.at : null;
}

/** The beginning of `call` up to its arguments, for another procedure. */
export function headFor(callPrefix: Buffer, procedure: number): Buffer {
  if (callPrefix.readUInt32BE(PROCEDURE_AT) === procedure) return callPrefix;
  const head = Buffer.from(callPrefix);
  head.writeUInt32BE(procedure, PROCEDURE_AT);
  return head;
}

/** The beginning of a reply that was not asked of the server. */
export function replyHead(xid: number): Buffer {
  return numbers(xid, REPLY, ACCEPTED, 0, 0, SUCCESS);
}
