// The actors of `append`. The place of a record is not known beforehand, so its block index is its
// number among all records; the reader follows that number, not the place.

import { monotonicNs } from '../base/clock.ts';
import type { Observation, OperationFailure, StampStream } from '../domain/observation.ts';
import { fileLength, type OpenMode, readOnce, withFile, writeOnce } from '../medium/file.ts';
import { operationFailure } from '../medium/operation-error.ts';
import { reread } from '../observe/reread.ts';
import type { StampKernel } from '../stamp/kernel.ts';
import { OFFSET_BLOCK_INDEX, OFFSET_WRITER } from '../stamp/layout.ts';
import type { ActorBench } from './role.ts';
import { awaitRun, type UnitBoard } from './unit-board.ts';

export interface AppendAssignment {
  readonly board: UnitBoard;
  readonly path: string;
  readonly file: string;
  readonly stream: StampStream;
  readonly mode: OpenMode;
  readonly recordsPerWriter: number;
}

const DATA_BYTES = 2 * 1024 * 1024;
/** A damaged journal is kept whole up to this size, since its order matters; else its start. */
const KEPT_BYTES_MAX = 16 * 1024 * 1024;

export function appendWrite(
  assignment: AppendAssignment & { readonly writer: number },
  bench: ActorBench,
): object {
  const { path, file, stream, writer, recordsPerWriter, mode } = assignment;
  const kernel = bench.kernel(DATA_BYTES);
  kernel.use({ ...stream, writer });
  const failures: OperationFailure[] = [];
  let acknowledged = 0;
  try {
    withFile(path, 'append', mode, (fd) => {
      awaitRun(assignment.board);
      for (let sequence = 1; sequence <= recordsPerWriter; sequence++) {
        const number = writer * recordsPerWriter + sequence - 1;
        kernel.encode(0, number, 1, sequence, monotonicNs());
        writeOnce(fd, path, kernel.memory, 0, stream.blockBytes, null);
        acknowledged = sequence;
      }
    });
  } catch (error) {
    failures.push(operationFailure(error, bench.name, file));
  }
  return {
    acknowledged,
    writes: acknowledged,
    bytesWritten: acknowledged * stream.blockBytes,
    failures,
  };
}

export function appendCheck(
  assignment: AppendAssignment & { readonly recordsOfWriter: readonly number[] },
  bench: ActorBench,
): object {
  const { path, file, stream, recordsOfWriter } = assignment;
  const records = recordsOfWriter.reduce((sum, count) => sum + count, 0);
  try {
    return withFile(path, 'read', 'buffered', (fd) => {
      const fileBytes = fileLength(fd, path);
      const seen = readJournal(fd, assignment, fileBytes, bench.kernel(DATA_BYTES));
      const broken = records - seen.right;
      const wrong = broken > 0 || fileBytes !== records * stream.blockBytes;
      const observations = wrong ? [observe(fd, assignment, fileBytes, bench)] : [];
      return {
        reads: seen.reads,
        bytesRead: fileBytes,
        tallies: [
          { promise: 'append-atomic', tries: records, broken: wrong ? Math.max(1, broken) : 0 },
        ],
        observations,
        failures: [],
      };
    });
  } catch (error) {
    return { failures: [operationFailure(error, bench.name, file)] };
  }
}

/** Counts records that are whole, seen for the first time and next in their writer's order. */
function readJournal(
  fd: number,
  { path, stream, recordsPerWriter, recordsOfWriter }: Parameters<typeof appendCheck>[0],
  fileBytes: number,
  kernel: StampKernel,
): { right: number; reads: number } {
  const recordBytes = stream.blockBytes;
  const next = recordsOfWriter.map(() => 1);
  const header = new DataView(kernel.memory.buffer, kernel.memory.byteOffset);
  const ioBytes = Math.max(recordBytes, 1024 * 1024);
  let right = 0;
  let reads = 0;
  let selected = -1;
  for (let offset = 0; offset < fileBytes; offset += ioBytes) {
    kernel.poison(0, ioBytes, 512);
    const returned = readOnce(fd, path, kernel.memory, 0, ioBytes, offset);
    reads++;
    for (let at = 0; at + recordBytes <= returned; at += recordBytes) {
      const writer = header.getUint16(at + OFFSET_WRITER, true);
      if (writer >= next.length) continue;
      if (writer !== selected) kernel.use({ ...stream, writer });
      selected = writer;
      const sequence = kernel.checkUnit(at, header.getUint32(at + OFFSET_BLOCK_INDEX, true));
      const number = writer * recordsPerWriter + sequence - 1;
      const inOrder = sequence === next[writer];
      if (!inOrder || number !== header.getUint32(at + OFFSET_BLOCK_INDEX, true)) continue;
      next[writer] = sequence + 1;
      right++;
    }
  }
  return { right, reads };
}

function observe(
  fd: number,
  { path, file, stream, recordsOfWriter }: Parameters<typeof appendCheck>[0],
  fileBytes: number,
  bench: ActorBench,
): Observation {
  const length = Math.min(fileBytes, KEPT_BYTES_MAX);
  const bytes = new Uint8Array(length);
  const returned = readOnce(fd, path, bytes, 0, length, 0);
  const atNs = String(monotonicNs());
  return {
    seq: 0,
    promise: 'append-atomic',
    actor: bench.name,
    file,
    offset: 0,
    asked: length,
    returned,
    fileBytes,
    ioBytes: stream.blockBytes,
    bytes: bytes.subarray(0, returned),
    expected: { shape: 'records', stream, recordsOfWriter },
    rereads: reread({ fd, path, offset: 0, length }),
    atNs,
    sourceIntact: true,
  };
}
