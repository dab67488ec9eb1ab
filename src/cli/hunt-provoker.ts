// What a hunt provokes with, and the guard that undoes it should the hunt be killed: a process of
// its own, started when the first provocation needs it.

import { Guard } from '../base/guard.ts';
import { PROVOCATIONS } from '../provoke/provocations.ts';
import type { Provoker } from '../trial/trial-provocations.ts';

export interface HuntProvoker extends Provoker {
  /** After the last trial. Never rejects. */
  close(): Promise<void>;
}

export function huntProvoker(): HuntProvoker {
  let guard: Promise<Guard> | null = null;
  return {
    kinds: PROVOCATIONS,
    undo: async (command) => {
      guard ??= Guard.start();
      return (await guard).undo(command);
    },
    close: async () => {
      await guard?.then((started) => started.stop()).catch(() => undefined);
    },
  };
}
