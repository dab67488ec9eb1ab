// A real radosgw, one for the tests of a file, and for each test an S3 proxy before it with our
// medium as a client that goes through; what is stored is looked at beside the proxy.

import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, test, vi } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import type { FaultReceipt } from '../../src/domain/fault.ts';
import { parseFault } from '../../src/domain/fault-grammar.ts';
import type { ConnectOptions, MediumClient } from '../../src/domain/medium.ts';
import { ArmedFaults } from '../../src/fault/armed-faults.ts';
import { s3Proxy } from '../../src/fault/s3-proxy/s3-proxy.ts';
import { type Radosgw, type RadosgwExtras, startRadosgw } from '../../src/fleet/radosgw.ts';
import { s3 } from '../../src/medium/s3.ts';
import { missing, type Requirement, requireOrSkip } from './requirements.ts';

export interface FaultyS3 {
  readonly server: Radosgw;
  readonly faults: ArmedFaults;
  /** `http://127.0.0.1:port` of the proxy. */
  readonly endpoint: string;
  /** Our medium, through the proxy. */
  readonly client: MediumClient;
  /** The SDK, beside the proxy. */
  readonly sdk: S3Client;
  connect(options?: ConnectOptions): Promise<MediumClient>;
  /** Sets faults in place of those that are set, and forgets the receipts. */
  plant(...texts: readonly string[]): void;
  receipts(): readonly FaultReceipt[];
  /** What the server has, beside the proxy; null for nothing. */
  stored(path: string): Promise<Uint8Array | null>;
  counts(): Readonly<Record<string, number>>;
  /** What the proxy has said so far to whoever runs it. */
  readonly notes: readonly string[];
}

export interface S3TestOptions {
  readonly signs?: boolean;
  /** The proxy speaks HTTPS to the server, which must have been told to. */
  readonly isTls?: boolean;
  readonly domain?: string;
  /** Before anybody connects. */
  readonly prepare?: () => void;
  /** Besides radosgw. */
  readonly needs?: readonly Requirement[];
}

type Body = (setting: FaultyS3) => Promise<void>;
type S3Test = (name: string, body: Body, options?: S3TestOptions) => void;

/**
 * Registers start and stop of the server; the result registers tests.
 * @param extras what the server does besides; asked for once it is to start
 */
export function onFaultyS3(extras: () => RadosgwExtras = () => ({})): S3Test {
  let server: Radosgw | null = null;
  beforeAll(async () => {
    if (missing('radosgw') !== null) return;
    server = await startRadosgw(undefined, extras());
    for (const [name, value] of Object.entries(server.environment)) vi.stubEnv(name, value);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await server?.stop();
  });
  return (name, body, options = {}) =>
    test(name, async (context) => {
      requireOrSkip(context, 'radosgw', ...(options.needs ?? []));
      if (!server) throw new Error('radosgw was not started');
      await withProxy(server, options, body);
    });
}

async function withProxy(server: Radosgw, options: S3TestOptions, body: Body): Promise<void> {
  const { signs = false, domain = null, isTls = false } = options;
  options.prepare?.();
  const proxy = s3Proxy({ isTls, domain, signs });
  const rng = createRng('faulty-s3');
  const faults = new ArmedFaults(proxy.plantable, 'the s3 proxy', rng, undefined, proxy.admit);
  const notes: string[] = [];
  const running = await proxy.start({
    listen: { host: '127.0.0.1', port: 0 },
    to: {
      host: '127.0.0.1',
      port: Number(new URL((isTls ? server.tlsEndpoint : null) ?? server.endpoint).port),
    },
    faults,
    rng,
    note: (text) => void notes.push(text),
  });
  const endpoint = `http://127.0.0.1:${running.listening.port}`;
  const clients: MediumClient[] = [];
  const connect = async (connectOptions: ConnectOptions = {}) => {
    const url = `s3://${server.bucket}/trials?endpoint=${endpoint}`;
    const { client } = await s3.connect(url, connectOptions);
    clients.push(client);
    return client;
  };
  const sdk = server.client();
  try {
    await body({
      server,
      faults,
      endpoint,
      sdk,
      connect,
      client: await connect(),
      plant(...texts) {
        faults.clear();
        faults.takeReceipts();
        for (const text of texts) faults.set(parseFault(text));
      },
      receipts: () => faults.takeReceipts().receipts,
      stored: (path) => storedAt(sdk, server.bucket, `trials${path}`),
      counts: () => running.counts(),
      notes,
    });
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    sdk.destroy();
    await running.close();
  }
}

async function storedAt(sdk: S3Client, Bucket: string, Key: string): Promise<Uint8Array | null> {
  try {
    const { Body } = await sdk.send(new GetObjectCommand({ Bucket, Key }));
    return (await Body?.transformToByteArray()) ?? null;
  } catch (error) {
    if ((error as Error).name === 'NoSuchKey') return null;
    throw error;
  }
}
