// libcpg of corosync (cpg_overview(3)) through koffi, loaded on first use and allowed to be absent.

import { createRequire } from 'node:module';
import { channelError } from './channel-error.ts';

/** cs_error_t of corotypes.h, those that one meets. */
const CODES: Readonly<Record<number, string>> = {
  2: 'CS_ERR_LIBRARY',
  5: 'CS_ERR_TIMEOUT',
  6: 'CS_ERR_TRY_AGAIN',
  7: 'CS_ERR_INVALID_PARAM',
  8: 'CS_ERR_NO_MEMORY',
  9: 'CS_ERR_BAD_HANDLE',
  11: 'CS_ERR_ACCESS',
  12: 'CS_ERR_NOT_EXIST',
  13: 'CS_ERR_NAME_TOO_LONG',
  14: 'CS_ERR_EXIST',
  15: 'CS_ERR_NO_SPACE',
  18: 'CS_ERR_NO_RESOURCES',
  21: 'CS_ERR_FAILED_OPERATION',
  22: 'CS_ERR_MESSAGE_ERROR',
};
const CS_OK = 1;
const CS_ERR_TRY_AGAIN = 6;
const CS_DISPATCH_ALL = 2;
const CPG_TYPE_AGREED = 2;
const NAME_BYTES = 128;

export interface CpgEvents {
  message(bytes: Uint8Array): void;
  /** The members of the group are others, this one among them. */
  changed(): void;
}

/** One connection to corosync. All calls return at once. */
export interface CpgHandle {
  /** False where corosync asks to try again later. @throws Error with a `code` */
  join(group: string): boolean;
  /** As of `join`. */
  send(vectors: readonly Uint8Array[]): boolean;
  /** Calls the events of all that has come. @throws Error with a `code` */
  dispatch(): void;
  finish(): void;
}

let opened: ((events: CpgEvents) => CpgHandle) | null = null;

/** @throws Error with a `code`: without the library `ENOENT`, without corosync CS_ERR_LIBRARY */
export function openCpg(events: CpgEvents): CpgHandle {
  opened ??= bind();
  return opened(events);
}

function bind(): (events: CpgEvents) => CpgHandle {
  const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
  let library: ReturnType<typeof koffi.load>;
  try {
    library = koffi.load('libcpg.so.4');
  } catch (error) {
    throw channelError('ENOENT', `${(error as Error).message} (Debian: apt-get install libcpg4)`);
  }
  const deliver = koffi.proto(
    'void cpg_deliver(uint64_t, void *, uint32_t, uint32_t, void *, size_t)',
  );
  const changed = koffi.proto(
    'void cpg_changed(uint64_t, void *, void *, size_t, void *, size_t, void *, size_t)',
  );
  koffi.struct('cpg_callbacks', {
    deliver: koffi.pointer(deliver),
    changed: koffi.pointer(changed),
  });
  koffi.struct('cpg_name', { length: 'uint32_t', value: koffi.array('char', NAME_BYTES) });
  koffi.struct('cpg_iovec', { base: 'const void *', length: 'size_t' });
  const initialize = library.func(
    'int cpg_initialize(_Out_ uint64_t *handle, cpg_callbacks *callbacks)',
  );
  const join = library.func('int cpg_join(uint64_t handle, const cpg_name *group)');
  const mcast = library.func(
    'int cpg_mcast_joined(uint64_t handle, int type, const cpg_iovec *vectors, uint count)',
  );
  const dispatch = library.func('int cpg_dispatch(uint64_t handle, int types)');
  const finalize = library.func('int cpg_finalize(uint64_t handle)');
  return (events) => {
    const onMessage = koffi.register(
      (_handle: bigint, _group: unknown, _node: number, _pid: number, at: object, bytes: number) =>
        events.message(bytes === 0 ? new Uint8Array(0) : new Uint8Array(koffi.view(at, bytes))),
      koffi.pointer(deliver),
    );
    const onChange = koffi.register(() => events.changed(), koffi.pointer(changed));
    const unregister = () => {
      koffi.unregister(onMessage);
      koffi.unregister(onChange);
    };
    const out: bigint[] = [0n];
    const begun = initialize(out, { deliver: onMessage, changed: onChange });
    if (begun !== CS_OK) {
      unregister();
      throw cpgError('cpg_initialize', begun);
    }
    const [handle] = out;
    return {
      join: (group) => isDone('cpg_join', join(handle, { length: group.length, value: group })),
      send(vectors) {
        const list = vectors.map((vector) => ({ base: vector, length: vector.length }));
        const sent = mcast(handle, CPG_TYPE_AGREED, list, list.length);
        return isDone('cpg_mcast_joined', sent);
      },
      dispatch: () => void isDone('cpg_dispatch', dispatch(handle, CS_DISPATCH_ALL)),
      finish() {
        finalize(handle);
        unregister();
      },
    };
  };
}

function isDone(call: string, answer: number): boolean {
  if (answer === CS_OK) return true;
  if (answer === CS_ERR_TRY_AGAIN) return false;
  throw cpgError(call, answer);
}

function cpgError(call: string, answer: number): Error {
  const code = CODES[answer] ?? `CS_ERR_${answer}`;
  const remedy = code === 'CS_ERR_LIBRARY' ? ': is corosync running on this host?' : '';
  return channelError(code, `${call}: ${code}${remedy}`);
}
