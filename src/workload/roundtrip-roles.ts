// The writers of `roundtrip`, which share one file. The reader is in roundtrip-check.ts.

import { wallMs } from '../base/clock.ts';
import type { OperationFailure, StampStream } from '../domain/observation.ts';
import {
  closeFile,
  type OpenMode,
  openFile,
  type SyncCall,
  syncFile,
  truncateFile,
  withFile,
  writeOnce,
} from '../medium/file.ts';
import { operationFailure } from '../medium/operation-error.ts';
import type { ActorBench } from './role.ts';
import { awaitRun, type UnitBoard } from './unit-board.ts';
import { ordered, type WriteOrder } from './write-order.ts';

export interface WriteAssignment {
  readonly board: UnitBoard;
  readonly path: string;
  readonly file: string;
  readonly stream: StampStream;
  readonly mode: OpenMode;
  readonly sync: SyncCall;
  readonly ioBytes: number;
  readonly sizeBytes: number;
  readonly generation: number;
  readonly create: boolean;
  readonly cutToBytes: number | null;
  readonly stretch: boolean;
  readonly keepOpen: boolean;
  readonly order: WriteOrder;
  readonly seed: string;
}

export interface WriteResult {
  readonly writes: number;
  readonly bytesWritten: number;
  readonly failures: readonly OperationFailure[];
  /** False when the buffer changed between encoding and the end of the write. */
  readonly sourceIntact: boolean;
  /** I/Os that were to be written and of which no write() said that it had been. */
  readonly refused: readonly number[];
}

/** Data area for the largest I/O. */
const DATA_BYTES = 2 * 1024 * 1024;

export function roundtripPrepare(assignment: WriteAssignment, bench: ActorBench): WriteResult {
  const { path, file, create, cutToBytes, stretch, sizeBytes } = assignment;
  try {
    const intent = create ? 'create' : 'write';
    withFile(path, intent, 'buffered', (fd) => {
      if (cutToBytes === null) return;
      truncateFile(fd, path, cutToBytes);
      if (stretch) truncateFile(fd, path, sizeBytes);
    });
    return { writes: 0, bytesWritten: 0, failures: [], sourceIntact: true, refused: [] };
  } catch (error) {
    const failures = [operationFailure(error, bench.name, file)];
    return { writes: 0, bytesWritten: 0, failures, sourceIntact: true, refused: [] };
  }
}

export function roundtripWrite(
  assignment: WriteAssignment & { readonly writer: number; readonly ios: readonly number[] },
  bench: ActorBench,
): WriteResult {
  const { path, file, stream, ioBytes, generation, writer, sync } = assignment;
  const kernel = bench.kernel(DATA_BYTES);
  kernel.use({ ...stream, writer });
  const blocks = ioBytes / stream.blockBytes;
  let writes = 0;
  let sourceIntact = true;
  const failures: OperationFailure[] = [];
  const ios = ordered(assignment.ios, assignment.order, assignment.seed);
  awaitRun(assignment.board);
  try {
    const fd = heldOrOpened(assignment, bench);
    for (const io of ios) {
      kernel.encode(0, io * blocks, blocks, generation, BigInt(wallMs()) * 1_000_000n);
      const before = kernel.checksum(0, ioBytes);
      writeOnce(fd, path, kernel.memory, 0, ioBytes, io * ioBytes);
      if (kernel.checksum(0, ioBytes) !== before) sourceIntact = false;
      writes++;
    }
    syncFile(fd, path, sync);
    if (!assignment.keepOpen) {
      bench.held.delete(path);
      closeFile(fd, path);
    }
  } catch (error) {
    failures.push(operationFailure(error, bench.name, file), ...closeHeld(bench, file));
  }
  const refused = ios.slice(writes);
  return { writes, bytesWritten: writes * ioBytes, failures, sourceIntact, refused };
}

/** Held from its opening, so that an error in between leaves no descriptor behind. */
function heldOrOpened({ path, mode }: WriteAssignment, bench: ActorBench): number {
  const fd = bench.held.get(path) ?? openFile(path, 'write', mode);
  bench.held.set(path, fd);
  return fd;
}

/** Ends a trial: closes what was kept open between write and check. */
export function roundtripRelease({ file }: ReleaseAssignment, bench: ActorBench): ReleaseResult {
  const failures = closeHeld(bench, file);
  return failures.length > 0 ? { failures } : {};
}

export interface ReleaseAssignment {
  readonly file: string;
}

export interface ReleaseResult {
  /** Where there were any. */
  readonly failures?: readonly OperationFailure[];
}

/** A write that was put off may report its error here, whatever was reported before. */
function closeHeld(bench: ActorBench, file: string): OperationFailure[] {
  const failures: OperationFailure[] = [];
  for (const [path, fd] of bench.held) {
    bench.held.delete(path);
    try {
      closeFile(fd, path);
    } catch (error) {
      failures.push(operationFailure(error, bench.name, file));
    }
  }
  return failures;
}
