// Is the tester itself, or what it stands on, broken? Asked before anything is accused: a trial
// that fails one of these checks is `unknown`. So a check fails only for what would make the
// bytes that were read say nothing; everything else is mentioned in the detail of a check that
// passes.

import { readFileSync, statSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { monotonicMs, wallMs } from '../base/clock.ts';
import { formatDuration, formatSize } from '../base/quantities.ts';
import type { Rig, RigCheck } from '../domain/hunt-report.ts';
import { type DeletedFile, deletedFiles } from './held-files.ts';
import { type KernelRecord, kernelRecords, troubleIn } from './kernel-log.ts';
import { checkMemory, uncorrectedErrors } from './memory.ts';
import { findMount, type Mount } from './mount-table.ts';
import { deviceNames, type SpaceLeft, spaceLeft } from './space.ts';

/**
 * What must be known from before to see a change; take it at the start and after each failed
 * check.
 */
export interface RigSnapshot {
  readonly wallMs: number;
  readonly monotonicMs: number;
  /** Highest sequence number in the kernel's log; -1 where it cannot be read. */
  readonly kernelSequence: number;
  readonly taint: number | null;
  readonly uncorrectedErrors: number | null;
  readonly mount: Mount | null;
  /** Device number of the directory. */
  readonly deviceNumber: number | null;
}

/** What the checks read; tests hand in their own. */
export interface RigSources {
  now(): Pick<RigSnapshot, 'wallMs' | 'monotonicMs'>;
  space(directory: string): SpaceLeft;
  deleted(directory: string): readonly DeletedFile[];
  kernelRecords(after: number): readonly KernelRecord[] | null;
  taint(): number | null;
  uncorrectedErrors(): number | null;
  mount(directory: string): Mount | null;
  deviceNumber(directory: string): number | null;
  devices(mount: Mount | null): readonly string[];
  memory(): Uint32Array;
  load(): { readonly one: number; readonly processors: number };
}

export interface RigRequest {
  /** The hunt's directory. */
  readonly directory: string;
  readonly before?: RigSnapshot;
  /** Free space below which a trial may run into ENOSPC; bytes. Default 1 MiB. */
  readonly needBytes?: number;
}

const NEED_BYTES_DEFAULT = 2 ** 20;
const NEED_INODES = 16;
/** Wall and monotonic clock may part by this much, and by the 500 ppm of adjtime(3) twice over. */
const CLOCK_STEP_MS = 500;
const CLOCK_SLEW = 1e-3;
const MEMORY_BYTES = 4 * 2 ** 20;
/** Machine check, bad page, oops: Documentation/admin-guide/tainted-kernels.rst, bits 4, 5, 7. */
const TAINT_BITS: Readonly<Record<number, string>> = {
  4: 'machine check',
  5: 'bad page',
  7: 'kernel oops',
};

/** Never throws: what cannot be looked at is said in the check's detail. */
export async function checkRig(
  request: RigRequest,
  sources: RigSources = hostSources(),
): Promise<Rig> {
  const { directory, before } = request;
  const checks = [
    guard('free space', () => checkSpace(request, sources)),
    guard('inodes', () => checkInodes(directory, sources)),
    guard('quota', () => checkQuota(request, sources)),
    guard('deleted files', () => checkDeleted(directory, sources)),
    guard('clock', () => checkClock(before, sources)),
    guard('checker memory', () => checkMemory(sources.memory())),
    guard('memory errors', () => checkMemoryErrors(before, sources)),
    guard('kernel log', () => checkKernelLog(directory, before, sources)),
    guard('kernel taint', () => checkTaint(before, sources)),
    guard('mount', () => checkMount(directory, before, sources)),
    guard('load', () => describeLoad(sources)),
  ];
  return { passed: checks.every((check) => check.passed), checks };
}

export function rigSnapshot(directory: string, sources: RigSources = hostSources()): RigSnapshot {
  const records = sources.kernelRecords(-1);
  return {
    ...sources.now(),
    kernelSequence: records?.at(-1)?.sequence ?? -1,
    taint: sources.taint(),
    uncorrectedErrors: sources.uncorrectedErrors(),
    mount: sources.mount(directory),
    deviceNumber: sources.deviceNumber(directory),
  };
}

/**
 * After a failed check: what happened is told once, and does not make every later trial unknown.
 * Which file system was there at the start stays known, so that another is never taken for it.
 */
export function renewSnapshot(
  before: RigSnapshot,
  directory: string,
  sources: RigSources = hostSources(),
): RigSnapshot {
  const { mount, deviceNumber } = before;
  return { ...rigSnapshot(directory, sources), mount, deviceNumber };
}

type Outcome = Omit<RigCheck, 'name'>;
const pass = (detail: string): Outcome => ({ passed: true, detail });
/** No ground for doubt, and none for trust. */
const notChecked = (detail: string): Outcome => ({ passed: true, checked: false, detail });
const fail = (detail: string): Outcome => ({ passed: false, detail });

function guard(name: string, check: () => Outcome): RigCheck {
  try {
    return { name, ...check() };
  } catch (error) {
    return { name, ...notChecked(`could not be checked: ${(error as Error).message}`) };
  }
}

function checkSpace(request: RigRequest, sources: RigSources): Outcome {
  const need = request.needBytes ?? NEED_BYTES_DEFAULT;
  const { freeBytes } = sources.space(request.directory);
  const detail = `${formatSize(freeBytes)} free, ${formatSize(need)} needed`;
  return freeBytes < need ? fail(detail) : pass(detail);
}

function checkInodes(directory: string, sources: RigSources): Outcome {
  const { freeInodes } = sources.space(directory);
  if (freeInodes === null) return notChecked('this file system does not count inodes');
  const detail = `${freeInodes} free, ${NEED_INODES} needed`;
  return freeInodes < NEED_INODES ? fail(detail) : pass(detail);
}

function checkQuota(request: RigRequest, sources: RigSources): Outcome {
  const { quota } = sources.space(request.directory);
  if (quota === null) return pass('no quota for this user');
  const need = request.needBytes ?? NEED_BYTES_DEFAULT;
  const { leftBytes, leftInodes } = quota;
  const bytes =
    leftBytes === null ? 'bytes not limited' : `${formatSize(Math.max(0, leftBytes))} left`;
  const inodes = leftInodes === null ? 'inodes not limited' : `${leftInodes} inodes left`;
  const detail = `quota of this user: ${bytes}, ${inodes}`;
  const short = (leftBytes ?? need) < need || (leftInodes ?? NEED_INODES) < NEED_INODES;
  return short ? fail(detail) : pass(detail);
}

function checkDeleted(directory: string, sources: RigSources): Outcome {
  const held = sources.deleted(directory);
  if (held.length === 0) return pass('no deleted file is held open in the directory of the hunt');
  const names = held.slice(0, 3).map(({ path, fd }) => `${path} (descriptor ${fd})`);
  return fail(`${held.length} deleted files are still open: ${names.join(', ')}`);
}

function checkClock(before: RigSnapshot | undefined, sources: RigSources): Outcome {
  if (!before) return notChecked('nothing to compare with');
  const now = sources.now();
  const elapsed = now.monotonicMs - before.monotonicMs;
  const drift = now.wallMs - before.wallMs - elapsed;
  const moved = `${drift >= 0 ? '+' : '-'}${formatDuration(Math.abs(drift))}`;
  const during = formatDuration(elapsed);
  const said = `the wall clock moved ${moved} against the monotonic clock in ${during}`;
  const stepped = Math.abs(drift) > CLOCK_STEP_MS + Math.abs(elapsed) * CLOCK_SLEW;
  return stepped ? fail(`${said}: it was set, or the machine was asleep`) : pass(said);
}

function checkMemoryErrors(before: RigSnapshot | undefined, sources: RigSources): Outcome {
  const now = sources.uncorrectedErrors();
  if (now === null) return notChecked('the memory controller reports no counters (EDAC)');
  const since = now - (before?.uncorrectedErrors ?? now);
  if (since > 0) return fail(`${since} uncorrected memory errors since the start`);
  return pass(`no uncorrected memory errors since the start (${now} before it)`);
}

function checkKernelLog(
  directory: string,
  before: RigSnapshot | undefined,
  sources: RigSources,
): Outcome {
  if (!before) return notChecked('nothing to compare with');
  const records = sources.kernelRecords(before.kernelSequence);
  if (records === null) return notChecked('the kernel log may not be read by this user');
  const devices = sources.devices(sources.mount(directory));
  const { here, elsewhere } = troubleIn(records, devices);
  if (here.length > 0) return fail(`${here.length} messages since the start, first: ${here[0]}`);
  const other =
    elsewhere.length > 0 ? `; on other devices ${elsewhere.length}: ${elsewhere[0]}` : '';
  return pass(`${records.length} messages since the start, none of trouble here${other}`);
}

function checkTaint(before: RigSnapshot | undefined, sources: RigSources): Outcome {
  const now = sources.taint();
  if (now === null) return notChecked('the kernel does not say');
  const fresh = before?.taint == null ? 0 : now & ~before.taint;
  const serious = Object.entries(TAINT_BITS)
    .filter(([bit]) => fresh & (1 << Number(bit)))
    .map(([, words]) => words);
  if (serious.length > 0) return fail(`since the start: ${serious.join(', ')} (taint ${now})`);
  return pass(now === 0 ? 'not tainted' : `taint ${now}, nothing serious since the start`);
}

function checkMount(
  directory: string,
  before: RigSnapshot | undefined,
  sources: RigSources,
): Outcome {
  const number = sources.deviceNumber(directory);
  if (number === null) return fail(`${directory} is gone`);
  if (before && before.deviceNumber !== null && before.deviceNumber !== number) {
    return fail('another file system is mounted there than at the start');
  }
  const mount = sources.mount(directory);
  if (mount === null) return notChecked('the mount table does not say');
  if (mount.options.includes('ro')) return fail(`${mount.mountPoint} is mounted read-only`);
  const same = before ? ', the same as at the start' : '';
  return pass(`${mount.type} on ${mount.mountPoint}, read-write${same}`);
}

function describeLoad(sources: RigSources): Outcome {
  const { one, processors } = sources.load();
  return pass(`load ${one.toFixed(1)} on ${processors} processors`);
}

export function hostSources(): RigSources {
  return {
    now: () => ({ wallMs: wallMs(), monotonicMs: monotonicMs() }),
    space: spaceLeft,
    deleted: deletedFiles,
    kernelRecords,
    taint: readTaint,
    uncorrectedErrors: () => uncorrectedErrors(),
    mount: findMount,
    deviceNumber: (directory) => {
      return statSync(directory, { throwIfNoEntry: false })?.dev ?? null;
    },
    devices: deviceNames,
    memory: () => new Uint32Array(MEMORY_BYTES / 4),
    load: () => ({ one: loadavg()[0] ?? 0, processors: availableParallelism() }),
  };
}

function readTaint(): number | null {
  try {
    return Number(readFileSync('/proc/sys/kernel/tainted', 'utf8'));
  } catch {
    return null;
  }
}
