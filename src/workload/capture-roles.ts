// The actors of `capture`: a writer that goes on and on, plain or resilient, and one that looks at
// what is left when it has ended. Both work through the port of media.

import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs, wallMs } from '../base/clock.ts';
import type { MediumClient, MediumFile, WriteManner } from '../domain/medium.ts';
import type { OperationFailure } from '../domain/observation.ts';
import { OperationError, operationFailure, UnreachableError } from '../medium/operation-error.ts';
import { ResilientWriteError, resilientWriter } from '../medium/resilient-writer.ts';
import { connectionTo, giveUpConnection } from './connections.ts';
import type { ActorBench } from './role.ts';
import { DATA_BYTES, firstDamage } from './run-check.ts';
import { readFully, type TransferFile } from './transfer-roles.ts';

export interface CaptureAssignment extends TransferFile {
  readonly manner: WriteManner;
  readonly writer: 'plain' | 'resilient';
  /** Between two writes; milliseconds. */
  readonly stallMs: number;
  /** Between two syncs; 0 for none but the last. Bytes. */
  readonly syncBytes: number;
  /** Of the resilient writer, for one outage; milliseconds. */
  readonly budgetMs: number;
}

export interface CaptureWriteResult {
  readonly writes: number;
  readonly bytesWritten: number;
  /** Until then the medium owes every byte. */
  readonly acknowledgedBytes: number;
  readonly durableBytes: number;
  readonly outages: number;
  readonly outageMs: number;
  readonly failures: readonly OperationFailure[];
  readonly sourceIntact: boolean;
}

export interface CaptureLookResult {
  /** As of CaptureAccount. */
  readonly leftBytes: number | null;
  readonly savedBytes: number | null;
}

/** What is appended to, whoever keeps it from being lost. */
interface Target {
  write(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** An export that is loaded anew says so, and the capture must outlast it. */
const ALSO = ['EROFS', 'NFS3ERR_ROFS'];
const PAUSE_MS_MAX = 100;

export async function captureWrite(
  assignment: CaptureAssignment,
  bench: ActorBench,
): Promise<CaptureWriteResult> {
  const progress = { writes: 0, acknowledgedBytes: 0, durableBytes: 0, sourceIntact: true };
  const resilient = assignment.writer === 'resilient' ? resilientTarget(assignment) : null;
  const failures: OperationFailure[] = [];
  try {
    await capture(resilient ?? (await plainTarget(assignment)), assignment, bench, progress);
  } catch (error) {
    await giveUpConnection(assignment.medium);
    failures.push(operationFailure(causeOf(error), bench.name, assignment.file));
    // It says itself what is safe; of the rest it has told that it may be lost.
    if (error instanceof ResilientWriteError) progress.acknowledgedBytes = error.durableBytes;
  }
  const outages = resilient?.outages ?? [];
  return {
    ...progress,
    durableBytes: resilient?.durableBytes ?? progress.durableBytes,
    bytesWritten: progress.writes * assignment.ioBytes,
    outages: outages.length,
    outageMs: Math.round(Math.max(0, ...outages.map(({ lastedMs }) => lastedMs))),
    failures,
  };
}

async function capture(
  target: Target,
  { stream, ioBytes, sizeBytes, stallMs, syncBytes }: CaptureAssignment,
  bench: ActorBench,
  progress: {
    writes: number;
    acknowledgedBytes: number;
    durableBytes: number;
    sourceIntact: boolean;
  },
): Promise<void> {
  const kernel = bench.kernel(Math.max(DATA_BYTES, ioBytes));
  kernel.use(stream);
  const blocks = ioBytes / stream.blockBytes;
  const sync = async () => {
    await target.sync();
    progress.durableBytes = progress.acknowledgedBytes;
  };
  try {
    for (let io = 0; io < sizeBytes / ioBytes; io++) {
      if (io > 0 && stallMs > 0) await sleep(stallMs);
      kernel.encode(0, io * blocks, blocks, 1, BigInt(wallMs()) * 1_000_000n);
      const before = kernel.checksum(0, ioBytes);
      await target.write(kernel.memory.subarray(0, ioBytes));
      if (kernel.checksum(0, ioBytes) !== before) progress.sourceIntact = false;
      progress.writes++;
      progress.acknowledgedBytes += ioBytes;
      if (syncBytes > 0 && progress.acknowledgedBytes % syncBytes === 0) await sync();
    }
    if (syncBytes > 0) await sync();
  } catch (error) {
    // A resilient writer has tried long enough, and would begin another budget.
    if (!(error instanceof ResilientWriteError)) await target.close().catch(() => undefined);
    throw error;
  }
  await target.close();
}

async function plainTarget({ medium, path, manner }: CaptureAssignment): Promise<Target> {
  const { client } = await connectionTo(medium);
  const file = await client.create(path, manner);
  let at = 0;
  return {
    async write(bytes) {
      await file.write(at, bytes);
      at += bytes.length;
    },
    sync: () => file.sync(),
    close: () => file.close(),
  };
}

function resilientTarget({ medium, path, manner, budgetMs }: CaptureAssignment) {
  const open = async (again: boolean): Promise<MediumFile> => {
    if (again) await giveUpConnection(medium);
    const { client } = await connectionTo(medium).catch(asOperation(path));
    return again ? client.open(path, manner) : client.create(path, manner);
  };
  // The directory was made a moment ago, by the same user.
  const patience = { patientOpen: true, pauseMsMax: PAUSE_MS_MAX };
  return resilientWriter(open, { budgetMs, also: ALSO, ...patience });
}

/** In the middle of a capture a server that is gone is an error as others are. */
function asOperation(path: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof UnreachableError)) throw error;
    throw new OperationError('connect', path, 'ENOTCONN', error.message);
  };
}

