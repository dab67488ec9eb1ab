// Signs anew what a fault has changed, with credentials of the proxy's own user: otherwise a server
// refuses a changed body, since SigV4 covers its digest. The body itself is declared unsigned.

import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import { HeisenwriteError } from '../../domain/errors.ts';
import { headerOf, type RawHeaders } from './raw-headers.ts';

/** Headers that a new signature replaces. */
const REPLACED = ['authorization', 'x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token'];

/** Digests for the library, by Node. */
class Sha256 {
  readonly #secret: string | ArrayBuffer | ArrayBufferView | undefined;
  #digest: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret;
    this.#digest = this.#fresh();
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#digest.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#digest.digest();
  }

  reset(): void {
    this.#digest = this.#fresh();
  }

  #fresh(): Hash | Hmac {
    const secret = this.#secret;
    return secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  if (data instanceof ArrayBuffer) return Buffer.from(data);
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

export interface Signer {
  /** The headers with a signature of ours; a request that has none, or one in its URL, as it is. */
  sign(method: string, target: string, headers: RawHeaders): Promise<string[]>;
}

/**
 * With what the AWS SDK finds: environment, profile, SSO.
 * @throws HeisenwriteError `not-authenticated`
 */
export async function createSigner(): Promise<Signer> {
  const sdk = new S3Client({ region: 'us-east-1' });
  const credentials = await sdk.config.credentials().catch((error: Error) => {
    throw new HeisenwriteError('not-authenticated', `--sign: ${error.message}`, {
      remedy: 'give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
    });
  });
  sdk.destroy();
  return {
    async sign(method, target, headers) {
      const scope = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(
        headerOf(headers, 'authorization') ?? '',
      );
      if (!scope) return [...headers];
      const signature = new SignatureV4({
        service: 's3',
        region: scope[1] as string,
        credentials,
        sha256: Sha256,
        uriEscapePath: false,
        applyChecksum: false,
      });
      const kept = headers.filter(
        (_, at) => !REPLACED.includes((headers[at - (at % 2)] as string).toLowerCase()),
      );
      const [path = '/', query = ''] = target.split('?', 2);
      const signed = await signature.sign({
        method,
        protocol: 'http:',
        hostname: '',
        path,
        query: queryOf(query),
        headers: { ...namesAndValues(kept), 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
      });
      const added = REPLACED.flatMap((name) => {
        const value = signed.headers[name];
        return value === undefined ? [] : [name, value];
      });
      return [...kept, ...added];
    },
  };
}

function namesAndValues(headers: RawHeaders): Record<string, string> {
  const named: Record<string, string> = {};
  for (let at = 0; at < headers.length; at += 2) {
    named[(headers[at] as string).toLowerCase()] = headers[at + 1] as string;
  }
  return named;
}

function queryOf(text: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const known = query[name];
    query[name] = known === undefined ? value : [known, value].flat();
  }
  return query;
}
