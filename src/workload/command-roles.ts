// What is done before and after the user's commands: the canary is made, and what came out is
// checked against it.

import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { monotonicNs, wallMs } from '../base/clock.ts';
import { errnoOf } from '../domain/errors.ts';
import type {
  Expected,
  Observation,
  OperationFailure,
  StampStream,
} from '../domain/observation.ts';
import { fileLength, readOnce, withFile, writeOnce } from '../medium/file.ts';
import { operationFailure } from '../medium/operation-error.ts';
import { reread } from '../observe/reread.ts';
import { learnIdentity } from '../stamp/stamped-identity.ts';
import { ContentCheck, givenMeant, type Meant, stampedMeant } from './command-content.ts';
import type { ActorBench } from './role.ts';
import { type CheckResult, DATA_BYTES } from './run-check.ts';

/** What the canary is: stamped for this trial, or a copy of a file of the user's. */
export type CanarySource =
  | { readonly kind: 'stamp'; readonly stream: StampStream; readonly ioBytes: number }
  | { readonly kind: 'input'; readonly path: string };

export interface CanaryAssignment {
  readonly source: CanarySource;
  readonly canary: string;
  readonly out: string;
  readonly lengthBytes: number;
}

export interface PrepareResult {
  readonly failures: readonly OperationFailure[];
}

export interface OutputResult extends CheckResult {
  /** What came out shares nothing with the canary: the program makes something else of it. */
  readonly isOther: boolean;
}

/** Of a given content; as large as a window that is read back. */
const GIVEN_IO_BYTES = 1024 * 1024;
const PAGE_BYTES = 4096;
/** So much of either end of a copy is taken for a sign that it is one. */
const END_BYTES = 64;

export function commandPrepare(assignment: CanaryAssignment, bench: ActorBench): PrepareResult {
  const { source, canary, out } = assignment;
  mkdirSync(dirname(canary));
  mkdirSync(dirname(out));
  try {
    withFile(canary, 'create', 'buffered', (fd) => {
      if (source.kind === 'stamp') writeStamped(fd, assignment, source, bench);
      else copyInput(fd, source.path, canary);
    });
    return { failures: [] };
  } catch (error) {
    return { failures: [operationFailure(error, bench.name, 'canary')] };
  }
}

function writeStamped(
  fd: number,
  { canary, lengthBytes }: CanaryAssignment,
  { stream, ioBytes }: Extract<CanarySource, { kind: 'stamp' }>,
  bench: ActorBench,
): void {
  const kernel = bench.kernel(DATA_BYTES);
  kernel.use(stream);
  const timeNs = BigInt(wallMs()) * 1_000_000n;
  const blocks = ioBytes / stream.blockBytes;
  for (let offset = 0; offset < lengthBytes; offset += ioBytes) {
    kernel.encode(0, offset / stream.blockBytes, blocks, 1, timeNs);
    writeOnce(fd, canary, kernel.memory, 0, ioBytes, offset);
  }
}

/** Through our own buffer, since a reflink or a copy inside the kernel would be another program. */
function copyInput(fd: number, path: string, canary: string): void {
  const input = openSync(path, 'r');
  try {
    const buffer = new Uint8Array(GIVEN_IO_BYTES);
    for (let offset = 0; ; ) {
      const length = readSync(input, buffer, 0, buffer.length, offset);
      if (length === 0) return;
      writeOnce(fd, canary, buffer, 0, length, offset);
      offset += length;
    }
  } finally {
    closeSync(input);
  }
}

/** The output file against what the canary was meant to be; the canary itself if they differ. */
export function commandCheck(assignment: CanaryAssignment, bench: ActorBench): OutputResult {
  const { out, canary, source } = assignment;
  try {
    if (!isThere(out)) return absent(assignment, bench);
    // A program may leave a link to what it has written.
    const written = realpathSync(out);
    if (isOther({ ...assignment, out: written })) return { ...NOTHING_READ, isOther: true };
    const checked = checkCopy(written, 'out', assignment, bench);
    if (checked.observations.length === 0) return { ...checked, isOther: false };
    const again = checkCopy(canary, 'canary', assignment, bench);
    const sourceIntact = again.observations.length === 0 && again.failures.length === 0;
    const observations = checked.observations.map((each) => ({ ...each, sourceIntact }));
    return { ...checked, observations, isOther: false };
  } catch (error) {
    const failures = [operationFailure(error, bench.name, source.kind)];
    return { ...NOTHING_READ, failures, isOther: false };
  }
}

