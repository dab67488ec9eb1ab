// The reader of `delivery`: which parts of a copy are not as the writer meant, and whether the one
// who made it had read all of them.

import { crc32 } from 'node:zlib';
import type { Pickup, TakenBytes } from '../domain/delivery.ts';
import type { MediumAddress } from '../domain/medium.ts';
import type { GenerationRun, StampStream, WrongRange } from '../domain/observation.ts';
import { connectionTo, giveUpConnection } from './connections.ts';
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

export interface DeliveryTakenAssignment {
  readonly medium: MediumAddress;
  /** The file that was copied; it is known to be whole by now. */
  readonly path: string;
  readonly taken: TakenBytes;
}

/**
 * Whether what was read then is what the file holds now.
 * @throws as `MediumClient.read`: then nothing is known of the trial
 */
export async function deliveryTaken({
  medium,
  path,
  taken,
}: DeliveryTakenAssignment): Promise<{ readonly isSame: boolean }> {
  try {
    const { client } = await connectionTo(medium);
    if ((await client.length(path)) !== taken.bytes) return { isSame: false };
    const buffer = new Uint8Array(READ_BYTES);
    let checksum = 0;
    for (let offset = 0; offset < taken.bytes; offset += READ_BYTES) {
      const count = await readFully(client, path, offset, buffer);
      checksum = crc32(buffer.subarray(0, count), checksum);
    }
    return { isSame: checksum === taken.crc32 };
  } catch (error) {
    await giveUpConnection(medium);
    throw error;
  }
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
