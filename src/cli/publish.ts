// `heisenwrite publish FILE PLACE`: the library's `publish`, and what it says.

import { formatSize, parseDuration } from '../base/quantities.ts';
import { publish } from '../delivery/publish.ts';
import { EXIT_CLEAN, HeisenwriteError } from '../domain/errors.ts';
import type { Terminal } from './terminal.ts';

export interface PublishArguments {
  readonly file: string;
  readonly place: string;
  readonly name?: string;
  readonly replace?: boolean;
  readonly verify?: boolean;
  readonly marker: boolean;
  readonly mode?: string;
  readonly stale: string;
  readonly json?: boolean;
}

/** @returns the exit code. @throws HeisenwriteError of `publish`, and `invalid-duration` */
export async function runPublish(given: PublishArguments, terminal: Terminal): Promise<number> {
  const { file, place, name, marker } = given;
  const done = await publish(file, place, {
    ...(name === undefined ? {} : { name }),
    exists: given.replace ? 'replace' : 'refuse',
    verify: given.verify ?? false,
    marker,
    staleMs: staleMsOf(given.stale),
    ...(given.mode !== undefined && { mode: modeOf(given.mode) }),
  });
  if (given.json) {
    terminal.printJson({ schema: 'heisenwrite.publish/1', place, ...done });
    return EXIT_CLEAN;
  }
  const { bytes, sha256, wasThere, used, missing, removed } = done;
  const how = wasThere ? 'was there already, whole' : 'is there, whole';
  terminal.print(`${done.name} ${how}: ${formatSize(bytes)}, SHA-256 ${sha256}`);
  for (const each of used) terminal.print(`  used: ${each}`);
  for (const each of missing) terminal.print(`  none: ${each}`);
  for (const each of removed) terminal.print(`  removed, of a publisher that is gone: ${each}`);
  return EXIT_CLEAN;
}

/** Of --mode. @throws HeisenwriteError `invalid-option` */
function modeOf(text: string): number {
  if (/^0?[0-7]{3}$/.test(text)) return Number.parseInt(text, 8);
  throw new HeisenwriteError('invalid-option', `--mode ${text} is no permission bits`, {
    remedy: 'give them in octal as chmod(1) takes them: --mode 0640',
  });
}

/** Of --stale. @throws HeisenwriteError `invalid-duration` */
export function staleMsOf(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  throw new HeisenwriteError('invalid-duration', `--stale ${text} is no duration`);
}
