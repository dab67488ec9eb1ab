// Parts of uploads that were acknowledged and are sent only when their upload is completed, in
// their order or in reverse. What is held is lost where the proxy ends before, as in a crash.

import type { RawHeaders } from './raw-headers.ts';

/** All that is held. */
const HELD_BYTES_MAX = 64 * 1024 * 1024;

export interface DelayedPart {
  readonly partNumber: number;
  readonly target: string;
  readonly headers: RawHeaders;
  /** As it came, with the frames of aws-chunked. */
  readonly body: Buffer;
  /** What is in it. */
  readonly content: Buffer;
  /** The parts of the upload go in reverse. */
  readonly isReversed: boolean;
}

export class DelayedParts {
  readonly #uploads = new Map<string, DelayedPart[]>();
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#uploads.size === 0;
  }

  hasRoom(bytes: number): boolean {
    return this.#bytes + bytes <= HELD_BYTES_MAX;
  }

  has(uploadId: string | null): boolean {
    return uploadId !== null && this.#uploads.has(uploadId);
  }

  /** In place of an earlier one of the same number. */
  hold(uploadId: string, part: DelayedPart): void {
    this.forget(uploadId, part.partNumber);
    this.#uploads.set(uploadId, [...(this.#uploads.get(uploadId) ?? []), part]);
    this.#bytes += part.body.length;
  }

  /** A part that was sent again meanwhile. */
  forget(uploadId: string, partNumber: number): void {
    const kept = this.take(uploadId).filter((part) => part.partNumber !== partNumber);
    if (kept.length === 0) return;
    this.#uploads.set(uploadId, kept);
    for (const { body } of kept) this.#bytes += body.length;
  }

  /** All of an upload, in the order in which they came. */
  take(uploadId: string): DelayedPart[] {
    const parts = this.#uploads.get(uploadId) ?? [];
    this.#uploads.delete(uploadId);
    for (const { body } of parts) this.#bytes -= body.length;
    return parts;
  }
}

/** In the order in which they are to be sent. */
export function sendingOrder(parts: readonly DelayedPart[]): readonly DelayedPart[] {
  return parts.some(({ isReversed }) => isReversed) ? parts.toReversed() : parts;
}