const NOTHING_READ: CheckResult = {
  reads: 0,
  bytesRead: 0,
  tallies: [],
  observations: [],
  failures: [],
};

/** Whether the canary still is what it was meant to be. */
export function commandCheckCanary(
  assignment: CanaryAssignment,
  bench: ActorBench,
): { readonly intact: boolean } {
  const checked = checkCopy(assignment.canary, 'canary', assignment, bench);
  return { intact: checked.observations.length === 0 && checked.failures.length === 0 };
}

function checkCopy(
  path: string,
  file: string,
  { source, lengthBytes }: CanaryAssignment,
  bench: ActorBench,
): CheckResult {
  if (source.kind === 'stamp') {
    const kernel = bench.kernel(DATA_BYTES);
    const meant = stampedMeant(kernel, source.stream, source.ioBytes, lengthBytes);
    return checkFile(path, file, meant, bench);
  }
  const given = openSync(source.path, 'r');
  try {
    return checkFile(path, file, givenMeant(given, lengthBytes, givenIo(lengthBytes)), bench);
  } finally {
    closeSync(given);
  }
}

/** Whole pages, one more than a short file has: what is too long is read as well. */
function givenIo(lengthBytes: number): number {
  return Math.min(GIVEN_IO_BYTES, (Math.floor(lengthBytes / PAGE_BYTES) + 1) * PAGE_BYTES);
}

function checkFile(path: string, file: string, meant: Meant, bench: ActorBench): CheckResult {
  return withFile(path, 'read', 'buffered', (fd) => {
    const check = new ContentCheck(meant, {
      actor: bench.name,
      file,
      look: (offset, length) => reread({ fd, path, offset, length }),
    });
    for (let offset = 0; ; ) {
      const from = offset;
      offset += check.addFrom((into, at, length) => readOnce(fd, path, into, at, length, from));
      if (offset === from) break;
    }
    const { reads, broken, bytesRead, observations } = check.end();
    const tallies = [{ promise: 'read-back', tries: Math.max(1, reads), broken } as const];
    return { reads, bytesRead, tallies, observations, failures: [] };
  });
}

function isThere(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** A writer that reported success and left no file. */
function absent({ out, source, lengthBytes }: CanaryAssignment, bench: ActorBench): OutputResult {
  const expected: Expected =
    source.kind === 'input'
      ? { shape: 'given', meant: '', lengthBytes }
      : {
          shape: 'blocks',
          stream: source.stream,
          runs: [{ firstBlock: 0, blocks: lengthBytes / source.stream.blockBytes, generation: 1 }],
          lengthBytes,
        };
  const observation: Observation = {
    seq: 0,
    promise: 'read-back',
    actor: bench.name,
    file: 'out',
    offset: 0,
    asked: lengthBytes,
    returned: -1,
    fileBytes: -1,
    ioBytes: source.kind === 'stamp' ? source.ioBytes : GIVEN_IO_BYTES,
    bytes: new Uint8Array(0),
    expected,
    rereads: reread({ fd: -1, path: out, offset: 0, length: 0 }),
    atNs: String(monotonicNs()),
    sourceIntact: true,
  };
  const tallies = [{ promise: 'read-back', tries: 1, broken: 1 } as const];
  return { ...NOTHING_READ, reads: 1, tallies, observations: [observation], isOther: false };
}

/**
 * A program that compresses or converts is not accused: its output has another length, neither end
 * of the canary, no stamp, and is not all zeros.
 */
function isOther({ out, canary, source, lengthBytes }: CanaryAssignment): boolean {
  return withFile(out, 'read', 'buffered', (fd) => {
    const length = fileLength(fd, out);
    if (length === lengthBytes || length < END_BYTES || lengthBytes < END_BYTES) return false;
    if (source.kind === 'stamp' && learnIdentity(fd, length) !== null) return false;
    return withFile(canary, 'read', 'buffered', (meant) => {
      const whole = fstatSync(meant).size;
      const [head, tail] = [bytesAt(fd, 0), bytesAt(fd, length - END_BYTES)];
      const isCopy =
        head.equals(bytesAt(meant, 0)) || tail.equals(bytesAt(meant, whole - END_BYTES));
      return !isCopy && [...head, ...tail].some((byte) => byte !== 0);
    });
  });
}

function bytesAt(fd: number, offset: number): Buffer {
  const bytes = Buffer.alloc(END_BYTES);
  return bytes.subarray(0, readSync(fd, bytes, 0, END_BYTES, offset));
}
