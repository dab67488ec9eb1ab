// The actors of the mailbox: the writer's and the reader's loop. Both use page-aligned memory of
// the stamp kernel, so that the same loop serves buffered and direct I/O.

import { spawnSync } from 'node:child_process';
import { wallMs } from '../base/clock.ts';
import type { OperationFailure, StampStream } from '../domain/observation.ts';
import {
  type OpenMode,
  readOnce,
  syncFile,
  withFile,
  withFiles,
  writeOnce,
} from '../medium/file.ts';
import { OperationError, operationFailure } from '../medium/operation-error.ts';
import { reread } from '../observe/reread.ts';
import type { StampKernel } from '../stamp/kernel.ts';
import type { ActorBench } from './role.ts';
import {
  acknowledge,
  acknowledged,
  awaitRun,
  isStopped,
  markStarted,
  pause,
  started,
  type UnitBoard,
} from './unit-board.ts';
import { UnitReader, type UnitReaderResult } from './unit-reader.ts';

export interface MailboxAssignment {
  readonly board: UnitBoard;
  readonly regions: readonly {
    readonly path: string;
    readonly file: string;
    readonly stream: StampStream;
  }[];
  readonly unitBytes: number;
  readonly chunkBytes: number;
  readonly writerMode: OpenMode;
  readonly readerMode: 'buffered' | 'direct';
  readonly program: 'builtin' | 'dd';
  readonly stallMs: number;
}

export interface MailboxWriterResult {
  /** Generations published. */
  readonly rewrites: number;
  readonly writes: number;
  readonly bytesWritten: number;
  readonly failures: readonly OperationFailure[];
}

export interface MailboxReaderResult extends UnitReaderResult {
  readonly failures: readonly OperationFailure[];
}

/** Data area for the largest unit; one size, so that a standing actor keeps its kernel. */
const DATA_BYTES = 2 * 1024 * 1024;

/** Creates every region whole with generation 1, so that no unit is absent by right. */
export function mailboxPrepare(assignment: MailboxAssignment, bench: ActorBench): object {
  const { board, regions, unitBytes } = assignment;
  const kernel = bench.kernel(DATA_BYTES);
  try {
    regions.forEach(({ path, stream }, region) => {
      kernel.use(stream);
      kernel.encode(0, 0, 1, 1, nowNs());
      withFile(path, 'create', 'buffered', (fd) => {
        writeOnce(fd, path, kernel.memory, 0, unitBytes, 0);
        syncFile(fd, path, 'fsync');
      });
      markStarted(board, region, 1);
      acknowledge(board, region, 1);
    });
    return { failures: [] };
  } catch (error) {
    return { failures: [operationFailure(error, bench.name, regions[0]?.file ?? '')] };
  }
}

export function mailboxWrite(
  assignment: MailboxAssignment & { readonly region: number },
  bench: ActorBench,
): MailboxWriterResult {
  const { board, region } = assignment;
  const { path, file, stream } = assignment.regions[region] as MailboxAssignment['regions'][number];
  const kernel = bench.kernel(DATA_BYTES);
  const result = { rewrites: 0, writes: 0, bytesWritten: 0, failures: [] as OperationFailure[] };
  kernel.use(stream);
  awaitRun(board);
  try {
    const withPublisher = assignment.program === 'dd' ? withDd : withBuiltin;
    withPublisher(assignment, path, kernel, (publish) => {
      for (let generation = 2; !isStopped(board); generation++) {
        kernel.encode(0, 0, 1, generation, nowNs());
        publish(() => markStarted(board, region, generation));
        acknowledge(board, region, generation);
        result.rewrites++;
        result.writes += assignment.unitBytes / assignment.chunkBytes;
        result.bytesWritten += assignment.unitBytes;
      }
    });
  } catch (error) {
    result.failures.push(operationFailure(error, bench.name, file));
  }
  return result;
}

/** Writes the unit at the start of the data area; calls `begin` right before the first byte. */
type Publish = (begin: () => void) => void;

function withBuiltin(
  { board, unitBytes, chunkBytes, writerMode, stallMs }: MailboxAssignment,
  path: string,
  kernel: StampKernel,
  use: (publish: Publish) => void,
): void {
  withFile(path, 'write', writerMode, (fd) =>
    use((begin) => {
      begin();
      for (let at = 0; at < unitBytes; at += chunkBytes) {
        if (at > 0 && stallMs > 0) pause(board, stallMs);
        writeOnce(fd, path, kernel.memory, at, chunkBytes, at);
      }
    }),
  );
}

const DD_FLAGS: Readonly<Record<OpenMode, readonly string[]>> = {
  buffered: [],
  sync: ['oflag=sync'],
  dsync: ['oflag=dsync'],
  direct: ['oflag=direct'],
};

/** The case as it was: dd copies a prepared letter into the mailbox, block by block. */
function withDd(
  { unitBytes, chunkBytes, writerMode }: MailboxAssignment,
  path: string,
  kernel: StampKernel,
  use: (publish: Publish) => void,
): void {
  const letter = `${path}.letter`;
  const operands = [
    `if=${letter}`,
    `of=${path}`,
    `bs=${chunkBytes}`,
    `count=${unitBytes / chunkBytes}`,
    'conv=notrunc',
    'status=none',
    ...DD_FLAGS[writerMode],
  ];
  withFile(letter, 'create', 'buffered', (fd) =>
    use((begin) => {
      writeOnce(fd, letter, kernel.memory, 0, unitBytes, 0);
      begin();
      const { status, signal, stderr, error } = spawnSync('dd', operands, { encoding: 'utf8' });
      if (error) throw new OperationError('spawn dd', path, 'ENOENT', error.message);
      // Ended from outside: our own trouble, so that the trial is unknown, and no failed call.
      if (signal) throw new Error(`dd was ended by ${signal}`);
      if (status !== 0) throw new OperationError('dd', path, `EXIT${status}`, stderr.trim());
    }),
  );
}

export function mailboxRead(assignment: MailboxAssignment, bench: ActorBench): MailboxReaderResult {
  const { board, regions, unitBytes, chunkBytes, readerMode } = assignment;
  const kernel = bench.kernel(DATA_BYTES);
  const reader = new UnitReader({
    kernel,
    actor: bench.name,
    atomicity: 'unit-atomic',
    unitBytes,
    ioBytes: chunkBytes,
  });
  const failures: OperationFailure[] = [];
  const paths = regions.map(({ path }) => path);
  awaitRun(board);
  try {
    withFiles(paths, 'read', readerMode, (fds) => {
      for (let turn = 0; !isStopped(board); turn++) {
        const region = turn % regions.length;
        const { path, file, stream } = regions[region] as MailboxAssignment['regions'][number];
        const fd = fds[region] as number;
        if (regions.length > 1 || turn === 0) kernel.use(stream);
        kernel.poison(0, unitBytes, 512);
        const before = acknowledged(board, region);
        const returned = readOnce(fd, path, kernel.memory, 0, unitBytes, 0);
        const after = started(board, region);
        reader.take(
          returned,
          { file, stream, block: 0, acknowledged: before, started: after },
          () => reread({ fd, path, offset: 0, length: unitBytes }),
        );
      }
    });
  } catch (error) {
    failures.push(operationFailure(error, bench.name, regions[0]?.file ?? ''));
  }
  return { ...reader.result(), failures };
}

function nowNs(): bigint {
  return BigInt(wallMs()) * 1_000_000n;
}
