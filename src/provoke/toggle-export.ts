// Makes an export read-only for a moment, again and again: what happens to a client in the middle
// of its writes when an administrator re-exports a file system. Clients are told (NFS3ERR_ROFS, RFC
// 1813 2.6), and nothing that was acknowledged before may change.

import type { Rng } from '../base/rng.ts';
import type { Provocation } from '../domain/provocation.ts';
import { regularPace, repeatedly } from './schedule.ts';

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
  /** Fixes the phase: a trial that is shorter than the period meets it as often as any other. */
  readonly rng: Rng;
}

/** Leaves the export read-write. */
export function toggleExport(
  server: ReexportingServer,
  { everyMs, forMs, rng }: ToggleTimes,
): Provocation {
  return repeatedly(TOGGLE_EXPORT, regularPace(everyMs, forMs, rng), async () => {
    await server.setAccess('read-only');
    return { what: 'read-only', end: () => readWrite(server) };
  });
}

async function readWrite(server: ReexportingServer): Promise<undefined> {
  await server.setAccess('read-write');
}
