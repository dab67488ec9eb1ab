// What the file of a delivery is to hold, part by part: made here, or read from where it lies
// already. A part that is made again is the same, so that the digest is of what was meant, and not
// of what a store says that it has.

import { createHash } from 'node:crypto';
import { wallMs } from '../base/clock.ts';
import type { MediumClient } from '../domain/medium.ts';
import type { StampStream } from '../domain/observation.ts';
import type { StampKernel } from '../stamp/kernel.ts';
import { readFully } from './transfer-roles.ts';

export interface DeliverySource {
  readonly client: MediumClient;
  readonly path: string;
}

export interface DeliveryExtent {
  readonly stream: StampStream;
  readonly sizeBytes: number;
  readonly partBytes: number;
  /** Parts, from 0, that are written; the others are zeros. */
  readonly parts: readonly number[];
}

export class DeliveryContent {
  readonly #kernel: StampKernel;
  readonly #extent: DeliveryExtent;
  readonly #source: DeliverySource | null;
  /** When each part was made first, by the wall, milliseconds; 0: not yet. */
  readonly #madeMs: Float64Array;

  /** @param kernel has room for the parts that are made at a time. @param source null: made here */
  constructor(kernel: StampKernel, extent: DeliveryExtent, source: DeliverySource | null) {
    this.#kernel = kernel;
    this.#extent = extent;
    this.#source = source;
    this.#madeMs = new Float64Array(extent.sizeBytes / extent.partBytes);
    kernel.use(extent.stream);
  }

  /** Puts a part into the memory of the kernel. @param at bytes from its beginning */
  async make(part: number, at: number): Promise<void> {
    const { stream, partBytes } = this.#extent;
    if (this.#source === null) {
      const blocks = partBytes / stream.blockBytes;
      this.#madeMs[part] ||= wallMs();
      const timeNs = BigInt(this.#madeMs[part] ?? 0) * 1_000_000n;
      this.#kernel.encode(at, part * blocks, blocks, 1, timeNs);
      return;
    }
    const { client, path } = this.#source;
    const range = this.#kernel.memory.subarray(at, at + partBytes);
    const came = await readFully(client, path, part * partBytes, range);
    if (came < partBytes) throw new Error(`a range of the origin ended after ${came} bytes`);
  }

  /** Of the whole file, also of parts that are still to be written; hex. Uses the memory. */
  async sha256(): Promise<string> {
    const { sizeBytes, partBytes, parts } = this.#extent;
    const written = new Set(parts);
    const hole = new Uint8Array(partBytes);
    const hash = createHash('sha256');
    for (let part = 0; part < sizeBytes / partBytes; part++) {
      if (written.has(part)) await this.make(part, 0);
      hash.update(written.has(part) ? this.#kernel.memory.subarray(0, partBytes) : hole);
    }
    return hash.digest('hex');
  }
}
