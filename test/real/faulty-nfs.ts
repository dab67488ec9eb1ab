// A real nfs-ganesha and the NFS proxy before it, with our client of libnfs that goes through.
// Files are looked at in the directory that is exported, beside the proxy.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRng } from '../../src/base/rng.ts';
import type { FaultReceipt } from '../../src/domain/fault.ts';
import { parseFault } from '../../src/domain/fault-grammar.ts';
import type { ConnectOptions, MediumClient, WriteManner } from '../../src/domain/medium.ts';
import { ArmedFaults } from '../../src/fault/armed-faults.ts';
import { nfsProxy } from '../../src/fault/nfs-proxy/nfs-proxy.ts';
import { nfs } from '../../src/medium/nfs.ts';
import { type GaneshaServer, startGanesha } from '../servers/ganesha.ts';

export interface FaultyNfs {
  readonly server: GaneshaServer;
  readonly faults: ArmedFaults;
  /** Of the export, through the proxy. */
  readonly url: string;
  /** Sets faults in place of those that are set, and forgets the receipts. */
  plant(...texts: readonly string[]): void;
  receipts(): readonly FaultReceipt[];
  /** Through the proxy; closed in the end. */
  connect(options?: ConnectOptions): Promise<MediumClient>;
  /** What the server has of a file. */
  stored(name: string): Buffer;
  counts(): Readonly<Record<string, number>>;
  readonly notes: readonly string[];
}

export async function withFaultyNfs(body: (setting: FaultyNfs) => Promise<void>): Promise<void> {
  const server = await startGanesha();
  const clients: MediumClient[] = [];
  const notes: string[] = [];
  try {
    const rng = createRng('faulty-nfs');
    const { plantable, admit } = nfsProxy;
    const faults = new ArmedFaults(plantable, 'the nfs proxy', rng, undefined, admit);
    const port = Number(new URL(server.url).searchParams.get('nfsport'));
    const running = await nfsProxy.start({
      listen: { host: '127.0.0.1', port: 0 },
      to: { host: '127.0.0.1', port },
      faults,
      rng,
      note: (text) => notes.push(text),
    });
    const url = server.url.replace(`nfsport=${port}`, `nfsport=${running.listening.port}`);
    try {
      await body({
        ...{ server, faults, url, notes },
        plant(...texts) {
          faults.clear();
          faults.takeReceipts();
          for (const text of texts) faults.set(parseFault(text));
        },
        receipts: () => faults.takeReceipts().receipts,
        async connect(options = { limitMs: 5000 }) {
          const { client } = await nfs.connect(url, options);
          clients.push(client);
          return client;
        },
        stored: (name) => readFileSync(join(server.exported, name)),
        counts: running.counts,
      });
    } finally {
      for (const client of clients) await client.close();
      await running.close();
    }
  } finally {
    await server.stop();
  }
}

export function manner(stability: WriteManner['stability'], totalBytes = 0): WriteManner {
  return { stability, upload: 'any', totalBytes };
}

/** Bytes that differ from place to place, so that each tells where it belongs. */
export function content(bytes: number, seed = 1): Buffer {
  return Buffer.from(Uint8Array.from({ length: bytes }, (_, at) => at * 31 + (at >> 8) * 7 + seed));
}

/** Creates a file, or writes it anew, and makes it durable. */
export async function write(
  client: MediumClient,
  path: string,
  bytes: Uint8Array,
  stability: WriteManner['stability'] = 'any',
): Promise<void> {
  const file = await client.create(path, manner(stability, bytes.length));
  try {
    await file.write(0, bytes);
  } finally {
    await file.close();
  }
}

export async function read(client: MediumClient, path: string, bytes: number): Promise<Buffer> {
  const into = new Uint8Array(bytes);
  const came = await client.read(path, 0, into);
  return Buffer.from(into.subarray(0, came));
}
