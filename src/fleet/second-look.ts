// What a guest saw, seen from the server's side: the same window of the same file, read here, where
// the client's cache and its network are not in the way.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicNs } from '../base/clock.ts';
import type { Observation, Reread } from '../domain/observation.ts';
import type { TrialOutcome } from '../domain/trial.ts';

/** @param directory of the trial, on this host */
export function withSecondLooks(outcome: TrialOutcome, directory: string): TrialOutcome {
  const observations = outcome.observations.map((observation) => ({
    ...observation,
    rereads: [...observation.rereads, secondLook(observation, join(directory, observation.file))],
  }));
  return { ...outcome, observations };
}

function secondLook({ offset, asked }: Observation, path: string): Reread {
  const atNs = String(monotonicNs());
  try {
    const fd = openSync(path, 'r');
    try {
      const bytes = new Uint8Array(asked);
      const returned = readSync(fd, bytes, 0, asked, offset);
      const fileBytes = fstatSync(fd).size;
      return {
        how: 'second-client',
        atNs,
        outcome: 'read',
        bytes: bytes.slice(0, returned),
        fileBytes,
      };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const note = (error as Error).message;
    return { how: 'second-client', atNs, outcome: 'not-possible', note };
  }
}
