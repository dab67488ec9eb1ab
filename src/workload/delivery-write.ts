// The writer of `delivery`: fills a file in one of the ways in which files come to be, with a pause
// here and there, and says when it was done.

import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs, monotonicNs, wallMs } from '../base/clock.ts';
import { createRng } from '../base/rng.ts';
import { MARKER_ENDING } from '../delivery/temporary-names.ts';
import type { WrittenPart } from '../domain/delivery.ts';
import type { MediumAddress, MediumClient, MediumFile } from '../domain/medium.ts';
import type { OperationFailure, StampStream } from '../domain/observation.ts';
import { operationFailure } from '../medium/operation-error.ts';
import { connectionTo, giveUpConnection } from './connections.ts';
import { type DeliveryBoard, markDone, untilWatched } from './delivery-board.ts';
import { DELIVERED, type DeliveryWriter, WRITER_MANNERS } from './delivery-writers.ts';
import { inFlight } from './in-flight.ts';
import type { ActorBench } from './role.ts';
import { DATA_BYTES } from './run-check.ts';
import { readFully } from './transfer-roles.ts';
import { ordered } from './write-order.ts';

/** The file as it lies on another medium, for a writer that downloads it in ranges. */
export interface DeliveryOrigin {
  readonly medium: MediumAddress;
  readonly path: string;
}

export interface DeliveryWriteAssignment {
  readonly board: DeliveryBoard;
  /** So many must watch before the first write. */
  readonly watchers: number;
  readonly medium: MediumAddress;
  readonly folder: string;
  readonly writer: DeliveryWriter;
  /** A marker is written after the file. */
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
  { medium, folders }: { readonly medium: MediumAddress; readonly folders: readonly string[] },
  bench: ActorBench,
): Promise<{ readonly failures: readonly OperationFailure[] }> {
  try {
    const { client } = await connectionTo(medium);
    for (const folder of folders) await client.makeDirectory(folder);
    return { failures: [] };
  } catch (error) {
    return { failures: [operationFailure(error, bench.name, DELIVERED)] };
  }
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

/** Takes it away again. */
export async function deliveryRemoveOrigin(origin: DeliveryOrigin): Promise<object> {
  const { client } = await connectionTo(origin.medium);
  await client.removeTree(origin.path);
  return {};
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
  const { folder, writer, marker, sizeBytes } = assignment;
  const { isPreallocated, isSparse, reopens, name } = WRITER_MANNERS[writer];
  const path = `${folder}/${name}`;
  const upload = writer === 'multipart' ? ('multipart' as const) : ('any' as const);
  const manner = { stability: 'any' as const, upload, totalBytes: sizeBytes };
  let file: MediumFile = await client.create(path, manner);
  try {
    if (isPreallocated) await file.truncate(sizeBytes);
    await inParts(assignment, bench, result, async (offset, bytes) => {
      await file.write(offset, bytes);
      if (!reopens) return;
      await file.close();
      file = await client.open(path, manner);
    });
    if (isSparse) await file.truncate(sizeBytes);
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  await file.close();
  if (name !== DELIVERED) await client.rename(path, `${folder}/${DELIVERED}`);
  if (marker) await writeMarker(client, `${folder}/${DELIVERED}`, sizeBytes);
}

/** Each part is made, paced, and given to `write`; one of them is stalled. */
async function inParts(
  { writer, stream, partBytes, ...assignment }: DeliveryWriteAssignment,
  bench: ActorBench,
  result: Written,
  write: (offset: number, bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const slots = WRITER_MANNERS[writer].isParallel ? assignment.inFlight : 1;
  const kernel = bench.kernel(Math.max(DATA_BYTES, slots * partBytes));
  kernel.use(stream);
  const rounds = roundsOf({ ...assignment, writer, partBytes });
  const parts = rounds.flat();
  const rng = createRng(assignment.seed).fork('stall');
  const stalled = parts.length > 1 ? parts[rng.integer(1, parts.length - 1)] : -1;
  const blocks = partBytes / stream.blockBytes;
  const { origin } = assignment;
  const source = origin === null ? null : (await connectionTo(origin.medium)).client;
  const writePart = async (part: number, slot: number) => {
    if (part === stalled) await sleep(assignment.stallMs);
    else if (assignment.paceMs > 0) await sleep(assignment.paceMs);
    const at = slot * partBytes;
    if (source === null) {
      kernel.encode(at, part * blocks, blocks, 1, BigInt(wallMs()) * 1_000_000n);
    } else {
      const range = kernel.memory.subarray(at, at + partBytes);
      const came = await readFully(source, assignment.origin?.path ?? '', part * partBytes, range);
      if (came < partBytes) throw new Error(`a range of the origin ended after ${came} bytes`);
    }
    const before = kernel.checksum(at, partBytes);
    await write(part * partBytes, kernel.memory.subarray(at, at + partBytes));
    if (kernel.checksum(at, partBytes) !== before) result.sourceIntact = false;
    result.writes++;
    result.parts.push({ part, atMs: monotonicMs() - result.begunMs });
    result.bytesWritten += partBytes;
  };
  for (const round of rounds) await inFlight(round, slots, writePart);
}

async function writeMarker(client: MediumClient, path: string, bytes: number): Promise<void> {
  const text = Buffer.from(`${JSON.stringify({ bytes })}\n`);
  const manner = { stability: 'any', upload: 'any', totalBytes: text.length } as const;
  const marker = await client.create(path + MARKER_ENDING, manner);
  try {
    await marker.write(0, text);
  } finally {
    await marker.close();
  }
}
