// The actors of `replace`: publishers that replace a whole file, and readers that open it afresh
// for every read, as a consumer of configuration files, spools and mailboxes does.

import { closeSync, openSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicNs } from '../base/clock.ts';
import { errnoOf } from '../domain/errors.ts';
import type { OperationFailure, StampStream } from '../domain/observation.ts';
import { attempt, readOnce, syncFile, withFile, writeOnce } from '../medium/file.ts';
import { OperationError, operationFailure } from '../medium/operation-error.ts';
import { reread } from '../observe/reread.ts';
import type { StampKernel } from '../stamp/kernel.ts';
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

export const PUBLISH_WAYS = ['rename', 'in-place', 'shared-temporary'] as const;
export type PublishWay = (typeof PUBLISH_WAYS)[number];

export interface ReplaceAssignment {
  readonly board: UnitBoard;
  readonly directory: string;
  readonly path: string;
  readonly file: string;
  readonly stream: StampStream;
  readonly way: PublishWay;
  readonly sync: boolean;
}

const DATA_BYTES = 2 * 1024 * 1024;
const REGION = 0;

/** The first generation, renamed into place, so that no reader meets an absent file by right. */
export function replacePrepare(assignment: ReplaceAssignment, bench: ActorBench): object {
  const kernel = bench.kernel(DATA_BYTES);
  kernel.use(assignment.stream);
  try {
    const generation = startNext(assignment.board, REGION);
    publish({ ...assignment, way: 'rename' }, 0, generation, kernel);
    acknowledge(assignment.board, REGION, generation);
    return { writes: 1, bytesWritten: assignment.stream.blockBytes, failures: [] };
  } catch (error) {
    const failure = operationFailure(error, bench.name, assignment.file);
    return { writes: 0, bytesWritten: 0, failures: [failure] };
  }
}

export function replaceWrite(
  assignment: ReplaceAssignment & { readonly writer: number },
  bench: ActorBench,
): object {
  const { board, stream, writer, way } = assignment;
  const kernel = bench.kernel(DATA_BYTES);
  kernel.use(stream);
  const result = { writes: 0, bytesWritten: 0, failures: [] as OperationFailure[] };
  awaitRun(board);
  try {
    while (!isStopped(board)) {
      const generation = startNext(board, REGION);
      const published = publish(assignment, writer, generation, kernel);
      // Of two writers neither knows which rename was last, so nothing is known to be acknowledged.
      if (published && way !== 'shared-temporary') acknowledge(board, REGION, generation);
      result.writes++;
      result.bytesWritten += stream.blockBytes;
    }
  } catch (error) {
    result.failures.push(operationFailure(error, bench.name, assignment.file));
  }
  return result;
}

/** False when the other writer's rename took the shared temporary file away first. */
function publish(
  { directory, path, stream, way, sync }: ReplaceAssignment,
  writer: number,
  generation: number,
  kernel: StampKernel,
): boolean {
  kernel.encode(0, 0, 1, generation, monotonicNs());
  const target =
    way === 'in-place'
      ? path
      : join(directory, way === 'rename' ? `temporary-${writer}` : 'temporary');
  withFile(target, 'replace', 'buffered', (fd) => {
    writeOnce(fd, target, kernel.memory, 0, stream.blockBytes, 0);
    if (sync) syncFile(fd, target, 'fsync');
  });
  if (way === 'in-place') return true;
  try {
    attempt('rename', target, () => renameSync(target, path));
    return true;
  } catch (error) {
    const lost = error instanceof OperationError && error.errno === 'ENOENT';
    if (way === 'shared-temporary' && lost) return false;
    throw error;
  }
}

export function replaceRead(assignment: ReplaceAssignment, bench: ActorBench): object {
  const { board, path, file, stream, way } = assignment;
  const kernel = bench.kernel(DATA_BYTES);
  kernel.use(stream);
  const unitBytes = stream.blockBytes;
  const reader = new UnitReader({
    kernel,
    actor: bench.name,
    atomicity: 'replace-atomic',
    unitBytes,
    ioBytes: unitBytes,
  });
  const failures: OperationFailure[] = [];
  awaitRun(board);
  try {
    while (!isStopped(board)) {
      kernel.poison(0, unitBytes, 512);
      const before = way === 'shared-temporary' ? 0 : acknowledged(board, REGION);
      const fd = openOrAbsent(path);
      try {
        const returned = fd < 0 ? -1 : readOnce(fd, path, kernel.memory, 0, unitBytes, 0);
        const read = {
          file,
          stream,
          block: 0,
          acknowledged: before,
          started: started(board, REGION),
        };
        reader.take(returned, read, () =>
          fd < 0 ? [] : reread({ fd, path, offset: 0, length: unitBytes }),
        );
      } finally {
        if (fd >= 0) closeSync(fd);
      }
    }
  } catch (error) {
    failures.push(operationFailure(error, bench.name, file));
  }
  return { ...reader.result(), failures };
}

function openOrAbsent(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return -1;
    return attempt('open', path, () => {
      throw error;
    });
  }
}
