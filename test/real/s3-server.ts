// One radosgw for the tests of a file, with what they look at besides the medium: the server's own
// view of its objects, versions and unfinished uploads.

import {
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, type TestContext, vi } from 'vitest';
import type { ConnectOptions, MediumConnection } from '../../src/domain/medium.ts';
import { type Radosgw, startRadosgw } from '../../src/fleet/radosgw.ts';
import { s3 } from '../../src/medium/s3.ts';
import { missing, requireOrSkip } from './requirements.ts';

export const MIB = 2 ** 20;

export interface S3Setting extends MediumConnection {
  readonly server: Radosgw;
  readonly sdk: S3Client;
  /** Another connection, closed with the test. */
  connect(url?: string, options?: ConnectOptions): Promise<MediumConnection>;
}

type Body = (setting: S3Setting) => Promise<void>;

/** Registers start and stop; the result makes the body of a test. */
export function onRadosgw(): (body: Body) => (context: TestContext) => Promise<void> {
  let server: Radosgw | null = null;
  beforeAll(async () => {
    if (missing('radosgw') !== null) return;
    server = await startRadosgw();
    for (const [name, value] of Object.entries(server.environment)) vi.stubEnv(name, value);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await server?.stop();
  });
  return (body) => async (context) => {
    requireOrSkip(context, 'radosgw');
    if (!server) throw new Error('radosgw was not started');
    const { url } = server;
    const open: MediumConnection[] = [];
    const connect = async (place = url, options?: ConnectOptions) => {
      const connection = await s3.connect(place, options);
      open.push(connection);
      return connection;
    };
    const sdk = server.client();
    try {
      await body({ ...(await connect()), server, sdk, connect });
    } finally {
      await Promise.all(open.map(({ client }) => client.close()));
      sdk.destroy();
    }
  };
}

/** Keys of uploads that were begun and neither completed nor aborted. */
export async function unfinished({ sdk, server }: S3Setting): Promise<(string | undefined)[]> {
  const request = new ListMultipartUploadsCommand({ Bucket: server.bucket });
  const { Uploads = [] } = await sdk.send(request);
  return Uploads.map(({ Key }) => Key);
}

/** Versions and delete markers together. */
export async function versionCount(setting: S3Setting, bucket: string): Promise<number> {
  const reply = await setting.sdk.send(new ListObjectVersionsCommand({ Bucket: bucket }));
  return (reply.Versions ?? []).length + (reply.DeleteMarkers ?? []).length;
}

/** An ETag of S3 ends with the number of its parts; 0 where one request made the object. */
export async function partsOf({ sdk, server }: S3Setting, key: string): Promise<number> {
  const request = new HeadObjectCommand({ Bucket: server.bucket, Key: `trials/${key}` });
  return Number(/-(\d+)"$/.exec((await sdk.send(request)).ETag ?? '')?.[1] ?? 0);
}
