// The watcher of `delivery`: lives by one rule, and carries what that calls ready into the next
// store, as a relay does.

import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { monotonicMs, monotonicNs } from '../base/clock.ts';
import { FolderObserver } from '../delivery/folder-observer.ts';
import { markerOf } from '../delivery/marker.ts';
import { RULES } from '../delivery/rules.ts';
import type { RuleWatch, TakenBytes } from '../domain/delivery.ts';
import type { MediumClient } from '../domain/medium.ts';
import type { OperationFailure } from '../domain/observation.ts';
import { OperationError, operationFailure } from '../medium/operation-error.ts';
import { connectionTo, giveUpConnection } from './connections.ts';
import {
  type DeliveryBoard,
  hasFailed,
  markDone,
  markWatching,
  SinceDone,
} from './delivery-board.ts';
import type { DeliveryStore } from './delivery-course.ts';
import { DELIVERED } from './delivery-writers.ts';
import type { ActorBench } from './role.ts';
import { readFully } from './transfer-roles.ts';

const COPY_BYTES = 1024 * 1024;

export interface DeliveryWatchAssignment {
  readonly board: DeliveryBoard;
  readonly hop: number;
  /** Watched. */
  readonly from: DeliveryStore;
  /** What is ready is carried there; perhaps to another medium. */
  readonly to: DeliveryStore;
  readonly rule: string;
  readonly settleMs: number;
  readonly pollMs: number;
  /** How long after the end of the writer the rule may still say ready. */
  readonly patienceMs: number;
}

export interface DeliveryWatchResult {
  /** Null where the rule never said ready. */
  readonly pickup: {
    readonly readyNs: string;
    readonly copyMs: number;
    readonly seenBytes: number;
    readonly taken: TakenBytes;
    /** When the copy was there; it is the next store's writer. */
    readonly doneNs: string;
  } | null;
  readonly looks: number;
  readonly failures: readonly OperationFailure[];
}

export async function deliveryWatch(
  assignment: DeliveryWatchAssignment,
  bench: ActorBench,
): Promise<DeliveryWatchResult> {
  const { board, hop, from, to } = assignment;
  const state = { looks: 0, isAnnounced: false };
  const announce = () => {
    if (!state.isAnnounced) markWatching(board);
    state.isAnnounced = true;
  };
  let observer: FolderObserver | null = null;
  const ending = new AbortController();
  try {
    const { client } = await connectionTo(from.medium);
    // Before it is announced: to connect is no part of a copy.
    const { client: target } = await connectionTo(to.medium);
    const rule = RULES.find(({ name }) => name === assignment.rule);
    if (!rule) throw new Error(`there is no rule ${assignment.rule}`);
    const { medium, folder: path } = from;
    const directory = medium.url.startsWith('file:') ? fileURLToPath(medium.url) + path : null;
    observer = new FolderObserver({ client, path, directory, sights: new Set(rule.sees) });
    const isReady = rule.begin({
      settleMs: assignment.settleMs,
      directory,
      content: { client, path },
      signal: ending.signal,
    });
    announce();
    const seen = await waitFor(observer, isReady, assignment, state);
    const pickup = seen === null ? null : await carry(client, target, assignment, seen);
    markDone(board, hop + 1, pickup !== null);
    return { pickup, looks: state.looks, failures: [] };
  } catch (error) {
    announce();
    markDone(board, hop + 1, false);
    for (const { medium } of [from, to]) await giveUpConnection(medium);
    const failures = [watchFailure(error, bench.name, assignment)];
    return { pickup: null, looks: state.looks, failures };
  } finally {
    ending.abort();
    observer?.close();
  }
}

/** Says in which of the two stores the call failed. */
function watchFailure(
  error: unknown,
  actor: string,
  { from, to }: DeliveryWatchAssignment,
): OperationFailure {
  const isThere = error instanceof OperationError && error.path.startsWith(`${to.folder}/`);
  const { name, medium } = isThere ? to : from;
  const failure = operationFailure(error, actor, `${name}/${DELIVERED}`);
  if (from.medium.url === to.medium.url) return failure;
  return { ...failure, message: `${failure.message} (on ${medium.url})` };
}

/** Looks until the rule says ready; null where it does not in time, or its writer failed. */
async function waitFor(
  observer: FolderObserver,
  isReady: RuleWatch,
  { board, hop, pollMs, patienceMs }: DeliveryWatchAssignment,
  state: { looks: number },
): Promise<{ readonly readyNs: string; readonly seenBytes: number } | null> {
  const since = new SinceDone();
  while (since.ms(board, hop) <= patienceMs && !hasFailed(board, hop)) {
    const look = await observer.look();
    state.looks++;
    const file = look.files.get(DELIVERED);
    if (file && (await isReady(DELIVERED, look))) {
      return { readyNs: String(monotonicNs()), seenBytes: file.bytes };
    }
    await sleep(pollMs);
  }
  return null;
}

/** Plain copies, as relays make them: of the file, then of its marker, where that is there. */
async function carry(
  client: MediumClient,
  target: MediumClient,
  { from, to }: DeliveryWatchAssignment,
  { readyNs, seenBytes }: { readonly readyNs: string; readonly seenBytes: number },
) {
  const beganMs = monotonicMs();
  const copy = (name: string, seen: number) =>
    copyFile(
      { client, path: `${from.folder}/${name}` },
      { client: target, path: `${to.folder}/${name}` },
      seen,
    );
  const taken = await copy(DELIVERED, seenBytes);
  const copyMs = monotonicMs() - beganMs;
  const marker = markerOf(DELIVERED);
  const marked = await client.status(`${from.folder}/${marker}`);
  if (marked) await copy(marker, marked.bytes);
  return { readyNs, seenBytes, taken, copyMs, doneNs: String(monotonicNs()) };
}

interface End {
  readonly client: MediumClient;
  readonly path: string;
}

/** From the beginning to the end, whatever length was seen before. */
async function copyFile(from: End, to: End, seen: number): Promise<TakenBytes> {
  const copy = await to.client.create(to.path, {
    stability: 'any',
    upload: 'any',
    totalBytes: seen,
  });
  const taken = { bytes: 0, crc32: 0 };
  try {
    const buffer = new Uint8Array(COPY_BYTES);
    for (;;) {
      const count = await readFully(from.client, from.path, taken.bytes, buffer);
      const came = buffer.subarray(0, count);
      taken.crc32 = crc32(came, taken.crc32);
      if (count > 0) await copy.write(taken.bytes, came);
      taken.bytes += count;
      if (count < buffer.length) break;
    }
  } finally {
    await copy.close();
  }
  return taken;
}
