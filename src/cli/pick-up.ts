// `heisenwrite pickup PLACE INTO`: the library's `pickUp`, and what it says.

import { formatSize } from '../base/quantities.ts';
import { pickUp } from '../delivery/pick-up.ts';
import { EXIT_CLEAN, EXIT_UNKNOWN } from '../domain/errors.ts';
import { staleMsOf } from './publish.ts';
import type { Terminal } from './terminal.ts';

export interface PickUpArguments {
  readonly place: string;
  readonly into: string;
  readonly trust: 'marker' | 'name';
  readonly replace?: boolean;
  readonly stale: string;
  readonly json?: boolean;
}

/**
 * @returns the exit code: 3 where a file failed
 * @throws HeisenwriteError of `pickUp`, and `invalid-duration`
 */
export async function runPickUp(given: PickUpArguments, terminal: Terminal): Promise<number> {
  const { place, into, trust } = given;
  const staleMs = staleMsOf(given.stale);
  const exists = given.replace ? 'replace' : 'refuse';
  const publish = { exists, staleMs } as const;
  const done = await pickUp(place, { into, trust, staleMs, publish, whenFailed: 'tell' });
  const { picked, waiting, failed } = done;
  if (given.json) terminal.printJson({ schema: 'heisenwrite.pickup/1', place, into, ...done });
  else {
    for (const { name, bytes, sha256 } of picked) {
      terminal.print(`${name}: ${formatSize(bytes)}, SHA-256 ${sha256}`);
    }
    for (const { name, why } of waiting) terminal.print(`${name} waits: ${why}`);
    const isNothing = picked.length + waiting.length + failed.length === 0;
    if (isNothing) terminal.print('nothing is ready');
  }
  for (const { name, why, remedy } of failed) {
    terminal.err.write(`heisenwrite: ${name} was not picked up: ${why}\n`);
    terminal.err.write(`  what to do: ${remedy}\n`);
  }
  return failed.length === 0 ? EXIT_CLEAN : EXIT_UNKNOWN;
}
