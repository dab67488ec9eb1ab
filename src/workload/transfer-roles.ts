// The actors of `transfer`: a writer that keeps several writes under way, and a reader that may be
// another client. Both work through the port of media.

import { monotonicNs, wallMs } from '../base/clock.ts';
import type { MediumAddress, MediumClient, MediumFile, WriteManner } from '../domain/medium.ts';
import type {
  GenerationRun,
  Observation,
  OperationFailure,
  StampStream,
} from '../domain/observation.ts';
import { operationFailure } from '../medium/operation-error.ts';
import type { StampKernel } from '../stamp/kernel.ts';
import { rereadByClients } from './client-reread.ts';
import { connectionTo, giveUpConnection } from './connections.ts';
import { inFlight } from './in-flight.ts';
import type { ActorBench } from './role.ts';
import {
  type CheckResult,
  DATA_BYTES,
  firstDamage,
  OBSERVATIONS_MAX,
  runsWithin,
  WINDOW_BYTES,
} from './run-check.ts';
import { ordered, type WriteOrder } from './write-order.ts';

export interface TransferFile {
  readonly medium: MediumAddress;
  /** Absolute, on the medium. */
  readonly path: string;
  /** Relative to the trial's directory. */
  readonly file: string;
  readonly stream: StampStream;
  readonly ioBytes: number;
  readonly sizeBytes: number;
}

export interface TransferWriteAssignment extends TransferFile {
  readonly manner: WriteManner;
  readonly order: WriteOrder;
  readonly inFlight: number;
  readonly generation: number;
  /** Which I/Os of the file are written; all of them where its content is replaced. */
  readonly ios: readonly number[];
  /** A new content for the name, or writes into the file that is there. */
  readonly replace: boolean;
  readonly sync: boolean;
  readonly seed: string;
}

export interface TransferWriteResult {
  readonly writes: number;
  readonly bytesWritten: number;
  readonly failures: readonly OperationFailure[];
  /** False when a buffer changed between encoding and the end of its write. */
  readonly sourceIntact: boolean;
}

export interface TransferCheckAssignment extends TransferFile {
  readonly runs: readonly GenerationRun[];
  readonly sourceIntact: boolean;
  /** Bytes of one read: an I/O, or the whole file. */
  readonly readBytes: number;
  /** What comes after `sizeBytes` is nobody's promise. */
  readonly mayBeLonger?: boolean;
}

const NONE = new Uint8Array(0);

export async function transferWrite(
  assignment: TransferWriteAssignment,
  bench: ActorBench,
): Promise<TransferWriteResult> {
  const { medium, path, file, manner, replace } = assignment;
  const result = { writes: 0, bytesWritten: 0, sourceIntact: true };
  const { client } = await connectionTo(medium);
  try {
    const open = replace ? client.create(path, manner) : client.open(path, manner);
    await writeAndClose(await open, assignment, bench, result);
    return { ...result, failures: [] };
  } catch (error) {
    await giveUpConnection(medium);
    return { ...result, failures: [operationFailure(error, bench.name, file)] };
  }
}

