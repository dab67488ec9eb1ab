// A real NFS server, nfs-ganesha, on free ports of loopback, with an export of its own.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ganesha } from '../../src/fleet/ganesha.ts';

export interface GaneshaServer {
  readonly url: string;
  readonly exported: string;
  /** Of a path in the export. */
  urlOf(path: string): string;
  setAccess(access: 'read-write' | 'read-only'): Promise<void>;
  /** At once and without a farewell (SIGKILL). */
  kill(): Promise<void>;
  /** After `kill`, on the same ports. */
  restart(): Promise<void>;
  pause(): void;
  resume(): void;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** @param directory to export, left as it is in the end; without it a folder of its own */
export async function startGanesha(directory?: string): Promise<GaneshaServer> {
  const exported = directory ?? mkdtempSync(join(tmpdir(), 'heisenwrite-export-'));
  let server = await Ganesha.start(exported);
  const { nfsPort, mountPort } = server;
  const urlOf = (path: string) =>
    `nfs://127.0.0.1${exported}${path}?nfsport=${nfsPort}&mountport=${mountPort}`;
  return {
    url: urlOf(''),
    exported,
    urlOf,
    setAccess: (access) => server.setAccess(access),
    async kill() {
      server.signal('SIGKILL');
      await server.ended();
    },
    async restart() {
      await server.stop();
      server = await Ganesha.start(exported, [nfsPort, mountPort]);
    },
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    async stop() {
      server.signal('SIGCONT');
      await server.stop();
      if (directory === undefined) rmSync(exported, { recursive: true, force: true });
    },
  };
}
