// What a call that succeeded tells of the names of files.

import {
  keyOf,
  type NfsCall,
  type NfsReply,
  type OperationResult,
  type Subject,
} from './called-operation.ts';
import type { FileNames } from './file-names.ts';
import { NFS3, skipAttributes } from './nfs3.ts';
import { NFS4 } from './nfs4-operations.ts';
import { OK } from './status.ts';
import { XdrReader } from './xdr.ts';

/** Procedures of NFSv3 whose replies tell of names. */
const TELLING: ReadonlySet<number> = new Set([
  NFS3.LOOKUP,
  NFS3.CREATE,
  NFS3.MKDIR,
  NFS3.SYMLINK,
  NFS3.MKNOD,
  NFS3.REMOVE,
  NFS3.RMDIR,
  NFS3.RENAME,
  NFS3.READDIRPLUS,
]);

export function tellsNames(procedure: number): boolean {
  return TELLING.has(procedure);
}

/** Whether the reply to a COMPOUND is worth waiting for. */
export function compoundTells({ operations }: NfsCall): boolean {
  return operations.some(({ code }) => TELLING_4.has(code));
}

const TELLING_4: ReadonlySet<number> = new Set([NFS4.GETFH, NFS4.REMOVE, NFS4.RENAME]);

/** @param reply as the server gave it @throws XdrError */
export function learnNames(names: FileNames, call: NfsCall, reply: NfsReply): void {
  for (const [index, answered] of reply.results.entries()) {
    const operation = call.operations[index];
    if (answered.status !== OK || operation?.code !== answered.code) return;
    if (call.version === 3) learn3(names, operation.subject, answered);
    else learn4(names, operation.subject, answered);
  }
}

function learn3(names: FileNames, subject: Subject, { code, result }: OperationResult): void {
  if (result.kind !== 'other') return;
  const reader = new XdrReader(result.bytes);
  switch (code) {
    case NFS3.LOOKUP:
      found(names, subject, reader.opaque());
      break;
    case NFS3.CREATE:
    case NFS3.MKDIR:
    case NFS3.SYMLINK:
    case NFS3.MKNOD:
      // A server need not say the handle of what it made.
      if (reader.boolean()) found(names, subject, reader.opaque());
      break;
    case NFS3.READDIRPLUS:
      learnEntries(names, subject.handle, reader);
      break;
    default:
      gone(names, code === NFS3.RENAME, subject);
  }
}

function learn4(names: FileNames, subject: Subject, { code, result }: OperationResult): void {
  if (result.kind !== 'other') return;
  if (code === NFS4.GETFH) found(names, subject, new XdrReader(result.bytes).opaque());
  if (code === NFS4.REMOVE || code === NFS4.RENAME) gone(names, code === NFS4.RENAME, subject);
}

function found(names: FileNames, { parent, name }: Subject, handle: Buffer): void {
  if (parent !== null && name !== null) names.learn(parent, name, keyOf(handle));
}

function gone(names: FileNames, isRename: boolean, { parent, name, to }: Subject): void {
  if (parent === null || name === null) return;
  if (isRename && to) names.renamed({ parent, name }, to);
  else if (!isRename) names.removed({ parent, name });
}

/** Attributes of the directory, a verifier, then the entries. */
function learnEntries(names: FileNames, parent: string | null, reader: XdrReader): void {
  skipAttributes(reader);
  reader.skip(8);
  while (parent !== null && reader.boolean()) {
    reader.skip(8);
    const name = reader.opaque().toString('utf8');
    reader.skip(8);
    skipAttributes(reader);
    if (reader.boolean()) names.learn(parent, name, keyOf(reader.opaque()));
  }
}
