// A few answers of S3 over HTTP, for what no server that can be had here does: conditions where a
// bucket has versions, conditions that are accepted and ignored, and ones that are not known.

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export type Conditions = 'honoured' | 'ignored' | 'not known';

interface Version {
  readonly etag: string;
  readonly id: string;
}

export interface Answering {
  readonly url: string;
  readonly requests: string[];
  stop(): Promise<void>;
}

/** PutObject, HeadObject, DeleteObject, ListObjectsV2 (empty) and GetBucketVersioning. */
export async function startAnswering(
  conditions: Conditions,
  versioned: boolean,
): Promise<Answering> {
  const objects = new Map<string, Version[]>();
  const requests: string[] = [];
  const server = createServer((request, reply) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, reply).catch((error: Error) => reply.writeHead(500).end(error.message));
  });

  async function answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://server');
    const versions = objects.get(pathname) ?? [];
    const body = await buffer(request);
    if (request.method === 'PUT') return put(request, reply, pathname, versions, body);
    if (request.method === 'DELETE') {
      objects.delete(pathname);
      reply.writeHead(204).end();
    } else if (request.method === 'HEAD') {
      const id = searchParams.get('versionId');
      const found = id === null ? versions.at(-1) : versions.find((each) => each.id === id);
      if (found) reply.writeHead(200, { etag: found.etag, 'content-length': '0' }).end();
      else reply.writeHead(404).end();
    } else {
      const isListing = searchParams.has('list-type');
      const status = versioned ? '<Status>Enabled</Status>' : '';
      const name = isListing ? 'ListBucketResult' : 'VersioningConfiguration';
      reply.writeHead(200).end(`<${name}>${isListing ? '' : status}</${name}>`);
    }
  }

  function put(
    request: IncomingMessage,
    reply: ServerResponse,
    path: string,
    versions: Version[],
    body: Buffer,
  ): void {
    const match = request.headers['if-match'];
    const noneMatch = request.headers['if-none-match'];
    if (conditions === 'not known' && (match ?? noneMatch) !== undefined) {
      reply.writeHead(501).end('<Error><Code>NotImplemented</Code></Error>');
      return;
    }
    const current = versions.at(-1)?.etag;
    const isKept =
      conditions === 'ignored' ||
      ((match === undefined || match === current) &&
        (noneMatch === undefined || current === undefined));
    if (!isKept) {
      // AWS says NoSuchKey to If-Match where there is nothing.
      const code = current === undefined ? 'NoSuchKey' : 'PreconditionFailed';
      const status = current === undefined ? 404 : 412;
      reply.writeHead(status).end(`<Error><Code>${code}</Code></Error>`);
      return;
    }
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    const id = `version-${requests.length}`;
    objects.set(path, [...versions, { etag, id }]);
    reply.writeHead(200, { etag, ...(versioned ? { 'x-amz-version-id': id } : {}) }).end();
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `s3://bucket/prefix?endpoint=http://127.0.0.1:${port}`,
    requests,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
