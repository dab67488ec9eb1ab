// The steps of a trial of `command`: write, then one of read the file, read by the user's reader,
// or compare by the user's own command. Programs are started from the main thread, whose end kills
// them; files are read by an actor, since a file system that hangs must not hang the hunt.

import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { monotonicNs } from '../base/clock.ts';
import type { Expected, Observation, Reread } from '../domain/observation.ts';
import type { ProgramRun } from '../domain/trial.ts';
import { createStampKernel, type StampKernel } from '../stamp/kernel.ts';
import { MAGIC_BYTES } from '../stamp/layout.ts';
import { ContentCheck, type ContentResult, givenMeant, stampedMeant } from './command-content.ts';
import type { CommandCourse } from './command-course.ts';
import { commandFailure, lastLine, runCommand } from './command-program.ts';
import type { OutputResult, PrepareResult } from './command-roles.ts';

const ACTOR = 'checker-0';
const IO_BYTES = 1024 * 1024;
/** Of an output that only the user's command can judge; the whole of it stays with the trial. */
const KEPT_BYTES = 64 * 1024;
const HEAD_BYTES = 64;

/** Runs the writer on a new canary. Returns whether it claims success. */
export async function write(course: CommandCourse): Promise<boolean> {
  const { setting, canary } = course;
  const prepared = await setting.actors.call<PrepareResult>(ACTOR, 'command-prepare', canary);
  course.failures.push(...prepared.failures);
  if (prepared.failures.length > 0) return false;
  return succeeds(course, await run(course, 'write', course.commands.program));
}

async function run(
  course: CommandCourse,
  as: ProgramRun['as'],
  command: string,
  onOutput?: (piece: Uint8Array) => void,
): Promise<ProgramRun> {
  const { valueFor, directory, limitMs } = course;
  const order = { as, command, valueFor, directory, limitMs };
  const ended = await runCommand({ ...order, ...(onOutput && { onOutput }) });
  course.programs.push(ended);
  return ended;
}

function succeeds(course: CommandCourse, ended: ProgramRun): boolean {
  const failure = commandFailure(ended, course.limitMs);
  if (failure) course.failures.push(failure);
  return failure === null;
}

/** The file that the writer left is read as it is. */
export async function readFile(course: CommandCourse): Promise<void> {
  const { actors } = course.setting;
  const checked = await actors.call<OutputResult>(ACTOR, 'command-check', course.canary);
  course.reads += checked.reads;
  course.bytesRead += checked.bytesRead;
  course.tallies.push(...checked.tallies);
  course.observations.push(...checked.observations);
  course.failures.push(...checked.failures);
  if (checked.isOther) course.unknown = OTHER;
}

const OTHER =
  'what the command made is no copy of the canary: give a command that turns it back ' +
  '(--read), or one that compares (--compare)';

/** What the reader prints is the content. Where it is wrong, the reader is run once more. */
export async function readBack(course: CommandCourse): Promise<void> {
  const { read } = course.commands;
  const check = contentCheck(course);
  try {
    const ended = await run(course, 'read', read, (piece) => check.add(piece));
    if (!succeeds(course, ended)) return;
    const { reads, broken, bytesRead, observations } = check.end();
    if (isOtherContent(observations[0], course.canary.lengthBytes)) {
      course.unknown = OTHER;
      return;
    }
    course.reads += reads;
    course.bytesRead += bytesRead;
    course.tallies.push({ promise: 'read-back', tries: Math.max(1, reads), broken });
    if (observations.length > 0)
      course.observations.push(...(await lookAgain(course, observations)));
  } finally {
    check.close();
  }
}

/** As of an output file: another length, another beginning, no stamp near it, and not zeros. */
function isOtherContent(first: Observation | undefined, lengthBytes: number): boolean {
  if (first === undefined || first.offset !== 0 || first.fileBytes === lengthBytes) return false;
  const meant = expectedHead(first.expected);
  const bytes = Buffer.from(first.bytes);
  if (bytes.length < HEAD_BYTES || meant === null) return false;
  const isCopy = bytes.subarray(0, meant.length).equals(meant) || bytes.indexOf(MAGIC_BYTES) >= 0;
  return !isCopy && bytes.some((byte) => byte !== 0);
}

/** Of stamped files the part of a header that all of them share. */
function expectedHead(expected: Expected): Uint8Array | null {
  if (expected.shape === 'blocks') return MAGIC_BYTES;
  if (expected.shape !== 'given') return null;
  return Buffer.from(expected.meant, 'base64').subarray(0, HEAD_BYTES);
}

interface OpenCheck {
  add(piece: Uint8Array): void;
  end(): ContentResult;
  close(): void;
}

