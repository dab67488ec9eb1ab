// `heisenwrite pickup PLACE INTO`: the library's `pickUp`, and what it says.

import { formatSize } from '../base/quantities.ts';
import { pickUp } from '../delivery/pick-up.ts';
import { EXIT_CLEAN } from '../domain/errors.ts';
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

/** @returns the exit code. @throws HeisenwriteError of `pickUp`, and `invalid-duration` */
export async function runPickUp(given: PickUpArguments, terminal: Terminal): Promise<number> {
  const { place, into, trust } = given;
  const staleMs = staleMsOf(given.stale);
  const exists = given.replace ? 'replace' : 'refuse';
  const done = await pickUp(place, { into, trust, staleMs, publish: { exists, staleMs } });
  if (given.json) {
    terminal.printJson({ schema: 'heisenwrite.pickup/1', place, into, ...done });
    return EXIT_CLEAN;
  }
  for (const { name, bytes, sha256 } of done.picked) {
    terminal.print(`${name}: ${formatSize(bytes)}, SHA-256 ${sha256}`);
  }
  for (const { name, why } of done.waiting) terminal.print(`${name} waits: ${why}`);
  if (done.picked.length + done.waiting.length === 0) terminal.print('nothing is ready');
  return EXIT_CLEAN;
}