function causeOf(error: unknown): unknown {
  return error instanceof ResilientWriteError ? error.cause : error;
}

/** How long a medium is waited for that has just refused something; milliseconds. */
export const LOOK_PATIENCE_MS = 5000;
export const LOOK_PAUSE_MS = 200;

/** What is left, and how much of it can be saved: whatever was never acknowledged counts, too. */
export async function captureLook(
  assignment: CaptureAssignment,
  bench: ActorBench,
): Promise<CaptureLookResult> {
  const untilMs = monotonicMs() + LOOK_PATIENCE_MS;
  for (;;) {
    try {
      const { client } = await connectionTo(assignment.medium);
      const leftBytes = (await client.length(assignment.path)) ?? -1;
      return { leftBytes, savedBytes: await rightBytes(client, assignment, leftBytes, bench) };
    } catch (error) {
      const isMedium = error instanceof OperationError || error instanceof UnreachableError;
      await giveUpConnection(assignment.medium);
      if (!isMedium) throw error;
      if (monotonicMs() > untilMs) return { leftBytes: null, savedBytes: null };
      await sleep(LOOK_PAUSE_MS);
    }
  }
}

/** From the beginning to the first byte that is not as it was meant. */
async function rightBytes(
  client: MediumClient,
  { path, stream, ioBytes, sizeBytes }: CaptureAssignment,
  leftBytes: number,
  bench: ActorBench,
): Promise<number> {
  const kernel = bench.kernel(Math.max(DATA_BYTES, ioBytes));
  const { blockBytes } = stream;
  const runs = [{ firstBlock: 0, blocks: sizeBytes / blockBytes, generation: 1 }];
  const endBytes = Math.min(leftBytes, sizeBytes);
  for (let offset = 0; offset < endBytes; offset += ioBytes) {
    const returned = await readFully(client, path, offset, kernel.memory.subarray(0, ioBytes));
    const [firstBlock, blocks] = [offset / blockBytes, ioBytes / blockBytes];
    const at = firstDamage(kernel, { stream, runs }, firstBlock, blocks, 0, returned);
    if (at >= 0) return offset + at;
    if (returned < ioBytes) return offset + returned;
  }
  return Math.max(0, endBytes);
}
