// What a client does by itself: the `Upload` of the SDK's lib-storage, fed with a stream as most
// programs feed it. It decides about one request or parts, and keeps four parts in flight.

import { Readable } from 'node:stream';
import { Upload } from '@aws-sdk/lib-storage';
import type { WriteManner } from '../domain/medium.ts';
import type { S3Calls } from './s3-calls.ts';
import { S3Writing } from './s3-file.ts';
import { partBytesFor } from './s3-parts.ts';

/** Writes wait while more than this is in order and not taken by the Upload. */
const BACKLOG_BYTES_MAX = 8 * 2 ** 20;

export class StreamedFile extends S3Writing {
  private readonly feed = new Feed();
  private readonly stream: Readable;
  private readonly uploaded: Promise<unknown>;
  /** Beyond a place that is not written yet, by offset. */
  private readonly early = new Map<number, Uint8Array>();
  private nextOffset = 0;
  private failure: { readonly error: unknown } | null = null;

  constructor(calls: S3Calls, path: string, { totalBytes }: WriteManner) {
    super(calls, path);
    this.stream = Readable.from(this.feed.chunks(), { highWaterMark: 1 });
    const params = { ...calls.at(path), Body: this.stream };
    const upload = new Upload({ client: calls.sdk, params, partSize: partBytesFor(totalBytes) });
    this.uploaded = upload.done();
    this.uploaded.catch((error: unknown) => {
      this.failure = { error };
      this.feed.giveUp();
    });
  }

  write(offset: number, bytes: Uint8Array): Promise<void> {
    const act = async () => {
      this.refuseClosed('Upload');
      this.refuseFailed();
      this.spans.take('Upload', this.path, offset, offset + bytes.length);
      if (bytes.length === 0) return;
      this.early.set(offset, bytes.slice());
      for (let next = this.takeNext(); next; next = this.takeNext()) this.feed.push(next);
      // A write ahead of its turn must not wait for one that may come only after it.
      if (offset < this.nextOffset) await this.feed.belowBytes(BACKLOG_BYTES_MAX);
      this.refuseFailed();
    };
    return this.calls.wait('Upload', this.path, act, offset);
  }

  close(): Promise<void> {
    return this.calls.wait('Upload', this.path, async () => {
      this.closeOnce('Upload');
      try {
        this.spans.refuseGap('Upload', this.path);
      } catch (error) {
        await this.abandon();
        throw error;
      }
      this.feed.end();
      await this.uploaded;
    });
  }

  /** An Upload whose stream breaks waits for its parts under way, aborts, and then rejects. */
  async abandon(): Promise<boolean> {
    this.stream.destroy(new Error('the upload was given up'));
    this.feed.giveUp();
    await this.uploaded.catch(() => undefined);
    return true;
  }

  private refuseFailed(): void {
    if (this.failure) throw this.failure.error;
  }

  private takeNext(): Uint8Array | undefined {
    const bytes = this.early.get(this.nextOffset);
    this.early.delete(this.nextOffset);
    this.nextOffset += bytes?.length ?? 0;
    return bytes;
  }
}

/** Chunks between the writes and the stream. */
class Feed {
  private readonly queue: Uint8Array[] = [];
  private queuedBytes = 0;
  private isEnded = false;
  private waiters: (() => void)[] = [];

  push(bytes: Uint8Array): void {
    this.queue.push(bytes);
    this.queuedBytes += bytes.length;
    this.wake();
  }

  end(): void {
    this.isEnded = true;
    this.wake();
  }

  /** Nobody takes what is queued any more, so nobody shall wait for that. */
  giveUp(): void {
    this.queue.length = 0;
    this.queuedBytes = 0;
    this.end();
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const bytes = this.queue.shift();
      if (bytes) {
        this.queuedBytes -= bytes.length;
        this.wake();
        yield bytes;
      } else if (this.isEnded) return;
      else await this.change();
    }
  }

  async belowBytes(limit: number): Promise<void> {
    while (this.queuedBytes > limit) await this.change();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  private wake(): void {
    const { waiters } = this;
    this.waiters = [];
    for (const resolve of waiters) resolve();
  }
}
