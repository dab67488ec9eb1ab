// `capture`: one file is written from its beginning to its end, as a recorder does, and when it
// ends half-way the questions are how far it came, what ended it, what is left of it and what of
// that can be saved. The original: several GB on NFS, EACCES from write(), and 0 bytes left.

import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../base/clock.ts';
import type { Levels } from '../domain/cell.ts';
import type { Capability, Stability } from '../domain/medium.ts';
import { numberLevel, textLevel } from '../domain/plan.ts';
import type { TrialOutcome } from '../domain/trial.ts';
import type { Actors, TrialSetting, Workload } from '../domain/workload.ts';
import {
  type CaptureAssignment,
  type CaptureLookResult,
  type CaptureWriteResult,
  LOOK_PATIENCE_MS,
  LOOK_PAUSE_MS,
} from './capture-roles.ts';
import { STABILITY_FACTOR } from './content-factors.ts';
import { blockBytesOf } from './generation-map.ts';
import type { CheckResult } from './run-check.ts';
import { checkedOutcome } from './tally.ts';
import type { TransferCheckAssignment } from './transfer-roles.ts';

export const capture: Workload = {
  name: 'capture',
  about: 'a long sequential capture: how far does it come, and what is left when it ends early?',
  factors: [
    {
      name: 'size',
      kind: 'size',
      about: 'bytes of the whole capture',
      fallback: 8_388_608,
      min: 512,
      max: 2 ** 40,
      shrinks: true,
    },
    {
      name: 'io',
      kind: 'size',
      about: 'bytes of one write',
      fallback: 65_536,
      min: 512,
      max: 1_048_576,
    },
    {
      name: 'stall',
      kind: 'duration',
      about: 'pause of the writer between two writes',
      fallback: 0,
      min: 0,
      max: 10_000,
      provokes: { toward: 'greater' },
    },
    {
      name: 'sync',
      kind: 'size',
      about: 'bytes between two syncs; 0 leaves it to close',
      fallback: 0,
      min: 0,
      max: 2 ** 40,
    },
    STABILITY_FACTOR,
    {
      name: 'writer',
      kind: 'choice',
      about: 'ends at the first error, or goes on as resilientWriter does',
      fallback: 'plain',
      choices: ['plain', 'resilient'],
    },
    {
      name: 'budget',
      kind: 'duration',
      about: 'how long the resilient writer bears one outage',
      fallback: 10_000,
      min: 1,
      max: 3_600_000,
    },
    {
      name: 'reader',
      kind: 'choice',
      about: 'who looks at what is there: the same client, or a second connection',
      fallback: 'connection',
      choices: ['same', 'connection'],
    },
  ],
  constraints: ['io <= size', 'io divides size', 'sync <= size', 'sync != 0 => io divides sync'],
  promises: ['read-back'],
  anywhere: true,
  spaceBytes: (levels) => numberLevel(levels, 'size') + 65_536,
  directBytes: () => [],
  needs,
  // Rough: 50 MB/s, 2 ms for a request, and as much again to look at it.
  estimateMs: (levels) => {
    const size = numberLevel(levels, 'size');
    const ios = size / numberLevel(levels, 'io');
    return 50 + 2 * (size / 50_000 + 2 * ios) + ios * numberLevel(levels, 'stall');
  },
  run: runCapture,
};

function needs(levels: Levels): Capability[] {
  const needed: Capability[] = [];
  if (levels.reader !== 'same') needed.push('secondClient');
  if (levels.writer === 'resilient') needed.push('randomWrites');
  if (levels.stability !== 'any') needed.push('stability');
  return needed;
}

async function runCapture(setting: TrialSetting): Promise<TrialOutcome> {
  const { levels, actors } = setting;
  const assignment = assignmentOf(setting);
  const written = await actors.call<CaptureWriteResult>('writer-0', 'capture-write', assignment);
  const reader = levels.reader === 'same' ? 'writer-0' : 'reader-0';
  const look = () => actors.call<CaptureLookResult>(reader, 'capture-look', assignment);
  const ended = written.failures.length > 0;
  // Before the check, since it waits for a medium that has just refused something.
  let seen = ended ? await look() : null;
  const checks: CheckResult[] = [];
  if (written.acknowledgedBytes > 0 && seen?.leftBytes !== null) {
    checks.push(await patientCheck(actors, reader, checkOf(assignment, written)));
  }
  if (checks.some(({ observations }) => observations.length > 0)) seen ??= await look();
  const failures = [...written.failures, ...checks.flatMap((check) => check.failures)];
  return {
    ...checkedOutcome([written], checks, failures),
    capture: {
      plannedBytes: assignment.sizeBytes,
      acknowledgedBytes: written.acknowledgedBytes,
      durableBytes: written.durableBytes,
      leftBytes: seen === null ? assignment.sizeBytes : seen.leftBytes,
      savedBytes: seen === null ? assignment.sizeBytes : seen.savedBytes,
      outages: written.outages,
      outageMs: written.outageMs,
    },
  };
}

/** The writer is on trial, and a reader that is refused for a moment tells nothing of it. */
async function patientCheck(
  actors: Actors,
  reader: string,
  assignment: TransferCheckAssignment,
): Promise<CheckResult> {
  const untilMs = monotonicMs() + LOOK_PATIENCE_MS;
  for (;;) {
    const check = await actors.call<CheckResult>(reader, 'transfer-check', assignment);
    if (check.failures.length === 0 || monotonicMs() > untilMs) return check;
    await sleep(LOOK_PAUSE_MS);
  }
}

/** What was acknowledged must be there; more may be, of a write that failed and came through. */
function checkOf(
  assignment: CaptureAssignment,
  { acknowledgedBytes, failures, sourceIntact }: CaptureWriteResult,
): TransferCheckAssignment {
  const { stream } = assignment;
  const blocks = acknowledgedBytes / stream.blockBytes;
  return {
    ...assignment,
    sizeBytes: acknowledgedBytes,
    mayBeLonger: failures.length > 0,
    readBytes: assignment.ioBytes,
    runs: [{ firstBlock: 0, blocks, generation: 1 }],
    sourceIntact,
  };
}

function assignmentOf(setting: TrialSetting): CaptureAssignment {
  const { levels, medium, directory, hunt, firstFile } = setting;
  const sizeBytes = numberLevel(levels, 'size');
  const ioBytes = numberLevel(levels, 'io');
  return {
    medium,
    path: `${directory}/data`,
    file: 'data',
    stream: {
      hunt,
      file: firstFile,
      writer: 0,
      blockBytes: blockBytesOf(ioBytes),
      pattern: 'stamp',
      fileBytes: 0,
    },
    ioBytes,
    sizeBytes,
    manner: {
      stability: textLevel(levels, 'stability') as Stability,
      upload: 'any',
      totalBytes: sizeBytes,
    },
    writer: levels.writer === 'resilient' ? 'resilient' : 'plain',
    stallMs: numberLevel(levels, 'stall'),
    syncBytes: numberLevel(levels, 'sync'),
    budgetMs: numberLevel(levels, 'budget'),
  };
}