/** One for the whole process: a kernel's memory is not given back. */
let kernel: StampKernel | null = null;

function contentCheck({ canary }: CommandCourse): OpenCheck {
  const { source, lengthBytes } = canary;
  const sight = { actor: 'command', file: 'out', look: () => [] };
  if (source.kind === 'stamp') {
    kernel ??= createStampKernel(IO_BYTES);
    const meant = stampedMeant(kernel, source.stream, source.ioBytes, lengthBytes);
    const check = new ContentCheck(meant, sight);
    return { add: (piece) => check.add(piece), end: () => check.end(), close: () => undefined };
  }
  const input = openSync(source.path, 'r');
  const check = new ContentCheck(givenMeant(input, lengthBytes, IO_BYTES), sight);
  return {
    add: (piece) => check.add(piece),
    end: () => check.end(),
    close: () => closeSync(input),
  };
}

async function lookAgain(
  course: CommandCourse,
  observations: readonly Observation[],
): Promise<Observation[]> {
  const { actors } = course.setting;
  const windows = observations.map(({ offset, returned }) => new Window(offset, returned));
  const atNs = String(monotonicNs());
  let total = 0;
  const again = await run(course, 'read', course.commands.read, (piece) => {
    for (const window of windows) window.take(piece, total);
    total += piece.length;
  });
  const failed = commandFailure(again, course.limitMs);
  const { intact } = await actors.call<{ intact: boolean }>(
    ACTOR,
    'command-check-canary',
    course.canary,
  );
  return observations.map((observation, index) => {
    const bytes = (windows[index] as Window).bytes();
    const reread: Reread = failed
      ? { how: 'same-command', atNs, outcome: 'not-possible', note: failed.message }
      : { how: 'same-command', atNs, outcome: 'read', bytes, fileBytes: total };
    return { ...observation, rereads: [reread], sourceIntact: intact };
  });
}

/** The part of a stream that lies at these offsets. */
class Window {
  private readonly from: number;
  private readonly length: number;
  private readonly parts: Uint8Array[] = [];

  constructor(from: number, length: number) {
    this.from = from;
    this.length = length;
  }

  take(piece: Uint8Array, at: number): void {
    const first = Math.max(0, this.from - at);
    const last = Math.min(piece.length, this.from + this.length - at);
    if (last > first) this.parts.push(piece.slice(first, last));
  }

  bytes(): Uint8Array {
    return Uint8Array.from(Buffer.concat(this.parts));
  }
}

/** 0 is the same, 1 differs, anything else says nothing: as of cmp(1), diff(1) and grep(1). */
export async function compareOutput(course: CommandCourse): Promise<void> {
  const { compare } = course.commands;
  const ended = await run(course, 'compare', compare);
  const { status, timedOut, signal } = ended;
  if (status !== 0 && status !== 1) {
    const how = timedOut ? 'was ended after its limit' : (signal ?? `exit status ${status}`);
    course.unknown = `the compare command said nothing (${how}): ${lastLine(ended.stderr)}`;
    return;
  }
  course.reads++;
  course.bytesRead += statSync(course.canary.out, { throwIfNoEntry: false })?.size ?? 0;
  course.tallies.push({ promise: 'read-back', tries: 1, broken: status });
  if (status === 0) return;
  const { actors } = course.setting;
  const call = actors.call<{ intact: boolean }>(ACTOR, 'command-check-canary', course.canary);
  course.observations.push(comparedObservation(course, ended, (await call).intact));
}

function comparedObservation(
  { canary, setting }: CommandCourse,
  { stdout, stderr }: ProgramRun,
  sourceIntact: boolean,
): Observation {
  const isThere = existsSync(canary.out) && statSync(canary.out).isFile();
  const bytes = isThere ? startOf(canary.out) : new Uint8Array(0);
  const said = lastLine(stdout) || lastLine(stderr);
  return {
    seq: 0,
    promise: 'read-back',
    actor: 'command',
    file: `out of trial ${setting.trial}`,
    offset: 0,
    asked: bytes.length,
    returned: isThere ? bytes.length : -1,
    fileBytes: isThere ? statSync(canary.out).size : -1,
    ioBytes: KEPT_BYTES,
    bytes,
    expected: { shape: 'compared', status: 1, said: said.slice(0, 200) },
    rereads: [],
    atNs: String(monotonicNs()),
    sourceIntact,
  };
}

function startOf(path: string): Uint8Array {
  const fd = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(KEPT_BYTES);
    return bytes.slice(0, readSync(fd, bytes, 0, KEPT_BYTES, 0));
  } finally {
    closeSync(fd);
  }
}
