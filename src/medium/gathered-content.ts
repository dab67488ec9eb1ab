// The content of an object while it is written: gathered here in whatever order it comes, and given
// out whole. A gap is an error, for no service would say that it was filled with zeros.

import { ByteRanges } from './byte-ranges.ts';
import { OperationError } from './operation-error.ts';

/** Of one object, since all of it is in memory; bytes. */
const OBJECT_BYTES_MAX = 2 ** 30;

export class GatheredContent {
  private readonly path: string;
  private bytes: Uint8Array;
  private length = 0;
  private isClosed = false;
  private readonly written = new ByteRanges();

  /** @throws OperationError `EFBIG` */
  constructor(path: string, totalBytes: number) {
    this.path = path;
    if (totalBytes > OBJECT_BYTES_MAX) throw this.tooLarge('create', totalBytes);
    this.bytes = new Uint8Array(totalBytes);
  }

  /** @throws OperationError `EFBIG`, `EBADF` */
  add(offset: number, bytes: Uint8Array): void {
    this.refuseClosed('write');
    const end = offset + bytes.length;
    if (end > OBJECT_BYTES_MAX) throw this.tooLarge('write', end);
    if (end > this.bytes.length) {
      const longer = new Uint8Array(Math.min(OBJECT_BYTES_MAX, Math.max(end, 2 * this.length)));
      longer.set(this.bytes);
      this.bytes = longer;
    }
    this.bytes.set(bytes, offset);
    this.written.add(offset, end);
    this.length = Math.max(this.length, end);
  }

  /** The whole content, once. @throws OperationError `EINVAL` for a gap, `EBADF` */
  close(): Uint8Array {
    this.refuseClosed('close');
    this.isClosed = true;
    const [gap] = this.written.gaps(this.length);
    if (gap) {
      const words = `bytes ${gap[0]} to ${gap[1]} of ${this.path} were never written`;
      throw new OperationError('close', this.path, 'EINVAL', words, gap[0]);
    }
    return this.bytes.subarray(0, this.length);
  }

  /** @throws OperationError `EBADF` */
  refuseClosed(operation: string): void {
    if (!this.isClosed) return;
    throw new OperationError(operation, this.path, 'EBADF', 'the file is closed');
  }

  private tooLarge(operation: string, bytes: number): OperationError {
    const words = `${bytes} bytes are more than the ${OBJECT_BYTES_MAX} that are gathered here`;
    return new OperationError(operation, this.path, 'EFBIG', words);
  }
}
