// A multipart upload of which the writer decides everything: each write is a part, sent when it is
// written, in any order and as many at a time as there are writes under way.
//
//   offset    0          P          2P         3P    end
//             |  part 1  |  part 2  |  part 3  | 4  |       P: length of the first write
//
// S3 wants 5 MiB of every part but the last (EntityTooSmall). Shorter writes are gathered to parts
// of 5 MiB, each sent when the last of its bytes is there; a hole that stays is refused at close.

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { WriteManner } from '../domain/medium.ts';
import { OperationError } from './operation-error.ts';
import type { S3Calls } from './s3-calls.ts';
import { S3Writing } from './s3-file.ts';

export const PART_BYTES_MIN = 5 * 2 ** 20;
/** "Amazon S3 multipart upload limits" in the S3 user guide. */
const PARTS_MAX = 10_000;

interface Gathered {
  readonly bytes: Uint8Array;
  filled: number;
}

/** The smallest part of which no more than 10,000 make up the content; bytes. */
export function partBytesFor(totalBytes: number): number {
  return Math.max(PART_BYTES_MIN, Math.ceil(totalBytes / PARTS_MAX));
}

export async function createMultipart(
  calls: S3Calls,
  path: string,
  { totalBytes }: WriteManner,
): Promise<MultipartFile> {
  const { UploadId } = await calls.run('CreateMultipartUpload', path, (abortSignal) =>
    calls.sdk.send(new CreateMultipartUploadCommand(calls.at(path)), { abortSignal }),
  );
  if (UploadId) return new MultipartFile(calls, path, UploadId, totalBytes);
  throw new OperationError('CreateMultipartUpload', path, 'EPROTO', 'a reply without UploadId');
}

export class MultipartFile extends S3Writing {
  readonly uploadId: string;
  private readonly totalBytes: number;
  private partBytes: number | null = null;
  /** Of a last part that was written before the length of the others was known. */
  private held: { readonly offset: number; readonly bytes: Uint8Array } | null = null;
  private readonly gathered = new Map<number, Gathered>();
  private readonly etags = new Map<number, string>();
  private readonly sending = new Set<Promise<void>>();
  private failure: OperationError | null = null;
  private isDone = false;

  constructor(calls: S3Calls, path: string, uploadId: string, totalBytes: number) {
    super(calls, path);
    this.uploadId = uploadId;
    this.totalBytes = totalBytes;
  }

  write(offset: number, bytes: Uint8Array): Promise<void> {
    const act = async () => {
      this.refuseClosed('UploadPart');
      if (this.failure) throw this.failure;
      const end = offset + bytes.length;
      if (end > this.totalBytes) {
        const words = `byte ${end} is beyond the ${this.totalBytes} that were announced`;
        throw new OperationError('UploadPart', this.path, 'EINVAL', words, offset);
      }
      this.spans.take('UploadPart', this.path, offset, end);
      await this.accept(offset, bytes);
    };
    return this.calls.wait('UploadPart', this.path, act, offset);
  }

  close(): Promise<void> {
    const { calls, path } = this;
    return calls.wait('CompleteMultipartUpload', path, async () => {
      this.closeOnce('CompleteMultipartUpload');
      try {
        await this.sendRest();
        await calls.run('CompleteMultipartUpload', path, (abortSignal) =>
          calls.sdk.send(
            new CompleteMultipartUploadCommand({
              ...this.upload(),
              MultipartUpload: { Parts: this.parts() },
            }),
            { abortSignal },
          ),
        );
        this.isDone = true;
      } catch (error) {
        await this.abandon();
        throw error;
      }
    });
  }

  /** Parts that arrive after an abort would stay, so those under way are waited for. */
  async abandon(): Promise<boolean> {
    await Promise.allSettled(this.sending);
    if (this.isDone) return true;
    this.isDone = await this.calls.clearUp((abortSignal) =>
      this.calls.sdk
        .send(new AbortMultipartUploadCommand(this.upload()), { abortSignal })
        .catch((error: Error) => {
          if (error.name !== 'NoSuchUpload') throw error;
        }),
    );
    return this.isDone;
  }

