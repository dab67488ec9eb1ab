// The actors of `exchange`: a publisher that gives a name its next content again and again, and a
// reader, another client, that polls the name.

import { wallMs } from '../base/clock.ts';
import type { MediumAddress, MediumClient, WriteManner } from '../domain/medium.ts';
import type { OperationFailure, StampStream } from '../domain/observation.ts';
import { isAbsent, operationFailure } from '../medium/operation-error.ts';
import type { StampKernel } from '../stamp/kernel.ts';
import { rereadByClients } from './client-reread.ts';
import { connectionTo, giveUpConnection } from './connections.ts';
import type { ActorBench } from './role.ts';
import {
  acknowledge,
  acknowledged,
  awaitRun,
  isStopped,
  started,
  startNext,
  type UnitBoard,
} from './unit-board.ts';
import { UnitReader } from './unit-reader.ts';

/** One operation; a temporary name first; into the file that is there; a new file of the name. */
export const EXCHANGE_WAYS = ['put', 'rename', 'in-place', 'create'] as const;
export type ExchangeWay = (typeof EXCHANGE_WAYS)[number];

export interface ExchangeAssignment {
  readonly board: UnitBoard;
  readonly medium: MediumAddress;
  /** Absolute, on the medium. */
  readonly path: string;
  /** Relative to the trial's directory. */
  readonly file: string;
  readonly stream: StampStream;
  readonly way: ExchangeWay;
  readonly manner: WriteManner;
  /** Bytes of one write. */
  readonly chunkBytes: number;
}

export interface ExchangeWriterResult {
  readonly writes: number;
  readonly bytesWritten: number;
  readonly failures: readonly OperationFailure[];
}

const DATA_BYTES = 2 * 1024 * 1024;
const REGION = 0;

/** The first generation, whole, so that no reader meets an absent name by right. */
export async function exchangePrepare(
  assignment: ExchangeAssignment,
  bench: ActorBench,
): Promise<ExchangeWriterResult> {
  return publishing(assignment, bench, async (client, kernel, count) => {
    await publishNext({ ...assignment, way: 'create' }, client, kernel);
    count();
  });
}

export async function exchangeWrite(
  assignment: ExchangeAssignment,
  bench: ActorBench,
): Promise<ExchangeWriterResult> {
  return publishing(assignment, bench, async (client, kernel, count) => {
    awaitRun(assignment.board);
    while (!isStopped(assignment.board)) {
      await publishNext(assignment, client, kernel);
      count();
    }
  });
}

async function publishing(
  assignment: ExchangeAssignment,
  bench: ActorBench,
  act: (client: MediumClient, kernel: StampKernel, count: () => void) => Promise<void>,
): Promise<ExchangeWriterResult> {
  const { medium, stream, file } = assignment;
  const kernel = bench.kernel(DATA_BYTES);
  kernel.use(stream);
  let writes = 0;
  const failures: OperationFailure[] = [];
  const { client } = await connectionTo(medium);
  try {
    await act(client, kernel, () => writes++);
  } catch (error) {
    await giveUpConnection(medium);
    failures.push(operationFailure(error, bench.name, file));
  }
  return { writes, bytesWritten: writes * stream.blockBytes, failures };
}

async function publishNext(
  assignment: ExchangeAssignment,
  client: MediumClient,
  kernel: StampKernel,
): Promise<void> {
  const { board, stream } = assignment;
  const generation = startNext(board, REGION);
  kernel.encode(0, 0, 1, generation, BigInt(wallMs()) * 1_000_000n);
  await publish(assignment, client, kernel.memory.subarray(0, stream.blockBytes));
  acknowledge(board, REGION, generation);
}

async function publish(
  { path, way, manner, chunkBytes }: ExchangeAssignment,
  client: MediumClient,
  content: Uint8Array,
): Promise<void> {
  if (way === 'put') {
    await client.put(path, content);
    return;
  }
  const target = way === 'rename' ? `${path}.temporary` : path;
  const file = await (way === 'in-place'
    ? client.open(target, manner)
    : client.create(target, manner));
  try {
    for (let at = 0; at < content.length; at += chunkBytes) {
      await file.write(at, content.subarray(at, at + chunkBytes));
    }
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  await file.close();
  if (way === 'rename') await client.rename(target, path);
}

export async function exchangeRead(assignment: ExchangeAssignment, bench: ActorBench) {
  const { board, medium, path, file, stream, chunkBytes } = assignment;
  const kernel = bench.kernel(DATA_BYTES);
  kernel.use(stream);
  const unitBytes = stream.blockBytes;
  const reader = new UnitReader({
    kernel,
    actor: bench.name,
    atomicity: 'replace-atomic',
    unitBytes,
    ioBytes: chunkBytes,
  });
  const failures: OperationFailure[] = [];
  const { client } = await connectionTo(medium);
  const content = kernel.memory.subarray(0, unitBytes);
  awaitRun(board);
  try {
    while (!isStopped(board)) {
      kernel.poison(0, unitBytes, 512);
      const before = acknowledged(board, REGION);
      const returned = await readOrAbsent(client, path, content);
      const read = {
        file,
        stream,
        block: 0,
        acknowledged: before,
        started: started(board, REGION),
      };
      const kept = reader.take(returned, read, () => []);
      if (kept) reader.lookedAgain(await rereadByClients(client, medium, window(path, unitBytes)));
    }
  } catch (error) {
    await giveUpConnection(medium);
    failures.push(operationFailure(error, bench.name, file));
  }
  return { ...reader.result(), failures };
}

function window(path: string, length: number) {
  return { path, offset: 0, length };
}

async function readOrAbsent(client: MediumClient, path: string, into: Uint8Array): Promise<number> {
  try {
    return await client.read(path, 0, into);
  } catch (error) {
    if (isAbsent(error)) return -1;
    throw error;
  }
}
