// A few answers of S3 over HTTP, for what no server that can be had here does: conditions where a
// bucket has versions, conditions that are accepted and ignored, and ones that are not known.

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export type Conditions = 'honoured' | 'ignored' | 'not known';

export interface Answering {
  readonly url: string;
  /** Method and path with its query, as they came. */
  readonly requests: readonly string[];
  stop(): Promise<void>;
}

interface Version {
  readonly etag: string;
  readonly id: string;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** PutObject, HeadObject, DeleteObject, ListObjectsV2 (empty) and GetBucketVersioning. */
export async function startAnswering(
  conditions: Conditions,
  versioned: boolean,
): Promise<Answering> {
  const bucket = new Bucket(conditions, versioned);
  const server = createServer((request, reply) => {
    bucket.answer(request).then(
      (answer) => send(reply, answer),
      (error: Error) => send(reply, { status: 500, body: error.message }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `s3://bucket/prefix?endpoint=http://127.0.0.1:${port}`,
    requests: bucket.requests,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(reply: ServerResponse, { status, headers = {}, body = '' }: Answer): void {
  reply.writeHead(status, headers).end(body);
}

class Bucket {
  readonly requests: string[] = [];
  private readonly objects = new Map<string, Version[]>();
  private readonly conditions: Conditions;
  private readonly versioned: boolean;

  constructor(conditions: Conditions, versioned: boolean) {
    this.conditions = conditions;
    this.versioned = versioned;
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    this.requests.push(`${request.method} ${request.url}`);
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://server');
    const body = await buffer(request);
    if (request.method === 'PUT') return this.put(request, pathname, body);
    if (request.method === 'HEAD') return this.head(pathname, searchParams.get('versionId'));
    if (request.method === 'DELETE') {
      this.objects.delete(pathname);
      return { status: 204 };
    }
    if (searchParams.has('list-type')) return { status: 200, body: '<ListBucketResult/>' };
    const status = this.versioned ? '<Status>Enabled</Status>' : '';
    return { status: 200, body: `<VersioningConfiguration>${status}</VersioningConfiguration>` };
  }

  private head(path: string, id: string | null): Answer {
    const versions = this.objects.get(path) ?? [];
    const found = id === null ? versions.at(-1) : versions.find((each) => each.id === id);
    if (!found) return { status: 404 };
    return { status: 200, headers: { etag: found.etag, 'content-length': '0' } };
  }

  private put({ headers }: IncomingMessage, path: string, body: Buffer): Answer {
    const [match, noneMatch] = [headers['if-match'], headers['if-none-match']];
    const isConditional = (match ?? noneMatch) !== undefined;
    if (this.conditions === 'not known' && isConditional) return refusal(501, 'NotImplemented');
    const versions = this.objects.get(path) ?? [];
    const current = versions.at(-1)?.etag;
    if (this.conditions === 'honoured') {
      // AWS says NoSuchKey to If-Match where there is nothing.
      if (match !== undefined && current === undefined) return refusal(404, 'NoSuchKey');
      if (match !== undefined && match !== current) return refusal(412, 'PreconditionFailed');
      if (noneMatch !== undefined && current) return refusal(412, 'PreconditionFailed');
    }
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    const id = `version-${this.requests.length}`;
    this.objects.set(path, [...versions, { etag, id }]);
    const version: Record<string, string> = this.versioned ? { 'x-amz-version-id': id } : {};
    return { status: 200, headers: { etag, ...version } };
  }
}

function refusal(status: number, code: string): Answer {
  return { status, body: `<Error><Code>${code}</Code></Error>` };
}
