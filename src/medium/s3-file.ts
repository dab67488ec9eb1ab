// An object that is being written, and the simplest way of it: the content is collected, and one
// PutObject sends it at close.

import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { MediumFile, WriteManner } from '../domain/medium.ts';
import { unsupported } from './client-calls.ts';
import { OperationError } from './operation-error.ts';
import type { S3Calls } from './s3-calls.ts';
import { Spans } from './s3-spans.ts';

export interface S3File extends MediumFile {
  /** Takes back what was sent and is no object yet; false where it could not be. Never rejects. */
  abandon(): Promise<boolean>;
}

/** What all three ways share: one close, no truncation, and a sync that does nothing. */
export abstract class S3Writing implements S3File {
  protected readonly calls: S3Calls;
  protected readonly path: string;
  protected readonly spans = new Spans();
  private isClosed = false;

  constructor(calls: S3Calls, path: string) {
    this.calls = calls;
    this.path = path;
  }

  abstract write(offset: number, bytes: Uint8Array): Promise<void>;
  abstract close(): Promise<void>;
  abstract abandon(): Promise<boolean>;

  async truncate(): Promise<void> {
    throw unsupported('truncate', this.path, 'a truncation');
  }

  /** Does nothing: an object is durable when its last request is acknowledged, and not before. */
  async sync(): Promise<void> {
    await this.calls.wait('sync', this.path, async () => undefined);
  }

  /** @throws OperationError `EBADF` after close */
  protected refuseClosed(operation: string): void {
    if (!this.isClosed) return;
    throw new OperationError(operation, this.path, 'EBADF', 'the file is closed');
  }

  protected closeOnce(operation: string): void {
    this.refuseClosed(operation);
    this.isClosed = true;
  }
}

export class SingleFile extends S3Writing {
  private content: Uint8Array;

  constructor(calls: S3Calls, path: string, { totalBytes }: WriteManner) {
    super(calls, path);
    this.content = new Uint8Array(totalBytes);
  }

  write(offset: number, bytes: Uint8Array): Promise<void> {
    const act = async () => {
      this.refuseClosed('PutObject');
      const end = offset + bytes.length;
      this.spans.take('PutObject', this.path, offset, end);
      if (end > this.content.length) {
        const longer = new Uint8Array(Math.max(end, 2 * this.content.length));
        longer.set(this.content);
        this.content = longer;
      }
      this.content.set(bytes, offset);
    };
    return this.calls.wait('PutObject', this.path, act, offset);
  }

  close(): Promise<void> {
    const { calls, path } = this;
    return calls.run('PutObject', path, async (abortSignal) => {
      this.closeOnce('PutObject');
      this.spans.refuseGap('PutObject', path);
      const Body = this.content.subarray(0, this.spans.end);
      await calls.sdk.send(new PutObjectCommand({ ...calls.at(path), Body }), { abortSignal });
    });
  }

  async abandon(): Promise<boolean> {
    return true;
  }
}
