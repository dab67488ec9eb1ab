// The frame of the calls of S3: one request each, tried once and no longer than the limit. The
// SDK's own repetitions are off, since a request that failed and was repeated in silence is just
// what a hunt wants to see.

import { S3Client } from '@aws-sdk/client-s3';
import type { ConnectOptions } from '../domain/medium.ts';
import { CALL_LIMIT_MS, ClientCalls } from './client-calls.ts';
import { OperationError } from './operation-error.ts';
import { readS3Error, wordsOf } from './s3-errors.ts';
import type { S3Place } from './s3-place.ts';

/** The longest delay that a timer takes; for waits that many limited requests make up. */
const UNLIMITED_MS = 2 ** 31 - 1;
/** The SDK's default for one host, stated, since more writes in flight than this would queue. */
const SOCKETS_MAX = 128;

export class S3Calls {
  readonly sdk: S3Client;
  readonly bucket: string;
  private readonly prefix: string;
  private readonly limitMs: number;
  private readonly limited: ClientCalls;
  private readonly unlimited: ClientCalls;

  constructor(place: S3Place, { limitMs = CALL_LIMIT_MS }: ConnectOptions = {}) {
    this.sdk = createSdk(place, limitMs);
    this.bucket = place.bucket;
    this.prefix = place.prefix;
    this.limitMs = limitMs;
    this.limited = new ClientCalls({ limitMs }, readS3Error);
    this.unlimited = new ClientCalls({ limitMs: UNLIMITED_MS }, readS3Error);
  }

  /** Of a path, which begins with a slash; of `/` it is the prefix, with a slash at its end. */
  key(path: string): string {
    return this.prefix + path.slice(1).replace(/\/+$/, '');
  }

  /** What the keys of all that is in a directory begin with. */
  keysIn(path: string): string {
    const key = this.key(path);
    return key === '' || key.endsWith('/') ? key : `${key}/`;
  }

  /** Bucket and key, as nearly every request wants them. */
  at(path: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket, Key: this.key(path) };
  }

  /**
   * One request and its reply.
   * @param operation as the S3 API names it: `PutObject`
   * @throws OperationError
   */
  run<Result>(
    operation: string,
    path: string,
    act: (signal: AbortSignal) => Promise<Result>,
    offset?: number,
  ): Promise<Result> {
    return this.limited.run(
      operation,
      path,
      () => this.within(operation, path, act, offset),
      offset,
    );
  }

  /** A wait for requests that have their own limits. */
  wait<Result>(
    operation: string,
    path: string,
    act: () => Promise<Result>,
    offset?: number,
  ): Promise<Result> {
    return this.unlimited.run(operation, path, act, offset);
  }

  /** A request that clears up also after `close`; says whether it was done. */
  async clearUp(act: (signal: AbortSignal) => Promise<unknown>): Promise<boolean> {
    return act(AbortSignal.timeout(this.limitMs)).then(
      () => true,
      () => false,
    );
  }

  /** True the first time; requests from now on are refused. */
  close(): boolean {
    this.unlimited.close();
    return this.limited.close();
  }

  /** What the signal ends must not pass for a connection that was lost. */
  private async within<Result>(
    operation: string,
    path: string,
    act: (signal: AbortSignal) => Promise<Result>,
    offset?: number,
  ): Promise<Result> {
    const signal = AbortSignal.timeout(this.limitMs);
    try {
      return await act(signal);
    } catch (error) {
      if (error instanceof OperationError) throw error;
      const errno = signal.aborted ? 'ETIMEDOUT' : readS3Error(error);
      if (errno === null) throw error;
      const late = errno === 'ETIMEDOUT';
      const words = late ? `no answer to ${operation} in ${this.limitMs} ms` : wordsOf(error);
      throw new OperationError(operation, path, errno, words, offset);
    }
  }
}

function createSdk(place: S3Place, limitMs: number): S3Client {
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  // A server of one's own seldom has regions, yet a signature needs the name of one.
  const ownRegion = place.endpoint === null ? undefined : (AWS_REGION ?? AWS_DEFAULT_REGION);
  const region = place.region ?? ownRegion ?? (place.endpoint === null ? undefined : 'us-east-1');
  return new S3Client({
    ...(place.endpoint === null ? {} : { endpoint: place.endpoint }),
    ...(region === undefined ? {} : { region }),
    forcePathStyle: place.pathStyle,
    maxAttempts: 1,
    // The newer default sends trailing checksums, which servers other than AWS refuse (411, 501).
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      requestTimeout: limitMs,
      throwOnRequestTimeout: true,
      connectionTimeout: limitMs,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS_MAX },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS_MAX },
    },
  });
}
