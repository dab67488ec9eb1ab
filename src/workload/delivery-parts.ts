// The reader of `delivery`: which parts of a copy are not as the writer meant.

import type { Pickup } from '../domain/delivery.ts';
import type { MediumAddress } from '../domain/medium.ts';
import type { GenerationRun, StampStream, WrongRange } from '../domain/observation.ts';
import { connectionTo } from './connections.ts';
import type { ActorBench } from './role.ts';
import { addRange, DATA_BYTES, wrongRanges } from './run-check.ts';
import { readFully } from './transfer-roles.ts';

const READ_BYTES = 1024 * 1024;
const PARTS_TOLD_MAX = 64;

export interface DeliveryPartsAssignment {
  readonly medium: MediumAddress;
  readonly path: string;
  readonly stream: StampStream;
  readonly runs: readonly GenerationRun[];
  readonly sizeBytes: number;
  readonly partBytes: number;
}

export type DeliveryPartsResult = Pick<Pickup, 'wrongParts' | 'wrongPartsInAll' | 'zeroParts'>;

export async function deliveryParts(
  { medium, path, stream, runs, sizeBytes, partBytes }: DeliveryPartsAssignment,
  bench: ActorBench,
): Promise<DeliveryPartsResult> {
  const { client } = await connectionTo(medium);
  const kernel = bench.kernel(DATA_BYTES);
  const ranges: WrongRange[] = [];
  for (let offset = 0; offset < sizeBytes; offset += READ_BYTES) {
    const asked = Math.min(READ_BYTES, sizeBytes - offset);
    const returned = await readFully(client, path, offset, kernel.memory.subarray(0, asked));
    const firstBlock = offset / stream.blockBytes;
    const found = wrongRanges(
      kernel,
      { stream, runs },
      firstBlock,
      asked / stream.blockBytes,
      returned,
    );
    for (const range of found) addRange(ranges, range);
  }
  return wrongPartsOf(ranges, sizeBytes, partBytes);
}

/** A part is wrong where one byte of it is, and of zeros where all of it is. */
function wrongPartsOf(
  ranges: readonly WrongRange[],
  sizeBytes: number,
  partBytes: number,
): DeliveryPartsResult {
  const wrong: number[] = [];
  let zeroParts = 0;
  for (let part = 0; part < sizeBytes / partBytes; part++) {
    const [from, to] = [part * partBytes, (part + 1) * partBytes];
    const touching = ranges.filter(({ offset, length }) => offset < to && offset + length > from);
    if (touching.length === 0) continue;
    wrong.push(part);
    const isZero = touching.some(
      ({ offset, length, zeros }) => zeros && offset <= from && offset + length >= to,
    );
    if (isZero) zeroParts++;
  }
  const wrongParts = wrong.slice(0, PARTS_TOLD_MAX);
  return { wrongParts, wrongPartsInAll: wrong.length, zeroParts };
}
