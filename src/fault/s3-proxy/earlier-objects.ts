// What objects held before they were last put or deleted, as far as it passed here: what a stale
// GET or HEAD gives. Kept in memory up to a limit; the objects that changed longest ago go first.

import { isoTime, wallMs } from '../../base/clock.ts';
import { partNumbers } from './uploads.ts';

interface StoredObject {
  readonly body: Buffer;
  readonly etag: string;
  readonly date: string;
}

interface History {
  readonly now: StoredObject | null;
  readonly before: StoredObject | null;
}

/** An answer made from what was stored. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: string[];
  readonly body: Buffer;
}

export class EarlierObjects {
  readonly #bytesMax: number;
  readonly #objects = new Map<string, History>();
  /** By upload: its parts so far. */
  readonly #parts = new Map<string, Map<number, Buffer>>();

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** @param body null where it is not known: then nothing earlier is known either */
  put(path: string, body: Buffer | null, etag: string): void {
    const history = this.#objects.get(path);
    this.#objects.delete(path);
    if (body === null) return;
    const date = new Date(isoTime(wallMs())).toUTCString();
    this.#objects.set(path, { now: { body, etag, date }, before: history?.now ?? null });
    this.#shrink();
  }

  putPart(uploadId: string, part: number, body: Buffer): void {
    const parts = this.#parts.get(uploadId) ?? new Map<number, Buffer>();
    this.#parts.set(uploadId, parts.set(part, body));
    this.#shrink();
  }

  /** @param xml the body of CompleteMultipartUpload */
  complete(path: string, uploadId: string, xml: string, etag: string): void {
    const parts = this.#parts.get(uploadId);
    this.#parts.delete(uploadId);
    const bodies = partNumbers(xml).map((part) => parts?.get(part));
    const isWhole = bodies.every((body) => body !== undefined);
    this.put(path, isWhole ? Buffer.concat(bodies as Buffer[]) : null, etag);
  }

  deleted(path: string): void {
    const { now } = this.#objects.get(path) ?? { now: null };
    this.#objects.delete(path);
    if (now) this.#objects.set(path, { now: null, before: now });
  }

  /** Something may have changed that was not seen. */
  clear(): void {
    this.#objects.clear();
    this.#parts.clear();
  }

  has(path: string): boolean {
    return this.#objects.get(path)?.before != null;
  }

  /** @param range the header, if any; of several ranges or another unit the whole is given */
  answer(path: string, range: string | null, isHead: boolean): StoredAnswer | null {
    const { before } = this.#objects.get(path) ?? {};
    if (!before) return null;
    const { body, etag, date } = before;
    const match = /^bytes=(\d*)-(\d*)$/.exec(range ?? '');
    const [from, to] = match
      ? bounds(match[1] ?? '', match[2] ?? '', body.length)
      : [0, body.length];
    const common = ['ETag', etag, 'Last-Modified', date, 'Accept-Ranges', 'bytes'];
    if (from >= to && match) {
      const headers = ['Content-Range', `bytes */${body.length}`, 'Content-Length', '0'];
      return { status: 416, headers, body: Buffer.alloc(0) };
    }
    const placed = match ? ['Content-Range', `bytes ${from}-${to - 1}/${body.length}`] : [];
    return {
      status: match ? 206 : 200,
      headers: [...common, ...placed, 'Content-Length', String(to - from)],
      body: isHead ? Buffer.alloc(0) : body.subarray(from, to),
    };
  }

  #shrink(): void {
    for (const kept of [this.#parts, this.#objects]) {
      while (this.#bytes() > this.#bytesMax && kept.size > 0) {
        kept.delete(kept.keys().next().value as string);
      }
    }
  }

  #bytes(): number {
    let bytes = 0;
    for (const { now, before } of this.#objects.values()) {
      bytes += (now?.body.length ?? 0) + (before?.body.length ?? 0);
    }
    for (const parts of this.#parts.values())
      for (const body of parts.values()) bytes += body.length;
    return bytes;
  }
}

/** Half-open. `-5` is the last five bytes. */
function bounds(first: string, last: string, length: number): [number, number] {
  if (first === '') return [Math.max(0, length - Number(last)), length];
  return [Number(first), last === '' ? length : Math.min(length, Number(last) + 1)];
}
