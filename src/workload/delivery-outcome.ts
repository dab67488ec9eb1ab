// What a delivery comes to: each copy is checked once its writer is done, and what is wrong with a
// copy of a file that is whole now was picked up too early.

import type { DeliveryAccount, PickedUp, Pickup, TakenBytes } from '../domain/delivery.ts';
import type { Observation } from '../domain/observation.ts';
import { textLevel } from '../domain/plan.ts';
import type { TrialOutcome } from '../domain/trial.ts';
import type { DeliveryCourse, DeliveryStore } from './delivery-course.ts';
import type {
  DeliveryPartsAssignment,
  DeliveryPartsResult,
  DeliveryTakenAssignment,
} from './delivery-parts.ts';
import type { DeliveryWatchResult } from './delivery-watch.ts';
import type { DeliveryWriteResult } from './delivery-write.ts';
import { DELIVERED } from './delivery-writers.ts';
import type { CheckResult } from './run-check.ts';
import { checkedOutcome } from './tally.ts';
import type { TransferCheckAssignment } from './transfer-roles.ts';

/** Of more parts the times are not kept. */
const PARTS_KEPT_MAX = 256;

/** The first store, once its writer is done; then each copy, up to the first that is wrong. */
export async function deliveryOutcome(
  course: DeliveryCourse,
  written: DeliveryWriteResult,
  watched: readonly DeliveryWatchResult[],
): Promise<TrialOutcome> {
  const rule = textLevel(course.setting.levels, 'rule');
  const [first, ...behind] = course.stores;
  const checks = [await check(course, first, written.sourceIntact)];
  const pickups: Pickup[] = [];
  let doneNs = written.doneNs;
  for (const [hop, store] of behind.entries()) {
    const pickup = watched[hop]?.pickup ?? null;
    if (pickup === null) break;
    const { readyNs, taken } = pickup;
    const isWholeNow = isClean(checks.at(-1));
    const copy = await check(course, store, written.sourceIntact);
    const isSuspect = isWholeNow && copy.observations.length > 0;
    const tookWhole = isSuspect && (await wasTakenWhole(course, hop, taken));
    if (tookWhole) checks.push(withGoodPickup(copy));
    else checks.push(ofPickup(copy, { rule, readyNs, doneNs, isWholeNow }));
    pickups.push({
      ...{ hop, rule, copyMs: pickup.copyMs },
      ...{ seenBytes: pickup.seenBytes, copiedBytes: taken.bytes },
      ...(tookWhole && { tookWhole }),
      earlyMs: Number(BigInt(doneNs) - BigInt(readyNs)) / 1e6,
      ...(await wrongParts(course, store, copy)),
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

async function check(
  { setting, stream, map, sizeBytes, partBytes }: DeliveryCourse,
  { medium, folder, name }: DeliveryStore,
  sourceIntact: boolean,
): Promise<CheckResult> {
  const assignment: TransferCheckAssignment = {
    medium,
    path: `${folder}/${DELIVERED}`,
    file: `${name}/${DELIVERED}`,
    ...{ stream, sizeBytes, sourceIntact },
    ioBytes: partBytes,
    readBytes: partBytes,
    runs: map.runs(),
  };
  const checked = await setting.actors.call<CheckResult>('reader-0', 'transfer-check', assignment);
  if (medium === setting.medium) return checked;
  const elsewhere = (one: Observation): Observation => ({ ...one, medium: medium.url });
  return { ...checked, observations: checked.observations.map(elsewhere) };
}

/** The file that was copied is whole: was it so when it was read? */
async function wasTakenWhole(
  { setting, stores }: DeliveryCourse,
  hop: number,
  taken: TakenBytes,
): Promise<boolean> {
  const { medium, folder } = stores[hop] as DeliveryStore;
  const assignment: DeliveryTakenAssignment = { medium, path: `${folder}/${DELIVERED}`, taken };
  const { isSame } = await setting.actors.call<{ isSame: boolean }>(
    'reader-0',
    'delivery-taken',
    assignment,
  );
  return isSame;
}

/** The copy was made of the whole file: what is wrong with it is a matter of its own medium. */
function withGoodPickup(check: CheckResult): CheckResult {
  const believed = { promise: 'ready-whole', tries: 1, broken: 0 } as const;
  return { ...check, tallies: [...check.tallies, believed] };
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
  { setting, stream, map, sizeBytes, partBytes }: DeliveryCourse,
  { medium, folder }: DeliveryStore,
  check: CheckResult,
): Promise<DeliveryPartsResult> {
  if (check.observations.length === 0) return { wrongParts: [], wrongPartsInAll: 0, zeroParts: 0 };
  const assignment: DeliveryPartsAssignment = {
    medium,
    path: `${folder}/${DELIVERED}`,
    ...{ stream, sizeBytes, partBytes },
    runs: map.runs(),
  };
  return setting.actors.call('reader-0', 'delivery-parts', assignment);
}
