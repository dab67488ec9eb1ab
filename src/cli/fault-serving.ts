// What the commands that serve faults have in common, whatever the faults lie over: options,
// receipts in a file, the signals that wake faults, and the JSON lines of their events.

import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createRng, freshSeed, type Rng } from '../base/rng.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { Fault, FaultReceipt, PlantableFaults } from '../domain/fault.ts';
import { parseFault } from '../domain/fault-grammar.ts';
import { ArmedFaults } from '../fault/armed-faults.ts';
import type { Terminal } from './terminal.ts';

const WAKING = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

export interface ServingArguments {
  readonly fault?: readonly string[];
  readonly seed?: string;
  readonly receipts?: string;
  readonly json?: boolean;
}

/** What can be planted, and by whom in words. */
export interface FaultServer {
  readonly plantable: PlantableFaults;
  /** `a mount`, `the nfs proxy`. */
  readonly where: string;
  /** @throws HeisenwriteError `invalid-fault` for what the table cannot say */
  readonly admit: (fault: Fault) => void;
}

export interface Serving {
  readonly faults: ArmedFaults;
  readonly seed: string;
  readonly rng: Rng;
  /** Resolves with Ctrl-C or SIGTERM. */
  readonly told: Promise<void>;
  /** Takes its signals away and ends the file of receipts. */
  end(): Promise<void>;
}

/**
 * Sets the faults and listens to signals.
 * @param onReceipt told of each that fired, besides the file
 * @throws HeisenwriteError `invalid-fault`, `invalid-option`
 */
export async function beginServing(
  given: ServingArguments,
  { plantable, where, admit }: FaultServer,
  onReceipt: (receipt: FaultReceipt) => void,
): Promise<Serving> {
  const wanted = (given.fault ?? []).map(parseFault);
  const seed = given.seed ?? freshSeed();
  const rng = createRng(seed);
  const file = given.receipts === undefined ? null : await receiptsFile(given.receipts);
  const note = (receipt: FaultReceipt) => {
    onReceipt(receipt);
    file?.write(`${JSON.stringify(receipt)}\n`);
  };
  const faults = new ArmedFaults(plantable, where, rng.fork('faults'), note, admit);
  for (const fault of wanted) faults.set(fault);
  const wake = (signal: string) => void faults.signalled(signal);
  for (const signal of WAKING) process.on(signal, wake);
  const told = new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve()).once('SIGTERM', () => resolve());
  });
  return {
    faults,
    seed,
    rng,
    told,
    async end() {
      for (const signal of WAKING) process.off(signal, wake);
      if (file) await new Promise<void>((resolve) => file.end(resolve));
    },
  };
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

/** One event as a line of JSON. */
export function eventLine(schema: string, event: string, more: object): string {
  return `${JSON.stringify({ schema, event, ...more })}\n`;
}

/** `fault 1: flip:op=write`, or that there is none. */
export function settingLines(faults: ArmedFaults): string[] {
  const lines = faults.list().map(({ fault }, index) => `fault ${index + 1}: ${fault.text}`);
  return lines.length === 0 ? ['no fault is set: everything passes'] : lines;
}

export function firedOf(faults: ArmedFaults) {
  return faults.list().map(({ number, fault, matched, fired }) => {
    return { number, text: fault.text, matched, fired };
  });
}

export function sayFired(faults: ArmedFaults, { err }: Terminal): void {
  for (const { number, text, fired } of firedOf(faults)) {
    err.write(`fault ${number} fired ${fired} times: ${text}\n`);
  }
}
