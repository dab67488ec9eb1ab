// Fault mounts as users start them: in the background, by the command line, on directories that are
// taken away afterwards. The tests never serve a mount themselves, since they use it.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { FaultReceipt } from '../../src/domain/fault.ts';
import { askControl } from '../../src/fault/control-client.ts';
import { heisenwrite } from './command-line.ts';

export interface FaultMount {
  /** Where programs see the files, and where they are. */
  readonly at: string;
  readonly below: string;
  readonly pid: number;
  set(...faults: string[]): Promise<void>;
  clear(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Those since they were last asked for. */
  receipts(): Promise<readonly FaultReceipt[]>;
  /** How often each fault that is set has fired. */
  fired(): Promise<readonly number[]>;
}

/** Mounts and, whatever `use` does, takes the mount and its directories away again. */
export async function withFaultMount(
  words: readonly string[],
  use: (mount: FaultMount) => Promise<void>,
): Promise<void> {
  const mount = await startFaultMount(words);
  try {
    await use(mount);
  } finally {
    await mount.end();
  }
}

export async function startFaultMount(
  words: readonly string[],
): Promise<FaultMount & { end(): Promise<void> }> {
  const top = mkdtempSync(join(tmpdir(), 'fault-mount-'));
  const [below, at] = [join(top, 'below'), join(top, 'at')];
  mkdirSync(below);
  mkdirSync(at);
  const said = await heisenwrite(['mount', below, at, '--background', '--json', ...words]);
  expect(said.exitCode, said.stderr).toBe(0);
  const { pid } = JSON.parse(said.stdout.trim().split('\n').at(-1) as string);
  return {
    at,
    below,
    pid,
    set: async (...faults) => void (await askControl(at, { ask: 'set', faults })),
    clear: async () => void (await askControl(at, { ask: 'clear' })),
    signal: (name) => void process.kill(pid, name),
    receipts: async () => (await askControl(at, { ask: 'receipts' })).receipts,
    fired: async () => (await askControl(at, { ask: 'list' })).faults.map(({ fired }) => fired),
    async end() {
      process.kill(pid, 'SIGTERM');
      await until(() => !isAlive(pid), 'the server of the mount ends');
      rmSync(top, { recursive: true });
    },
  };
}

export function isMounted(at: string): boolean {
  return readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${at} `);
}

/** Not a process that has ended and that nobody has asked about yet (a zombie); proc(5). */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** @throws Error where it does not come true within the time */
export async function until(isTrue: () => boolean, what: string, limitMs = 10_000): Promise<void> {
  for (let waited = 0; waited < limitMs; waited += 20) {
    if (isTrue()) return;
    await sleep(20);
  }
  throw new Error(`waited ${limitMs / 1000} seconds until ${what}`);
}
