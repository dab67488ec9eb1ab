// The check of `roundtrip`: reads a file and asks the kernel of every word whether it is the one
// that was written last. It keeps the bytes of what is wrong and looks again before anything is
// closed.

import { monotonicNs } from '../base/clock.ts';
import type { GenerationRun, Observation, StampStream, WrongRange } from '../domain/observation.ts';
import type { PromiseName } from '../domain/promise.ts';
import { fileLength, type OpenMode, readOnce, withFile } from '../medium/file.ts';
import { OperationError, operationFailure } from '../medium/operation-error.ts';
import { reread } from '../observe/reread.ts';
import type { ActorBench } from './role.ts';
import {
  addRange,
  type CheckResult,
  DATA_BYTES,
  firstDamage,
  OBSERVATIONS_MAX,
  runsWithin,
  WINDOW_BYTES,
  wrongRanges,
} from './run-check.ts';

export interface CheckAssignment {
  readonly path: string;
  readonly file: string;
  readonly stream: StampStream;
  readonly mode: OpenMode;
  readonly ioBytes: number;
  readonly lengthBytes: number;
  readonly runs: readonly GenerationRun[];
  readonly sourceIntact: boolean;
  /** I/Os of which no write() said that they were written: nothing is known of them. */
  readonly refused: readonly number[];
  /** Read everything a second time past the cache: the promise `synced`. */
  readonly alsoDirect: boolean;
}

const RANGES_MAX = 256;

export function roundtripCheck(assignment: CheckAssignment, bench: ActorBench): CheckResult {
  const { path, file, mode } = assignment;
  try {
    const held = bench.held.get(path);
    const plain =
      held === undefined
        ? withFile(path, 'read', mode, (fd) => checkFile(fd, assignment, 'read-back', bench))
        : checkFile(held, assignment, 'read-back', bench);
    if (!assignment.alsoDirect || plain.observations.length > 0) return plain;
    const direct = checkPastCache(assignment, bench);
    return {
      reads: plain.reads + direct.reads,
      bytesRead: plain.bytesRead + direct.bytesRead,
      tallies: [...plain.tallies, ...direct.tallies],
      observations: direct.observations,
      failures: direct.failures,
    };
  } catch (error) {
    const failures = [operationFailure(error, bench.name, file)];
    return { reads: 0, bytesRead: 0, tallies: [], observations: [], failures };
  }
}

/** Nothing is claimed about `synced` where the file system refuses O_DIRECT (EINVAL on open). */
function checkPastCache(assignment: CheckAssignment, bench: ActorBench): CheckResult {
  try {
    return withFile(assignment.path, 'read', 'direct', (fd) =>
      checkFile(fd, assignment, 'synced', bench),
    );
  } catch (error) {
    const refused = error instanceof OperationError && error.errno === 'EINVAL';
    if (!refused) throw error;
    return { reads: 0, bytesRead: 0, tallies: [], observations: [], failures: [] };
  }
}

function checkFile(
  fd: number,
  assignment: CheckAssignment,
  promise: PromiseName,
  bench: ActorBench,
): CheckResult {
  const { path, stream, ioBytes, lengthBytes, refused } = assignment;
  const kernel = bench.kernel(DATA_BYTES);
  const observations: Observation[] = [];
  const ranges: WrongRange[] = [];
  const fileBytes = fileLength(fd, path);
  const blocksPerIo = ioBytes / stream.blockBytes;
  const unknown = new Set(refused);
  let reads = 0;
  let broken = 0;
  const window = (offset: number, at: number, length: number, returned: number) =>
    observe({ fd, assignment, promise, bench, fileBytes, offset, at, length, returned });
  for (let offset = 0; offset < lengthBytes; offset += ioBytes) {
    if (unknown.has(offset / ioBytes)) continue;
    kernel.poison(0, ioBytes, 512);
    const returned = readOnce(fd, path, kernel.memory, 0, ioBytes, offset);
    reads++;
    const firstBlock = offset / stream.blockBytes;
    let at = firstDamage(kernel, assignment, firstBlock, blocksPerIo, 0, returned);
    if (at < 0 && returned < ioBytes) at = returned;
    if (at < 0) continue;
    broken++;
    const wrong = wrongRanges(kernel, assignment, firstBlock, blocksPerIo, returned);
    for (const range of wrong) if (ranges.length < RANGES_MAX) addRange(ranges, range);
    while (at >= 0 && observations.length < OBSERVATIONS_MAX) {
      const from = Math.max(0, at - (at % stream.blockBytes) - stream.blockBytes);
      const length = Math.min(WINDOW_BYTES, ioBytes - from);
      observations.push(window(offset + from, from, length, Math.max(0, returned - from)));
      const next = from + length;
      at =
        next < returned
          ? firstDamage(kernel, assignment, firstBlock, blocksPerIo, next, returned)
          : -1;
    }
  }
  if (broken === 0 && fileBytes !== lengthBytes && refused.length === 0) {
    broken++;
    observations.push(window(Math.min(fileBytes, lengthBytes), 0, 0, 0));
  }
  const [first] = observations;
  if (first && ranges.length > 0) observations.splice(0, 1, { ...first, wholeFile: ranges });
  const tallies = [{ promise, tries: reads, broken }];
  return { reads, bytesRead: reads * ioBytes, tallies, observations, failures: [] };
}

interface Sight {
  readonly fd: number;
  readonly assignment: CheckAssignment;
  readonly promise: PromiseName;
  readonly bench: ActorBench;
  readonly fileBytes: number;
  /** File offset and data-area offset of the window; its length as asked, and as returned. */
  readonly offset: number;
  readonly at: number;
  readonly length: number;
  readonly returned: number;
}

function observe({ fd, assignment, promise, bench, ...sight }: Sight): Observation {
  const { path, file, stream, runs, ioBytes, sourceIntact, refused } = assignment;
  // After a write that was refused the length of the file is nobody's promise.
  const lengthBytes = refused.length === 0 ? assignment.lengthBytes : sight.fileBytes;
  const returned = Math.min(sight.length, sight.returned);
  const memory = bench.kernel(DATA_BYTES).memory;
  const atNs = String(monotonicNs());
  return {
    seq: 0,
    promise,
    actor: bench.name,
    file,
    offset: sight.offset,
    asked: sight.length,
    returned,
    fileBytes: sight.fileBytes,
    ioBytes,
    bytes: memory.slice(sight.at, sight.at + returned),
    expected: { shape: 'blocks', stream, runs: runsWithin(runs, stream, sight), lengthBytes },
    rereads: reread({ fd, path, offset: sight.offset, length: sight.length }),
    atNs,
    sourceIntact,
  };
}
