// Bodies that a fault wants to see whole, up to a limit of memory, and bodies that go slowly or end
// before they should.

import { Readable, Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../domain/fault.ts';
import type { RateLimits } from '../kinds/rate.ts';

/** A longer body is passed on as it comes, without the faults that need to see all of it. */
export const BODY_BYTES_MAX = 64 * 1024 * 1024;
/** A rate is kept in steps of so many milliseconds. */
const STEP_MS = 20;

/** All of it, or, beyond the limit, a stream of all of it. */
export type TakenBody = { readonly whole: Buffer } | { readonly stream: Readable };

/** @throws Error where the stream breaks before its end */
export async function takeBody(source: Readable): Promise<TakenBody> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const iterator = source[Symbol.asyncIterator]();
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    chunks.push(next.value as Buffer);
    bytes += (next.value as Buffer).length;
    if (bytes > BODY_BYTES_MAX) return { stream: Readable.from(rest(chunks, iterator)) };
  }
  return { whole: Buffer.concat(chunks) };
}

async function* rest(chunks: readonly Buffer[], iterator: AsyncIterator<Buffer>) {
  yield* chunks;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
}

/** Lets data pass at the rate of a fault. */
export function slowly(fault: Fault, rates: RateLimits): Transform {
  const stepBytes = Math.max(1, Math.ceil((Number(fault.values.bytes) * STEP_MS) / 1000));
  return new Transform({
    async transform(chunk: Buffer, _encoding, done) {
      for (let at = 0; at < chunk.length; at += stepBytes) {
        const piece = chunk.subarray(at, at + stepBytes);
        await sleep(rates.waitMs(fault, piece.length));
        this.push(piece);
      }
      done();
    },
  });
}

/** Lets the first bytes pass, then calls `end` and nothing passes any more. */
export function cutAfter(bytes: number, end: () => void): Transform {
  let left = bytes;
  let isOver = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const piece = chunk.subarray(0, left);
      left -= piece.length;
      if (left > 0) return done(null, piece);
      if (isOver) return done();
      isOver = true;
      this.push(piece);
      // What was pushed is on its way first.
      setImmediate(end);
      done();
    },
  });
}
