// What a delivery comes to: each copy is checked once its writer is done, and what is wrong with a
// copy of a file that is whole now was picked up too early.

import type { DeliveryAccount, PickedUp, Pickup } from '../domain/delivery.ts';
import type { Observation, StampStream } from '../domain/observation.ts';
import { textLevel } from '../domain/plan.ts';
import type { TrialOutcome } from '../domain/trial.ts';
import type { TrialSetting } from '../domain/workload.ts';
import type { DeliveryBoard } from './delivery-board.ts';
import type { DeliveryPartsAssignment, DeliveryPartsResult } from './delivery-parts.ts';
import type { DeliveryWatchResult } from './delivery-watch.ts';
import type { DeliveryOrigin, DeliveryWriteResult } from './delivery-write.ts';
import { DELIVERED, type DeliveryWriter } from './delivery-writers.ts';
import type { GenerationMap } from './generation-map.ts';
import type { CheckResult } from './run-check.ts';
import { checkedOutcome } from './tally.ts';
import type { TransferCheckAssignment } from './transfer-roles.ts';

/** Of more parts the times are not kept. */
const PARTS_KEPT_MAX = 256;

export interface DeliveryCourse {
  readonly setting: TrialSetting;
  readonly board: DeliveryBoard;
  readonly stream: StampStream;
  readonly map: GenerationMap;
  readonly sizeBytes: number;
  readonly partBytes: number;
  readonly writer: DeliveryWriter;
  readonly origin: DeliveryOrigin | null;
  readonly relays: number;
}

export function folderOf({ setting }: DeliveryCourse, store: number): string {
  return `${setting.directory}/store-${store}`;
}

/** The first store, once its writer is done; then each copy, up to the first that is wrong. */
export async function deliveryOutcome(
  course: DeliveryCourse,
  written: DeliveryWriteResult,
  watched: readonly DeliveryWatchResult[],
): Promise<TrialOutcome> {
  const rule = textLevel(course.setting.levels, 'rule');
  const checks = [await check(course, 0, written.sourceIntact)];
  const pickups: Pickup[] = [];
  let doneNs = written.doneNs;
  for (const [hop, { pickup }] of watched.entries()) {
    if (pickup === null) break;
    const { readyNs } = pickup;
    const isWholeNow = isClean(checks.at(-1));
    const copy = await check(course, hop + 1, written.sourceIntact);
    checks.push(ofPickup(copy, { rule, readyNs, doneNs, isWholeNow }));
    pickups.push({
      ...{ hop, rule, copyMs: pickup.copyMs },
      ...{ seenBytes: pickup.seenBytes, copiedBytes: pickup.copiedBytes },
      earlyMs: Number(BigInt(doneNs) - BigInt(readyNs)) / 1e6,
      ...(await wrongParts(course, hop + 1, copy)),
    });
    if (!isClean(copy)) break;
    doneNs = pickup.doneNs;
  }
  const failures = checks.flatMap((one) => one.failures);
  const outcome = checkedOutcome([written], checks, failures);
  const nobody = watched.findIndex(({ pickup }) => pickup === null);
  const isOpen = nobody >= 0 && outcome.observations.length === 0;
  const { sizeBytes, partBytes } = course;
  const writeMs = Number(BigInt(written.doneNs) - BigInt(written.begunNs)) / 1e6;
  const account: DeliveryAccount = {
    ...{ sizeBytes, partBytes, writeMs, pickups },
    ...(written.parts.length <= PARTS_KEPT_MAX && { parts: written.parts }),
  };
  return {
    ...outcome,
    delivery: account,
    ...(isOpen ? { unknown: `nobody picked it up: ${rule} never said ready` } : {}),
  };
}

function isClean(check: CheckResult | undefined): boolean {
  return check !== undefined && check.observations.length + check.failures.length === 0;
}

function check(course: DeliveryCourse, store: number, sourceIntact: boolean): Promise<CheckResult> {
  const { setting, stream, map, sizeBytes, partBytes } = course;
  const assignment: TransferCheckAssignment = {
    medium: setting.medium,
    path: `${folderOf(course, store)}/${DELIVERED}`,
    file: `store-${store}/${DELIVERED}`,
    ...{ stream, sizeBytes, sourceIntact },
    ioBytes: partBytes,
    readBytes: partBytes,
    runs: map.runs(),
  };
  return setting.actors.call('reader-0', 'transfer-check', assignment);
}

/** What is wrong with a copy is not said of what is read back, but of the belief. */
function ofPickup(check: CheckResult, pickedUp: PickedUp): CheckResult {
  const broken = check.observations.length > 0 ? 1 : 0;
  const isRead = check.failures.length === 0;
  return {
    ...check,
    tallies: isRead ? [{ promise: 'ready-whole', tries: 1, broken }] : [],
    observations: check.observations.map(
      (observation): Observation => ({ ...observation, promise: 'ready-whole', pickedUp }),
    ),
  };
}

async function wrongParts(
  course: DeliveryCourse,
  store: number,
  check: CheckResult,
): Promise<DeliveryPartsResult> {
  if (check.observations.length === 0) return { wrongParts: [], wrongPartsInAll: 0, zeroParts: 0 };
  const { setting, stream, map, sizeBytes, partBytes } = course;
  const assignment: DeliveryPartsAssignment = {
    medium: setting.medium,
    path: `${folderOf(course, store)}/${DELIVERED}`,
    ...{ stream, sizeBytes, partBytes },
    runs: map.runs(),
  };
  return setting.actors.call('reader-0', 'delivery-parts', assignment);
}
