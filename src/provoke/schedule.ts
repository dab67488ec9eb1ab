// What fires again and again while a trial runs: every so often, from a random moment on that the
// trial's seed fixes, each time for so long. Every firing leaves a receipt, and whatever is in
// force when the trial ends is ended with it.

import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs, monotonicNs, wallMs } from '../base/clock.ts';
import type { Rng } from '../base/rng.ts';
import type { Provocation } from '../domain/provocation.ts';
import type { Receipt } from '../domain/receipt.ts';

/** Something that was put in force. */
export interface Firing {
  /** What was done, for the receipt. */
  readonly what: string;
  /** With everything as before; what it returns replaces `what`. */
  end(): Promise<string | undefined> | string | undefined;
}

export interface Pace {
  /** Milliseconds until the first one, and from the beginning of each to that of the next. */
  firstMs(): number;
  nextMs(): number;
  /** How long one lasts; milliseconds, 0 for what has no duration. */
  lengthMs(): number;
}

/** Every so often, at a random phase. */
export function regularPace(everyMs: number, forMs: number, rng: Rng): Pace {
  return {
    firstMs: () => rng.uniform() * everyMs,
    nextMs: () => everyMs,
    lengthMs: () => forMs,
  };
}

/** @param fire null where there is nothing to do it to, right now; an error is trouble */
export function repeatedly(
  provocation: string,
  pace: Pace,
  fire: () => Promise<Firing | null>,
): Provocation {
  const receipts: Receipt[] = [];
  const ending = new AbortController();
  const { signal } = ending;
  let trouble: string | null = null;
  const pause = (ms: number) => sleep(ms, null, { signal }).catch(() => undefined);

  const once = async () => {
    const atNs = String(monotonicNs());
    const atMs = wallMs();
    const lengthMs = pace.lengthMs();
    const firing = await fire();
    if (firing === null) return;
    try {
      if (lengthMs > 0) await pause(lengthMs);
    } finally {
      const what = (await firing.end()) ?? firing.what;
      receipts.push({ provocation, what, atNs, untilNs: String(monotonicNs()), atMs });
    }
  };

  const running = (async () => {
    let dueMs = monotonicMs() + pace.firstMs();
    for (;;) {
      await pause(Math.max(0, dueMs - monotonicMs()));
      if (signal.aborted) return;
      await once();
      // What is late is not made up for: the next one keeps its distance.
      dueMs = Math.max(dueMs + pace.nextMs(), monotonicMs());
    }
  })().catch((error: Error) => {
    trouble = `${provocation}: ${error.message.split('\n')[0]}`;
  });
  return {
    stop: async () => {
      ending.abort();
      await running;
      return receipts;
    },
    trouble: () => trouble,
  };
}