  private async accept(offset: number, bytes: Uint8Array): Promise<void> {
    if (this.partBytes === null) {
      if (offset > 0 && offset + bytes.length === this.totalBytes) {
        this.held = { offset, bytes: bytes.slice() };
        return;
      }
      this.partBytes = this.chosenPartBytes(offset, bytes.length);
    }
    const { held } = this;
    this.held = null;
    if (held) await Promise.all([this.place(held.offset, held.bytes), this.place(offset, bytes)]);
    else await this.place(offset, bytes);
  }

  private chosenPartBytes(offset: number, length: number): number {
    const least = partBytesFor(this.totalBytes);
    return length >= least && offset % length === 0 ? length : least;
  }

  /** Whole parts are sent as they are lent, without a copy; the rest is gathered. */
  private async place(offset: number, bytes: Uint8Array): Promise<void> {
    const partBytes = this.partBytes as number;
    const sends: Promise<void>[] = [];
    for (let done = 0; done < bytes.length; ) {
      const index = Math.floor((offset + done) / partBytes);
      const from = offset + done - index * partBytes;
      const whole = Math.min(partBytes, this.totalBytes - index * partBytes);
      const piece = bytes.subarray(done, done + Math.min(whole - from, bytes.length - done));
      if (piece.length === whole) sends.push(this.send(index, piece));
      else {
        const slot = this.slot(index, whole);
        slot.bytes.set(piece, from);
        slot.filled += piece.length;
        if (slot.filled === whole) {
          this.gathered.delete(index);
          sends.push(this.send(index, slot.bytes));
        }
      }
      done += piece.length;
    }
    await Promise.all(sends);
  }

  private slot(index: number, bytes: number): Gathered {
    const known = this.gathered.get(index);
    if (known) return known;
    const slot = { bytes: new Uint8Array(bytes), filled: 0 };
    this.gathered.set(index, slot);
    return slot;
  }

  private send(index: number, Body: Uint8Array): Promise<void> {
    const sent = this.sendPart(index, Body).catch((error: OperationError) => {
      this.failure ??= error;
      throw error;
    });
    this.sending.add(sent);
    // Whoever wrote the part awaits the same promise and sees its error.
    sent.catch(() => undefined).finally(() => this.sending.delete(sent));
    return sent;
  }

  private async sendPart(index: number, Body: Uint8Array): Promise<void> {
    const { calls, path } = this;
    const offset = index * (this.partBytes ?? 0);
    const PartNumber = index + 1;
    const act = (abortSignal: AbortSignal) =>
      calls.sdk.send(new UploadPartCommand({ ...this.upload(), PartNumber, Body }), {
        abortSignal,
      });
    const { ETag } = await calls.run('UploadPart', path, act, offset);
    if (!ETag)
      throw new OperationError('UploadPart', path, 'EPROTO', 'a reply without ETag', offset);
    this.etags.set(PartNumber, ETag);
  }

  private async sendRest(): Promise<void> {
    const { held } = this;
    this.held = null;
    if (held) {
      this.partBytes = partBytesFor(this.totalBytes);
      await this.place(held.offset, held.bytes);
    }
    await Promise.allSettled(this.sending);
    if (this.failure) throw this.failure;
    this.spans.refuseGap('CompleteMultipartUpload', this.path);
    // Without a gap only the last part can be short of bytes: the content ends before it was said.
    for (const [index, slot] of this.gathered) {
      await this.send(index, slot.bytes.subarray(0, slot.filled));
    }
    if (this.spans.end === 0) await this.send(0, new Uint8Array(0));
  }

  private parts(): { PartNumber: number; ETag: string }[] {
    return [...this.etags]
      .map(([PartNumber, ETag]) => ({ PartNumber, ETag }))
      .toSorted((a, b) => a.PartNumber - b.PartNumber);
  }

  private upload() {
    return { ...this.calls.at(this.path), UploadId: this.uploadId };
  }
}
