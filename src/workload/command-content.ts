// The check of a content that comes in pieces (from a reader's standard output) or that has no
// stamps (the user's own file): windows of one I/O are held against what was meant, the bytes of
// what is wrong are kept, and the rest only counted.

import { readSync } from 'node:fs';
import { monotonicNs } from '../base/clock.ts';
import type { Expected, Observation, Reread, StampStream } from '../domain/observation.ts';
import type { StampKernel } from '../stamp/kernel.ts';
import { firstDamage, runsWithin } from './run-check.ts';

export const OBSERVATIONS_MAX = 8;
/** Kept around a damaged place; what was meant is kept beside a given content. */
const WINDOW_BYTES = 64 * 1024;
const SECTOR_BYTES = 512;
const POISON_BYTE = 0xa5;

/** What ought to be there. */
export interface Meant {
  readonly lengthBytes: number;
  /** Bytes of one window; divides the memory. */
  readonly ioBytes: number;
  /** Windows that are kept begin at multiples of this. */
  readonly alignBytes: number;
  /** Filled with the bytes of a window from its start on. */
  readonly memory: Uint8Array;
  /** Makes bytes that a read leaves unfilled differ from those that the one before left there. */
  poison(at: number, length: number): void;
  /** First wrong byte in memory [from, returned) of the window at `offset`, or -1. */
  firstWrong(offset: number, from: number, returned: number): number;
  expected(offset: number, length: number): Expected;
}

/** One generation of a stamped file. */
export function stampedMeant(
  kernel: StampKernel,
  stream: StampStream,
  ioBytes: number,
  lengthBytes: number,
): Meant {
  const blocks = lengthBytes / stream.blockBytes;
  const runs = [{ firstBlock: 0, blocks, generation: 1 }];
  return {
    lengthBytes,
    ioBytes,
    alignBytes: stream.blockBytes,
    memory: kernel.memory,
    poison: (at, length) => kernel.poison(at, length, SECTOR_BYTES),
    firstWrong(offset, from, returned) {
      const first = offset / stream.blockBytes;
      const count = Math.ceil(returned / stream.blockBytes);
      const wrong = firstDamage(kernel, { stream, runs }, first, count, from, returned);
      const beyond = lengthBytes - offset;
      return wrong < 0 && returned > beyond ? Math.max(from, beyond) : wrong;
    },
    expected: (offset, length) => ({
      shape: 'blocks',
      stream,
      runs: runsWithin(runs, stream, { offset, length }),
      lengthBytes,
    }),
  };
}

/** @param descriptor of the user's file, which stays open until the check has ended */
export function givenMeant(descriptor: number, lengthBytes: number, ioBytes: number): Meant {
  const memory = new Uint8Array(ioBytes);
  const wanted = Buffer.alloc(ioBytes);
  const readWanted = (offset: number, length: number): Buffer => {
    let got = 0;
    while (got < length) {
      const count = readSync(descriptor, wanted, got, length - got, offset + got);
      if (count === 0) break;
      got += count;
    }
    return wanted.subarray(0, got);
  };
  return {
    lengthBytes,
    ioBytes,
    alignBytes: 4096,
    memory,
    poison: (at, length) => memory.fill(POISON_BYTE, at, at + length),
    firstWrong(offset, from, returned) {
      const meant = readWanted(offset + from, Math.min(returned, lengthBytes - offset) - from);
      const seen = memory.subarray(from, returned);
      if (Buffer.compare(meant, seen) === 0) return -1;
      const at = seen.findIndex((byte, index) => byte !== meant[index]);
      return at < 0 ? -1 : from + at;
    },
    expected(offset, length) {
      const bytes = readWanted(offset, Math.max(0, Math.min(length, lengthBytes - offset)));
      return { shape: 'given', meant: bytes.toString('base64'), lengthBytes };
    },
  };
}

export interface ContentResult {
  readonly reads: number;
  readonly broken: number;
  readonly bytesRead: number;
  readonly observations: Observation[];
}

/** Who read what, for the observations. */
export interface ContentSight {
  readonly actor: string;
  readonly file: string;
  /** Second looks at a window, taken at once; none where they come later. */
  readonly look: (offset: number, length: number) => Reread[];
}

/** Takes pieces of any length in order. */
export class ContentCheck {
  private readonly meant: Meant;
  private readonly sight: ContentSight;
  private readonly observations: Observation[] = [];
  /** Where the window that is being filled begins, and how far it is filled. */
  private offset = 0;
  private filled = 0;
  private reads = 0;
  private broken = 0;

  constructor(meant: Meant, sight: ContentSight) {
    this.meant = meant;
    this.sight = sight;
  }

  add(piece: Uint8Array): void {
    const { memory, ioBytes } = this.meant;
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + ioBytes - this.filled);
      memory.set(part, this.filled);
      this.filled += part.length;
      at += part.length;
      if (this.filled === ioBytes) this.judgeWindow();
    }
  }

  /** One read straight into the memory, up to the end of the window. Returns what came. */
  addFrom(read: (into: Uint8Array, at: number, length: number) => number): number {
    const { memory, ioBytes } = this.meant;
    const at = this.filled;
    // A read may end anywhere, and the kernel poisons whole words.
    const word = Math.ceil(at / 8) * 8;
    this.meant.poison(word, ioBytes - word);
    const length = read(memory, at, ioBytes - at);
    this.filled += length;
    if (this.filled === ioBytes) this.judgeWindow();
    return length;
  }

  end(): ContentResult {
    const { lengthBytes } = this.meant;
    if (this.filled > 0) this.judgeWindow();
    const total = this.offset;
    if (total < lengthBytes) {
      this.broken++;
      this.reads++;
      this.observe(total, 0, lengthBytes - total, 0);
    }
    const observations = this.observations.map((each) => ({ ...each, fileBytes: total }));
    return { reads: this.reads, broken: this.broken, bytesRead: total, observations };
  }

  private judgeWindow(): void {
    const { meant, offset, filled } = this;
    this.reads++;
    this.offset += filled;
    this.filled = 0;
    let wrong = meant.firstWrong(offset, 0, filled);
    if (wrong < 0) return;
    this.broken++;
    for (let next = 0; wrong >= 0 && this.observations.length < OBSERVATIONS_MAX; ) {
      const from = Math.max(next, wrong - (wrong % meant.alignBytes) - meant.alignBytes);
      const length = Math.min(WINDOW_BYTES, filled - from);
      this.observe(offset + from, from, length, length);
      next = from + length;
      wrong = next < filled ? meant.firstWrong(offset, next, filled) : -1;
    }
  }

  private observe(offset: number, at: number, asked: number, returned: number): void {
    if (this.observations.length >= OBSERVATIONS_MAX) return;
    const { meant, sight } = this;
    this.observations.push({
      seq: this.observations.length,
      promise: 'read-back',
      actor: sight.actor,
      file: sight.file,
      offset,
      asked,
      returned,
      fileBytes: -1,
      ioBytes: meant.ioBytes,
      bytes: meant.memory.slice(at, at + returned),
      expected: meant.expected(offset, Math.min(asked, WINDOW_BYTES)),
      rereads: sight.look(offset, returned),
      atNs: String(monotonicNs()),
      sourceIntact: true,
    });
  }
}
