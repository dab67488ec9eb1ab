// The rules that look by themselves, on real files of this host: lease and chokidar.

import { appendFileSync, closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { monotonicMs, wallMs } from '../../../src/base/clock.ts';
import { RULES } from '../../../src/delivery/rules.ts';
import type { FileLook, FolderLook, RuleWatch } from '../../../src/domain/delivery.ts';

let folder: string;
let ending: AbortController;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heisenwrite-rules-'));
  ending = new AbortController();
});

afterEach(() => {
  ending.abort();
  rmSync(folder, { recursive: true });
});

function begun(rule: string, settleMs: number): RuleWatch {
  const found = RULES.find(({ name }) => name === rule);
  if (!found) throw new Error(`no rule ${rule}`);
  return found.begin({ settleMs, directory: folder, content: null, signal: ending.signal });
}

function look(...names: string[]): FolderLook {
  const file: FileLook = {
    bytes: 1,
    modifiedMs: 0,
    allocatedBytes: null,
    isBeingWritten: null,
    closedWrites: null,
  };
  const files = new Map(names.map((name) => [name, file]));
  return { atMs: monotonicMs(), wallMs: wallMs(), files };
}

it('a lease is given once nobody writes, and never on what is not there', () => {
  const isReady = begun('lease', 1);
  const writing = openSync(join(folder, 'a'), 'w');
  expect(isReady('a', look('a'))).toBe(false);
  closeSync(writing);
  const reading = openSync(join(folder, 'a'), 'r');
  expect(isReady('a', look('a'))).toBe(true);
  closeSync(reading);
  expect(isReady('b', look('b'))).toBe(false);
  // It was given back: a writer is not held up.
  closeSync(openSync(join(folder, 'a'), 'w'));
});

it('chokidar tells of a file whose size stood still, and not before', async () => {
  const isReady = begun('chokidar', 400);
  await sleep(300);
  const path = join(folder, 'a');
  writeFileSync(path, 'one');
  const grownMs = monotonicMs();
  for (let time = 0; time < 5; time++) {
    await sleep(100);
    expect(isReady('a', look('a'))).toBe(false);
    appendFileSync(path, 'more');
  }
  while (!(await isReady('a', look('a'))) && monotonicMs() - grownMs < 20_000) await sleep(20);
  expect(isReady('a', look('a'))).toBe(true);
  expect(monotonicMs() - grownMs).toBeGreaterThan(800);
  expect(isReady('b', look('a'))).toBe(false);
});
