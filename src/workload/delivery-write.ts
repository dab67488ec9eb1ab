// The writer of `delivery`: fills a file in one of the ways in which files come to be, with a pause
// here and there, and says when it was done.

import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs, monotonicNs, wallMs } from '../base/clock.ts';
import { createRng } from '../base/rng.ts';
import { encodeMarker, markerOf } from '../delivery/marker.ts';
import type { WrittenPart } from '../domain/delivery.ts';
import type { MediumAddress, MediumClient, MediumFile } from '../domain/medium.ts';
import type { OperationFailure, StampStream } from '../domain/observation.ts';
import { operationFailure } from '../medium/operation-error.ts';
import type { StampKernel } from '../stamp/kernel.ts';
import { connectionTo, giveUpConnection } from './connections.ts';
import { type DeliveryBoard, markDone, untilWatched } from './delivery-board.ts';
import { DeliveryContent } from './delivery-content.ts';
import type { DeliveryOrigin, DeliveryStore } from './delivery-course.ts';
import { DELIVERED, type DeliveryWriter, WRITER_MANNERS } from './delivery-writers.ts';
import { inFlight } from './in-flight.ts';
import type { ActorBench } from './role.ts';
import { DATA_BYTES } from './run-check.ts';
import { ordered } from './write-order.ts';

export interface DeliveryWriteAssignment {
  readonly board: DeliveryBoard;
  /** So many must watch before the first write. */
  readonly watchers: number;
  readonly medium: MediumAddress;
  readonly folder: string;
  readonly writer: DeliveryWriter;
  /** A marker is written, after the file unless the writer does it too early. */
  readonly marker: boolean;
  /** Where the parts are read from; null where they are made here. */
  readonly origin: DeliveryOrigin | null;
  readonly stream: StampStream;
  readonly sizeBytes: number;
  readonly partBytes: number;
  /** Parts under way at a time, of a parallel writer. */
  readonly inFlight: number;
  readonly paceMs: number;
  /** One part, not the first, waits so long before it is written. */
  readonly stallMs: number;
  readonly seed: string;
}

export interface DeliveryWriteResult {
  readonly writes: number;
  readonly bytesWritten: number;
  readonly sourceIntact: boolean;
  /** When each part was acknowledged, milliseconds from the beginning. */
  readonly parts: readonly WrittenPart[];
  readonly begunNs: string;
  /** After the last call: a rename, a marker. */
  readonly doneNs: string;
  readonly failures: readonly OperationFailure[];
}

interface Written {
  writes: number;
  bytesWritten: number;
  sourceIntact: boolean;
  readonly parts: WrittenPart[];
  readonly begunMs: number;
}

/** Parts, from 0, that the writer writes; the others are holes. */
export function partsOf({
  writer,
  sizeBytes,
  partBytes,
}: Pick<DeliveryWriteAssignment, 'writer' | 'sizeBytes' | 'partBytes'>): number[] {
  const parts = Array.from({ length: sizeBytes / partBytes }, (_, part) => part);
  return WRITER_MANNERS[writer].isSparse ? parts.filter((part) => part % 2 === 0) : parts;
}

/** Parts as they are begun, in rounds: all of one are acknowledged before the next. */
export function roundsOf({
  seed,
  ...assignment
}: Parameters<typeof partsOf>[0] & Pick<DeliveryWriteAssignment, 'seed'>): number[][] {
  const { order, endsLast } = WRITER_MANNERS[assignment.writer];
  const parts = partsOf(assignment);
  const ends = endsLast ? parts.splice(-1) : [];
  return [ordered(parts, order, seed), ends];
}

export async function deliveryPrepare(
  { stores }: { readonly stores: readonly DeliveryStore[] },
  bench: ActorBench,
): Promise<{ readonly failures: readonly OperationFailure[] }> {
  for (const { medium, folder, name } of stores) {
    try {
      const { client } = await connectionTo(medium);
      await client.makeDirectory(folder);
    } catch (error) {
      await giveUpConnection(medium);
      return { failures: [operationFailure(error, bench.name, name)] };
    }
  }
  return { failures: [] };
}

/** Puts the whole file where the writer will download it from. */
export async function deliveryOrigin(
  {
    origin,
    stream,
    sizeBytes,
    partBytes,
  }: Pick<DeliveryWriteAssignment, 'stream' | 'sizeBytes' | 'partBytes'> & {
    readonly origin: DeliveryOrigin;
  },
  bench: ActorBench,
): Promise<{ readonly failures: readonly OperationFailure[] }> {
  const kernel = bench.kernel(Math.max(DATA_BYTES, partBytes));
  kernel.use(stream);
  const blocks = partBytes / stream.blockBytes;
  try {
    const { client } = await connectionTo(origin.medium);
    const manner = { stability: 'any', upload: 'any', totalBytes: sizeBytes } as const;
    const file = await client.create(origin.path, manner);
    for (let offset = 0; offset < sizeBytes; offset += partBytes) {
      const at = BigInt(wallMs()) * 1_000_000n;
      kernel.encode(0, offset / stream.blockBytes, blocks, 1, at);
      await file.write(offset, kernel.memory.slice(0, partBytes));
    }
    await file.close();
    return { failures: [] };
  } catch (error) {
    await giveUpConnection(origin.medium);
    return { failures: [operationFailure(error, bench.name, 'origin')] };
  }
}

