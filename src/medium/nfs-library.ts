// libnfs (https://github.com/sahlberg/libnfs, version 4 and 5: libnfs.so.13 and .14) through koffi:
// its asynchronous calls of NFSv3, with the shapes of RFC 1813 as its header libnfs-raw-nfs.h lays
// them out. Of a reply only the arm of success is described; a reply that failed is looked at no
// further than its status.

import { createRequire } from 'node:module';
import { HeisenwriteError } from '../domain/errors.ts';
import type { Poll } from './nfs-loop.ts';
import { shapesOf } from './nfs-shapes.ts';

type Koffi = typeof import('koffi');

/** A pointer into the library's memory. */
export type Pointer = bigint | null;

/** Called by the library with the number that its request was given. */
export type Answer = (status: number, data: Pointer, request: number) => void;

export interface NfsLibrary {
  readonly koffi: Koffi;
  readonly shapes: ReturnType<typeof shapesOf>;
  initContext(): Pointer;
  destroyContext(context: Pointer): void;
  setUid(context: Pointer, uid: number): void;
  setGid(context: Pointer, gid: number): void;
  setAutoreconnect(context: Pointer, retries: number): void;
  parseUrl(context: Pointer, url: string): Pointer;
  destroyUrl(url: Pointer): void;
  mountAsync(
    context: Pointer,
    server: string,
    path: string,
    answer: Pointer,
    request: number,
  ): number;
  lastError(context: Pointer): string | null;
  rootHandle(context: Pointer): Pointer;
  rpcOf(context: Pointer): Pointer;
  descriptor(rpc: Pointer): number;
  wantedEvents(rpc: Pointer): number;
  service(rpc: Pointer, events: number): number;
  readonly poll: Poll;
  /** memcpy(3) out of the library's memory. */
  copy(into: Uint8Array, from: Pointer, bytes: number): void;
  /** By name of RFC 1813; returns 0 when the request was queued. */
  request(
    procedure: Procedure,
    rpc: Pointer,
    answer: Pointer,
    args: object,
    request: number,
  ): number;
  /** `mounted` also carries an error's text as data. */
  registerAnswer(answer: Answer): Pointer;
  registerMounted(answer: Answer): Pointer;
  unregister(callback: Pointer): void;
}

export const PROCEDURES = [
  'GETATTR',
  'SETATTR',
  'LOOKUP',
  'READ',
  'WRITE',
  'CREATE',
  'MKDIR',
  'REMOVE',
  'RMDIR',
  'RENAME',
  'LINK',
  'READDIR',
  'ACCESS',
  'FSSTAT',
  'FSINFO',
  'COMMIT',
] as const;

export type Procedure = (typeof PROCEDURES)[number];

const NAMES = ['libnfs.so.13', 'libnfs.so.14'];

let loaded: NfsLibrary | null = null;

/** @throws HeisenwriteError `missing-component` */
export function nfsLibrary(): NfsLibrary {
  loaded ??= bind();
  return loaded;
}

function bind(): NfsLibrary {
  const koffi: Koffi = createRequire(import.meta.url)('koffi');
  const library = open(koffi);
  const libc = koffi.load(null);
  const shapes = shapesOf(koffi);
  const answer = koffi.pointer(
    koffi.proto('void NfsAnswered(void *rpc, int status, void *data, size_t request)'),
  );
  const mounted = koffi.pointer(
    koffi.proto('void NfsMounted(int status, void *context, void *data, size_t request)'),
  );
  const requests = Object.fromEntries(
    PROCEDURES.map((name) => {
      const args = koffi.pointer(shapes.args[name]);
      const symbol = `rpc_nfs3_${name.toLowerCase()}_async`;
      return [name, library.func(symbol, 'int', ['void *', answer, args, 'size_t'])];
    }),
  );
  return {
    koffi,
    shapes,
    initContext: library.func('void *nfs_init_context()'),
    destroyContext: library.func('void nfs_destroy_context(void *context)'),
    setUid: library.func('void nfs_set_uid(void *context, int uid)'),
    setGid: library.func('void nfs_set_gid(void *context, int gid)'),
    setAutoreconnect: library.func('void nfs_set_autoreconnect(void *context, int retries)'),
    parseUrl: library.func('void *nfs_parse_url_dir(void *context, const char *url)'),
    destroyUrl: library.func('void nfs_destroy_url(void *url)'),
    mountAsync: library.func('nfs_mount_async', 'int', ['void *', 'str', 'str', mounted, 'size_t']),
    lastError: library.func('const char *nfs_get_error(void *context)'),
    rootHandle: library.func('void *nfs_get_rootfh(void *context)'),
    rpcOf: library.func('void *nfs_get_rpc_context(void *context)'),
    descriptor: library.func('int rpc_get_fd(void *rpc)'),
    wantedEvents: library.func('int rpc_which_events(void *rpc)'),
    service: library.func('int rpc_service(void *rpc, int events)'),
    poll: libc.func('poll', 'int', ['void *', 'ulong', 'int']),
    copy: libc.func('memcpy', 'void', ['void *', 'void *', 'size_t']),
    request: (procedure, ...words) => requests[procedure]?.(...words),
    registerAnswer: (act) =>
      koffi.register(
        (_rpc: Pointer, status: number, data: Pointer, request: number | bigint) =>
          act(status, data, Number(request)),
        answer,
      ) as unknown as Pointer,
    registerMounted: (act) =>
      koffi.register(
        (status: number, _context: Pointer, data: Pointer, request: number | bigint) =>
          act(status, data, Number(request)),
        mounted,
      ) as unknown as Pointer,
    unregister: (callback) => koffi.unregister(callback as never),
  };
}

function open(koffi: Koffi) {
  const refusals: string[] = [];
  for (const name of NAMES) {
    try {
      return koffi.load(name);
    } catch (error) {
      refusals.push((error as Error).message);
    }
  }
  throw new HeisenwriteError('missing-component', `libnfs is not there: ${refusals.join('; ')}`, {
    remedy: 'install it (Debian: apt-get install --no-install-recommends libnfs13)',
  });
}
