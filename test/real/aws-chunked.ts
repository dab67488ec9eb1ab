// A PutObject whose body is signed chunk by chunk ("Signature calculations for the Authorization
// header: transferring payload in multiple chunks" of the S3 API reference), as SDKs send streams:
// the SDK for JavaScript never does, so that it is put together here.

import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { request } from 'node:http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { S3User } from '../../src/fleet/radosgw.ts';

const REGION = 'us-east-1';
const CHUNK_BYTES = 64 * 1024;

class Sha256 {
  readonly #digest: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#digest = secret ? createHmac('sha256', secret as Buffer) : createHash('sha256');
  }

  update(data: Uint8Array): void {
    this.#digest.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#digest.digest();
  }
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** Frames, each with the signature that follows from the one before. */
function signedChunks(content: Uint8Array, user: S3User, seed: string, time: string): Buffer[] {
  const day = time.slice(0, 8);
  const names = [day, REGION, 's3', 'aws4_request'];
  const key = names.reduce<Buffer | string>(hmac, `AWS4${user.secretAccessKey}`);
  const frames: Buffer[] = [];
  let before = seed;
  for (let at = 0; ; at += CHUNK_BYTES) {
    const chunk = content.subarray(at, at + CHUNK_BYTES);
    const scope = names.join('/');
    const signed = ['AWS4-HMAC-SHA256-PAYLOAD', time, scope, before, sha256(''), sha256(chunk)];
    before = hmac(key, signed.join('\n')).toString('hex');
    const head = `${chunk.length.toString(16)};chunk-signature=${before}\r\n`;
    frames.push(Buffer.concat([Buffer.from(head), chunk, Buffer.from('\r\n')]));
    if (chunk.length === 0) return frames;
  }
}

/** Returns the status, and the code of the error if it is one. */
export async function putInChunks(
  endpoint: string,
  path: string,
  content: Uint8Array,
  user: S3User,
): Promise<string> {
  const { host } = new URL(endpoint);
  const framed = signedChunks(content, user, '', '20000101T000000Z');
  const bytes = framed.reduce((sum, frame) => sum + frame.length, 0);
  const signer = new SignatureV4({
    service: 's3',
    region: REGION,
    credentials: user,
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const { headers } = await signer.sign({
    method: 'PUT',
    protocol: 'http:',
    hostname: '',
    path,
    query: {},
    headers: {
      host,
      'content-encoding': 'aws-chunked',
      'content-length': String(bytes),
      'x-amz-decoded-content-length': String(content.length),
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    },
  });
  const seed = /Signature=(\w+)/.exec(headers.authorization ?? '')?.[1] ?? '';
  const body = signedChunks(content, user, seed, headers['x-amz-date'] ?? '');
  return new Promise((resolve, reject) => {
    const sent = request(endpoint, { method: 'PUT', path, headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => {
        const code = /<Code>(\w+)/.exec(text)?.[1];
        resolve([answer.statusCode, code].filter(Boolean).join(' '));
      });
    });
    sent.on('error', reject);
    for (const frame of body) sent.write(frame);
    sent.end();
  });
}
