// `heisenwrite mount DIR MNT`: serves the mount until it is told to end, or starts a process in the
// background that does, and says so once programs can use it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createRng, freshSeed } from '../base/rng.ts';
import { EXIT_CLEAN, EXIT_UNKNOWN, HeisenwriteError } from '../domain/errors.ts';
import type { FaultReceipt } from '../domain/fault.ts';
import { parseFault } from '../domain/fault-grammar.ts';
import { ArmedFaults } from '../fault/armed-faults.ts';
import { startMount } from '../fault/mount/fault-mount.ts';
import type { CachePolicy } from '../fault/mount/mount-context.ts';
import { type MountPlace, mountPlace } from '../fault/mount/mount-place.ts';
import { admitToMount, MOUNT_FAULTS } from '../fault/mount/plantable.ts';
import type { Terminal } from './terminal.ts';

const SCHEMA = 'heisenwrite.mount/1';
const WAKING = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

export interface MountArguments {
  readonly fault?: readonly string[];
  readonly seed?: string;
  readonly receipts?: string;
  readonly cache: CachePolicy;
  readonly background?: boolean;
  readonly json?: boolean;
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
  const wanted = (given.fault ?? []).map(parseFault);
  const seed = given.seed ?? freshSeed();
  const rng = createRng(seed);
  const voice = voiceOf(given, terminal);
  const file = given.receipts === undefined ? null : await receiptsFile(given.receipts);
  const note = (receipt: FaultReceipt) => {
    voice.receipt(receipt);
    file?.write(`${JSON.stringify(receipt)}\n`);
  };
  const forked = rng.fork('faults');
  const faults = new ArmedFaults(MOUNT_FAULTS, 'a mount', forked, note, admitToMount);
  for (const fault of wanted) faults.set(fault);
  const told = untilToldToEnd();
  const wake = (signal: string) => void faults.signalled(signal);
  for (const signal of WAKING) process.on(signal, wake);
  const { cache } = given;
  const mount = await startMount({
    place,
    faults,
    cache,
    rng: rng.fork('mount'),
    note: voice.note,
  });
  voice.mounted({ ...place, seed, pid: process.pid, faults: faults.list().map(textOf) });
  await Promise.race([told, mount.unmounted]);
  await mount.close();
  for (const signal of WAKING) process.off(signal, wake);
  if (file) await new Promise<void>((resolve) => file.end(resolve));
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

async function receiptsFile(path: string): Promise<WriteStream> {
  const file = createWriteStream(path, { flags: 'a' });
  await once(file, 'open').catch((error: Error) => {
    throw new HeisenwriteError('invalid-option', `--receipts ${path}: ${error.message}`, {
      remedy: 'give a file in a directory that is there and that this user may write to',
    });
  });
  return file;
}

function untilToldToEnd(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve()).once('SIGTERM', () => resolve());
  });
}

interface Beginning extends MountPlace {
  readonly seed: string;
  readonly pid: number;
  readonly faults: readonly string[];
}

/** What it says of itself while it runs. */
interface Voice {
  mounted(beginning: Beginning): void;
  receipt(receipt: FaultReceipt): void;
  note(text: string): void;
  ended(faults: ArmedFaults): void;
}

function voiceOf({ json, detached }: MountArguments, terminal: Terminal): Voice {
  if (detached) return detachedVoice(json === true);
  return json ? jsonVoice(terminal) : plainVoice(terminal);
}

const jsonLine = (event: string, more: object) =>
  `${JSON.stringify({ schema: SCHEMA, event, ...more })}\n`;

function jsonVoice({ out }: Terminal): Voice {
  const say = (event: string, more: object) => void out.write(jsonLine(event, more));
  return {
    mounted: (beginning) => say('mounted', beginning),
    receipt: (receipt) => say('receipt', receipt),
    note: (text) => say('note', { text }),
    ended: (faults) => say('ended', { faults: firedOf(faults) }),
  };
}

function plainVoice(terminal: Terminal): Voice {
  const say = (line: string) => void terminal.err.write(`${line}\n`);
  return {
    mounted: (beginning) => void terminal.out.write(beginningText(beginning)),
    receipt: () => undefined,
    note: say,
    ended(faults) {
      say('unmounted');
      for (const { number, text, fired } of firedOf(faults)) {
        say(`fault ${number} fired ${fired} times: ${text}`);
      }
    },
  };
}

/** Whoever started it is told that it is mounted, and is gone afterwards. */
function detachedVoice(json: boolean): Voice {
  process.stderr.on('error', () => undefined);
  let noted = '';
  return {
    mounted(beginning) {
      const how = `process ${beginning.pid}; to end it: fusermount3 -u ${beginning.at}\n`;
      const text = json ? jsonLine('mounted', beginning) : beginningText(beginning) + how;
      process.send?.(noted + text, () => process.disconnect());
    },
    receipt: () => undefined,
    note(text) {
      noted += json ? jsonLine('note', { text }) : `${text}\n`;
    },
    ended: () => undefined,
  };
}

function beginningText({ directory, at, seed, faults }: Beginning): string {
  const lines = faults.map((text, index) => `fault ${index + 1}: ${text}`);
  if (lines.length === 0) lines.push('no fault is set: everything passes');
  return `${[`${directory} on ${at} (seed ${seed})`, ...lines].join('\n')}\n`;
}

const textOf = ({ fault }: { fault: { text: string } }) => fault.text;

function firedOf(faults: ArmedFaults) {
  return faults.list().map(({ number, fault, matched, fired }) => {
    return { number, text: fault.text, matched, fired };
  });
}