export async function deliveryWrite(
  assignment: DeliveryWriteAssignment,
  bench: ActorBench,
): Promise<DeliveryWriteResult> {
  const { board, watchers, medium } = assignment;
  await untilWatched(board, watchers);
  const begunMs = monotonicMs();
  const result: Written = { writes: 0, bytesWritten: 0, sourceIntact: true, parts: [], begunMs };
  const begunNs = String(monotonicNs());
  const ended = () => ({ ...result, begunNs, doneNs: String(monotonicNs()) });
  try {
    const { client } = await connectionTo(medium);
    await writeAll(client, assignment, bench, result);
    markDone(board, 0, true);
    return { ...ended(), failures: [] };
  } catch (error) {
    markDone(board, 0, false);
    await giveUpConnection(medium);
    return { ...ended(), failures: [operationFailure(error, bench.name, DELIVERED)] };
  }
}

async function writeAll(
  client: MediumClient,
  assignment: DeliveryWriteAssignment,
  bench: ActorBench,
  result: Written,
): Promise<void> {
  const { folder, writer, sizeBytes } = assignment;
  const { isPreallocated, isSparse, reopens, marksEarly, name } = WRITER_MANNERS[writer];
  const path = `${folder}/${name}`;
  const upload = writer === 'multipart' ? ('multipart' as const) : ('any' as const);
  const manner = { stability: 'any' as const, upload, totalBytes: sizeBytes };
  const slots = WRITER_MANNERS[writer].isParallel ? assignment.inFlight : 1;
  const kernel = bench.kernel(Math.max(DATA_BYTES, slots * assignment.partBytes));
  const content = await contentOf(assignment, kernel);
  const mark = async () => {
    if (assignment.marker) await writeMarker(client, folder, sizeBytes, await content.sha256());
  };
  let file: MediumFile = await client.create(path, manner);
  try {
    if (isPreallocated) await file.truncate(sizeBytes);
    const write = async (offset: number, bytes: Uint8Array) => {
      await file.write(offset, bytes);
      if (!reopens) return;
      await file.close();
      file = await client.open(path, manner);
    };
    const writePart = partWriter(assignment, kernel, content, result, write);
    for (const [index, round] of roundsOf(assignment).entries()) {
      if (marksEarly && index > 0) await mark();
      await inFlight(round, slots, writePart);
    }
    if (isSparse) await file.truncate(sizeBytes);
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  await file.close();
  if (name !== DELIVERED) await client.rename(path, `${folder}/${DELIVERED}`);
  if (!marksEarly) await mark();
}

async function contentOf(
  assignment: DeliveryWriteAssignment,
  kernel: StampKernel,
): Promise<DeliveryContent> {
  const { origin, stream, sizeBytes, partBytes } = assignment;
  const source =
    origin === null
      ? null
      : { client: (await connectionTo(origin.medium)).client, path: origin.path };
  const extent = { stream, sizeBytes, partBytes, parts: partsOf(assignment) };
  return new DeliveryContent(kernel, extent, source);
}

/** Each part is made, paced, and given to `write`; one of them is stalled. */
function partWriter(
  assignment: DeliveryWriteAssignment,
  kernel: StampKernel,
  content: DeliveryContent,
  result: Written,
  write: (offset: number, bytes: Uint8Array) => Promise<void>,
): (part: number, slot: number) => Promise<void> {
  const { partBytes } = assignment;
  const stalled = stalledOf(assignment);
  return async (part, slot) => {
    if (part === stalled) await sleep(assignment.stallMs);
    else if (assignment.paceMs > 0) await sleep(assignment.paceMs);
    const at = slot * partBytes;
    await content.make(part, at);
    const before = kernel.checksum(at, partBytes);
    await write(part * partBytes, kernel.memory.subarray(at, at + partBytes));
    if (kernel.checksum(at, partBytes) !== before) result.sourceIntact = false;
    result.writes++;
    result.parts.push({ part, atMs: monotonicMs() - result.begunMs });
    result.bytesWritten += partBytes;
  };
}

/** Not the first; of a writer that marks too early the one that follows the marker. */
function stalledOf(assignment: DeliveryWriteAssignment): number | undefined {
  const parts = roundsOf(assignment).flat();
  if (WRITER_MANNERS[assignment.writer].marksEarly) return parts.at(-1);
  const rng = createRng(assignment.seed).fork('stall');
  return parts.length > 1 ? parts[rng.integer(1, parts.length - 1)] : undefined;
}

async function writeMarker(
  client: MediumClient,
  folder: string,
  bytes: number,
  sha256: string,
): Promise<void> {
  const text = encodeMarker({ name: DELIVERED, bytes, sha256 });
  const manner = { stability: 'any', upload: 'any', totalBytes: text.length } as const;
  const marker = await client.create(`${folder}/${markerOf(DELIVERED)}`, manner);
  try {
    await marker.write(0, text);
  } finally {
    await marker.close();
  }
}
