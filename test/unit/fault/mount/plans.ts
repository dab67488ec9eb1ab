// What plans of calls are made from in the tests of this folder.

import { createRng } from '../../../../src/base/rng.ts';
import { parseFault } from '../../../../src/domain/fault-grammar.ts';
import { ArmedFaults } from '../../../../src/fault/armed-faults.ts';
import { RateLimits } from '../../../../src/fault/kinds/rate.ts';
import { admitToMount, MOUNT_FAULTS } from '../../../../src/fault/mount/plantable.ts';
import type { Planning } from '../../../../src/fault/mount/write-plan.ts';

/** Of a mount at which these faults are set, in this order. */
export function planningOf(...texts: string[]): Planning {
  const rng = createRng('plans');
  const faults = new ArmedFaults(MOUNT_FAULTS, 'a mount', rng, undefined, admitToMount);
  for (const text of texts) faults.set(parseFault(text));
  return { faults, rng, rates: new RateLimits() };
}

/** What the receipts since the last time say that was changed. */
export function changes({ faults }: Planning): readonly string[] {
  return faults.takeReceipts().receipts.map(({ what }) => what);
}
