// A client whose calls are told to the actor's recorder as they end; otherwise the one that it was
// given. Names are those of the port, so that recordings of different media can be compared.

import { callBegins, callEnded, writeBegins } from '../base/recorded-calls.ts';
import type { MediumClient, MediumFile } from '../domain/medium.ts';
import { OperationError } from './operation-error.ts';

export function recordedClient(client: MediumClient): MediumClient {
  return {
    makeDirectory: (path) => told('mkdir', path, 0, 0, () => client.makeDirectory(path)),
    removeTree: (path) => told('remove', path, 0, 0, () => client.removeTree(path)),
    names: (path) => told('readdir', path, 0, 0, () => client.names(path)),
    create: async (path, manner) =>
      recordedFile(path, await told('create', path, 0, 0, () => client.create(path, manner))),
    open: async (path, manner) =>
      recordedFile(path, await told('open', path, 0, 0, () => client.open(path, manner))),
    put: (path, bytes, condition) =>
      told('put', path, 0, bytes.length, () => client.put(path, bytes, condition)),
    read: (path, offset, into) =>
      told('read', path, offset, null, () => client.read(path, offset, into)),
    length: (path) => told('stat', path, 0, 0, () => client.length(path)),
    status: (path) => told('stat', path, 0, 0, () => client.status(path)),
    rename: (from, to) => told('rename', from, 0, 0, () => client.rename(from, to)),
    close: () => client.close(),
  };
}

function recordedFile(path: string, file: MediumFile): MediumFile {
  return {
    write: (offset, bytes) =>
      told('write', path, offset, bytes.length, () => file.write(offset, bytes)),
    truncate: (length) => told('ftruncate', path, length, 0, () => file.truncate(length)),
    sync: () => told('fsync', path, 0, 0, () => file.sync()),
    close: () => told('close', path, 0, 0, () => file.close()),
  };
}

/** @param bytes null where the result says how many */
async function told<Result>(
  call: string,
  path: string,
  offset: number,
  bytes: number | null,
  make: () => Promise<Result>,
): Promise<Result> {
  const isWrite = call === 'write' && bytes !== null;
  const begun = isWrite ? writeBegins(path, offset, bytes) : callBegins();
  try {
    const result = await make();
    callEnded(begun, call, path, offset, bytes ?? (result as number));
    return result;
  } catch (error) {
    const errno = error instanceof OperationError ? error.errno : 'failed';
    callEnded(begun, call, path, offset, 0, errno);
    throw error;
  }
}
