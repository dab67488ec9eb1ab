// `heisenwrite mount DIR MNT`: serves the mount until it is told to end, or starts a process in the
// background that does, and says so once programs can use it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { EXIT_CLEAN, EXIT_UNKNOWN } from '../domain/errors.ts';
import type { FaultReceipt } from '../domain/fault.ts';
import type { ArmedFaults } from '../fault/armed-faults.ts';
import { startMount } from '../fault/mount/fault-mount.ts';
import type { CachePolicy } from '../fault/mount/mount-context.ts';
import { type MountPlace, mountPlace } from '../fault/mount/mount-place.ts';
import { admitToMount, MOUNT_FAULTS } from '../fault/mount/plantable.ts';
import {
  beginServing,
  eventLine,
  firedOf,
  type ServingArguments,
  sayFired,
  settingLines,
} from './fault-serving.ts';
import type { Terminal } from './terminal.ts';

const SCHEMA = 'heisenwrite.mount/1';

export interface MountArguments extends ServingArguments {
  readonly cache: CachePolicy;
  readonly xattr?: boolean;
  readonly background?: boolean;
  /** Started by `--background`: tells its starter, and nobody else. */
  readonly detached?: boolean;
}

/**
 * @returns the exit code, once it was told to end or, in the background, once it is mounted
 * @throws HeisenwriteError invalid-option, invalid-fault, no-such-place, no-such-program
 */
export async function runMount(
  directory: string,
  at: string,
  given: MountArguments,
  terminal: Terminal,
): Promise<number> {
  if (given.background) return startInBackground();
  const place = mountPlace(directory, at);
  const voice = voiceOf(given, terminal);
  const server = { plantable: MOUNT_FAULTS, where: 'a mount', admit: admitToMount };
  const serving = await beginServing(given, server, (receipt) => voice.receipt(receipt));
  const { faults, seed, rng, told } = serving;
  const { cache, xattr = false } = given;
  const mount = await startMount({
    place,
    faults,
    cache,
    xattr,
    rng: rng.fork('mount'),
    note: voice.note,
  });
  voice.mounted({ ...place, seed, pid: process.pid }, faults);
  await Promise.race([told, mount.unmounted]);
  await mount.close();
  await serving.end();
  voice.ended(faults);
  return EXIT_CLEAN;
}

/** The same command once more, in a session of its own, which outlives this process. */
async function startInBackground(): Promise<number> {
  const words = process.argv.slice(1).filter((word) => word !== '--background');
  const child = spawn(process.execPath, [...words, '--detached'], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let complaint = '';
  child.stderr?.on('data', (piece) => {
    complaint += piece;
  });
  const ended = once(child, 'close').then(([code]) => ({ code }));
  const mounted = once(child, 'message').then(([lines]) => ({ lines }));
  const outcome: { code?: number | null; lines?: string } = await Promise.race([ended, mounted]);
  if (outcome.lines === undefined) {
    process.stderr.write(complaint);
    return outcome.code ?? EXIT_UNKNOWN;
  }
  process.stdout.write(outcome.lines);
  child.disconnect();
  child.stderr?.destroy();
  child.unref();
  return EXIT_CLEAN;
}

interface Beginning extends MountPlace {
  readonly seed: string;
  readonly pid: number;
}

/** What it says of itself while it runs. */
interface Voice {
  mounted(beginning: Beginning, faults: ArmedFaults): void;
  receipt(receipt: FaultReceipt): void;
  note(text: string): void;
  ended(faults: ArmedFaults): void;
}

function voiceOf({ json, detached }: MountArguments, terminal: Terminal): Voice {
  if (detached) return detachedVoice(json === true);
  return json ? jsonVoice(terminal) : plainVoice(terminal);
}

function mountedLine(beginning: Beginning, faults: ArmedFaults): string {
  const texts = faults.list().map(({ fault }) => fault.text);
  return eventLine(SCHEMA, 'mounted', { ...beginning, faults: texts });
}

function jsonVoice({ out }: Terminal): Voice {
  const say = (event: string, more: object) => void out.write(eventLine(SCHEMA, event, more));
  return {
    mounted: (beginning, faults) => void out.write(mountedLine(beginning, faults)),
    receipt: (receipt) => say('receipt', receipt),
    note: (text) => say('note', { text }),
    ended: (faults) => say('ended', { faults: firedOf(faults) }),
  };
}

function plainVoice(terminal: Terminal): Voice {
  const say = (line: string) => void terminal.err.write(`${line}\n`);
  return {
    mounted: (beginning, faults) => void terminal.out.write(beginningText(beginning, faults)),
    receipt: () => undefined,
    note: say,
    ended(faults) {
      say('unmounted');
      sayFired(faults, terminal);
    },
  };
}

/** Whoever started it is told that it is mounted, and is gone afterwards. */
function detachedVoice(json: boolean): Voice {
  process.stderr.on('error', () => undefined);
  let noted = '';
  return {
    mounted(beginning, faults) {
      const how = `process ${beginning.pid}; to end it: fusermount3 -u ${beginning.at}\n`;
      const text = json ? mountedLine(beginning, faults) : beginningText(beginning, faults) + how;
      process.send?.(noted + text, () => process.disconnect());
    },
    receipt: () => undefined,
    note(text) {
      noted += json ? eventLine(SCHEMA, 'note', { text }) : `${text}\n`;
    },
    ended: () => undefined,
  };
}

function beginningText({ directory, at, seed }: Beginning, faults: ArmedFaults): string {
  return `${[`${directory} on ${at} (seed ${seed})`, ...settingLines(faults)].join('\n')}\n`;
}
