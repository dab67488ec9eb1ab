// The writer of a delivery as a program of its user: rsync, rclone, dd, an upload script. It copies
// a stamped file, which lies beside the stores, to the name for which the watchers wait.

import { fileURLToPath } from 'node:url';
import { monotonicNs } from '../base/clock.ts';
import type { ProgramRun } from '../domain/trial.ts';
import { commandFailure, runCommand } from './command-program.ts';
import { markDone, untilWatched } from './delivery-board.ts';
import type { DeliveryCourse } from './delivery-course.ts';
import type { DeliveryWriteResult } from './delivery-write.ts';
import { DELIVERED } from './delivery-writers.ts';

/** What may stand in braces. */
export const DELIVERY_PLACEHOLDERS = ['from', 'to', 'dir', 'here'] as const;
const LIMIT_MS = 120_000;

export interface ProgramWriteResult extends DeliveryWriteResult {
  readonly program: ProgramRun;
}

/** @throws HeisenwriteError `no-such-program` */
export async function writeByProgram(
  course: DeliveryCourse,
  command: string,
): Promise<ProgramWriteResult> {
  const { setting, board, stores, origin, sizeBytes } = course;
  await untilWatched(board, stores.length - 1);
  const root = fileURLToPath(setting.medium.url).replace(/\/$/, '');
  const directory = root + stores[0].folder;
  const values: Readonly<Record<string, string>> = {
    from: root + (origin?.path ?? ''),
    to: `${directory}/${DELIVERED}`,
    dir: directory,
  };
  const begunNs = String(monotonicNs());
  let isDone = false;
  try {
    const valueFor = (name: string) => values[name];
    const order = { as: 'write' as const, command, valueFor, directory, limitMs: LIMIT_MS };
    const program = await runCommand(order);
    const failure = commandFailure(program, LIMIT_MS);
    isDone = failure === null;
    return {
      ...{
        writes: isDone ? 1 : 0,
        bytesWritten: isDone ? sizeBytes : 0,
        sourceIntact: true,
        parts: [],
      },
      ...{ begunNs, doneNs: String(monotonicNs()), program },
      failures: failure === null ? [] : [failure],
    };
  } finally {
    markDone(board, 0, isDone);
  }
}
