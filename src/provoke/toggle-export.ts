// Makes an export read-only for a moment, again and again: what happens to a client in the middle
// of its writes when an administrator re-exports a file system. Clients are told (NFS3ERR_ROFS, RFC
// 1813 2.6), and nothing that was acknowledged before may change.

import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNs, wallMs } from '../base/clock.ts';
import type { Provocation } from '../domain/provocation.ts';
import type { Receipt } from '../domain/receipt.ts';

export const TOGGLE_EXPORT = 'toggle-export';

/** A server that can be told to export anew. */
export interface ReexportingServer {
  setAccess(access: 'read-write' | 'read-only'): Promise<void>;
}

export interface ToggleTimes {
  /** From one time to the next; milliseconds. */
  readonly everyMs: number;
  /** Read-only for so long; milliseconds, less than `everyMs`. */
  readonly forMs: number;
}

/** Begins with `everyMs` of peace, and leaves the export read-write. */
export function toggleExport(
  server: ReexportingServer,
  { everyMs, forMs }: ToggleTimes,
): Provocation {
  const receipts: Receipt[] = [];
  const ending = new AbortController();
  const { signal } = ending;
  const running = (async () => {
    while (!signal.aborted) {
      await sleep(everyMs - forMs, null, { signal });
      const [atNs, atMs] = [String(monotonicNs()), wallMs()];
      await server.setAccess('read-only');
      try {
        await sleep(forMs);
      } finally {
        await server.setAccess('read-write');
        const untilNs = String(monotonicNs());
        receipts.push({ provocation: TOGGLE_EXPORT, what: 'read-only', atNs, untilNs, atMs });
      }
    }
  })().catch(() => undefined);
  return {
    stop: async () => {
      ending.abort();
      await running;
      return receipts;
    },
  };
}