/** Closes also after an error, which is the one that counts. */
async function writeAndClose(
  file: MediumFile,
  assignment: TransferWriteAssignment,
  bench: ActorBench,
  result: { writes: number; bytesWritten: number; sourceIntact: boolean },
): Promise<void> {
  const { stream, ioBytes, generation, ios, order, seed } = assignment;
  const kernel = bench.kernel(Math.max(DATA_BYTES, assignment.inFlight * ioBytes));
  kernel.use(stream);
  const blocks = ioBytes / stream.blockBytes;
  try {
    await inFlight(ordered(ios, order, seed), assignment.inFlight, async (io, slot) => {
      const at = slot * ioBytes;
      kernel.encode(at, io * blocks, blocks, generation, BigInt(wallMs()) * 1_000_000n);
      const before = kernel.checksum(at, ioBytes);
      await file.write(io * ioBytes, kernel.memory.subarray(at, at + ioBytes));
      if (kernel.checksum(at, ioBytes) !== before) result.sourceIntact = false;
      result.writes++;
      result.bytesWritten += ioBytes;
    });
    if (assignment.sync) await file.sync();
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  await file.close();
}

export async function transferCheck(
  assignment: TransferCheckAssignment,
  bench: ActorBench,
): Promise<CheckResult> {
  const { medium, file } = assignment;
  const { client } = await connectionTo(medium);
  try {
    return await checkFile(client, assignment, bench);
  } catch (error) {
    await giveUpConnection(medium);
    const failures = [operationFailure(error, bench.name, file)];
    return { reads: 0, bytesRead: 0, tallies: [], observations: [], failures };
  }
}

async function checkFile(
  client: MediumClient,
  assignment: TransferCheckAssignment,
  bench: ActorBench,
): Promise<CheckResult> {
  const { path, sizeBytes, readBytes } = assignment;
  const kernel = bench.kernel(Math.max(DATA_BYTES, readBytes));
  const fileBytes = (await client.length(path)) ?? -1;
  const windows: Window[] = [];
  let reads = 0;
  let broken = 0;
  // Acknowledged and not there is damage, and no failed call.
  if (fileBytes < 0) {
    windows.push({ offset: 0, length: Math.min(readBytes, sizeBytes), returned: -1, bytes: NONE });
    reads = broken = 1;
  }
  for (let offset = 0; offset < sizeBytes && fileBytes >= 0; offset += readBytes) {
    const asked = Math.min(readBytes, sizeBytes - offset);
    kernel.poison(0, asked, 512);
    const returned = await readFully(client, path, offset, kernel.memory.subarray(0, asked));
    reads++;
    const found = damagedWindows(kernel, assignment, offset, asked, returned);
    if (found.length > 0) broken++;
    windows.push(...found.slice(0, OBSERVATIONS_MAX - windows.length));
  }
  const isLonger = assignment.mayBeLonger === true && fileBytes > sizeBytes;
  if (broken === 0 && fileBytes !== sizeBytes && !isLonger) {
    broken++;
    const offset = Math.min(Math.max(0, fileBytes), sizeBytes);
    windows.push({ offset, length: 0, returned: 0, bytes: NONE });
  }
  const observations: Observation[] = [];
  for (const window of windows) {
    observations.push(await observe(window, client, assignment, bench, fileBytes));
  }
  const tallies = [{ promise: 'read-back' as const, tries: reads, broken }];
  return { reads, bytesRead: Math.max(0, fileBytes), tallies, observations, failures: [] };
}

/** A client may return less than was asked before the end; at the end it returns nothing. */
export async function readFully(
  client: MediumClient,
  path: string,
  offset: number,
  into: Uint8Array,
): Promise<number> {
  let got = 0;
  while (got < into.length) {
    const count = await client.read(path, offset + got, into.subarray(got));
    if (count === 0) break;
    got += count;
  }
  return got;
}

interface Window {
  /** In the file. */
  readonly offset: number;
  /** As asked. */
  readonly length: number;
  /** -1 where there is no such file. */
  readonly returned: number;
  readonly bytes: Uint8Array;
}

/** The bytes around each damaged place of a read that lies at the start of the data area. */
function damagedWindows(
  kernel: StampKernel,
  assignment: TransferCheckAssignment,
  offset: number,
  asked: number,
  returned: number,
): Window[] {
  const { blockBytes } = assignment.stream;
  const firstBlock = offset / blockBytes;
  const blocks = asked / blockBytes;
  const windows: Window[] = [];
  let at = firstDamage(kernel, assignment, firstBlock, blocks, 0, returned);
  if (at < 0 && returned < asked) at = returned;
  while (at >= 0 && windows.length < OBSERVATIONS_MAX) {
    const from = Math.max(0, at - (at % blockBytes) - blockBytes);
    const length = Math.min(WINDOW_BYTES, asked - from);
    const bytes = kernel.memory.slice(from, Math.max(from, Math.min(returned, from + length)));
    windows.push({ offset: offset + from, length, returned: bytes.length, bytes });
    const next = from + length;
    at = next < returned ? firstDamage(kernel, assignment, firstBlock, blocks, next, returned) : -1;
  }
  return windows;
}

async function observe(
  window: Window,
  client: MediumClient,
  assignment: TransferCheckAssignment,
  bench: ActorBench,
  fileBytes: number,
): Promise<Observation> {
  const { medium, path, file, stream, runs, sizeBytes, ioBytes, sourceIntact } = assignment;
  const lengthBytes = assignment.mayBeLonger ? Math.max(sizeBytes, fileBytes) : sizeBytes;
  const atNs = String(monotonicNs());
  return {
    seq: 0,
    promise: 'read-back',
    actor: bench.name,
    file,
    offset: window.offset,
    asked: window.length,
    returned: window.returned,
    fileBytes,
    ioBytes,
    bytes: window.bytes,
    expected: {
      shape: 'blocks',
      stream,
      runs: runsWithin(runs, stream, window),
      lengthBytes,
    },
    rereads: await rereadByClients(client, medium, { path, ...window }),
    atNs,
    sourceIntact,
  };
}
