// Damage planted into the file of a transfer between its writes and its check, through the port of
// media over a plain directory: kind, bytes, bits, layer. The clean transfers say nothing.

import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../src/diagnose/diagnose.ts';
import type { Levels } from '../../src/domain/cell.ts';
import type { Diagnosis, TrialOutcome } from '../../src/domain/trial.ts';
import { transfer } from '../../src/workload/transfer.ts';
import type { TransferCheckAssignment } from '../../src/workload/transfer-roles.ts';
import { WRITE_ORDERS } from '../../src/workload/write-order.ts';
import { InProcessActors } from '../fixtures/actors/in-process-actors.ts';
import { inDirectory, settingFor } from '../fixtures/actors/trial-setting.ts';

const BLOCK = 4096;
const SIZE = 262_144;
const IO = 65_536;

/** Changes the file in place of check `at` (from 0), and returns what came of the trial. */
async function planted(
  at: number,
  plant: (path: string, bytes: Uint8Array, earlier: readonly Uint8Array[]) => void,
  levels: Levels = {},
): Promise<{ outcome: TrialOutcome; diagnoses: Diagnosis[] }> {
  const earlier: Uint8Array[] = [];
  return inDirectory(async (directory) => {
    const actors = new InProcessActors(({ role, assignment }) => {
      if (role !== 'transfer-check') return;
      const { path } = assignment as TransferCheckAssignment;
      const bytes = new Uint8Array(readFileSync(path));
      if (earlier.length === at) plant(path, bytes.slice(), earlier);
      earlier.push(bytes);
    });
    const setting = settingFor(transfer, { size: SIZE, io: IO, ...levels }, { directory, actors });
    const outcome = await transfer.run(setting);
    return { outcome, diagnoses: outcome.observations.map(diagnose) };
  });
}

function rewritten(path: string, bytes: Uint8Array): void {
  writeFileSync(path, bytes, { flag: 'r+' });
}

function rangesOf(diagnoses: readonly Diagnosis[]): [string, number, number][] {
  return diagnoses.flatMap(({ damage }) =>
    damage.map(({ kind, offset, length }): [string, number, number] => [kind, offset, length]),
  );
}

describe('clean', () => {
  test.each(WRITE_ORDERS)('order %s, four under way, in place', async (order) => {
    const levels = { order, inflight: 4, rewrite: 'in-place', sync: true };
    const { outcome } = await planted(-1, () => {}, levels);
    expect(outcome.observations).toEqual([]);
    expect(outcome.failures).toEqual([]);
    expect(outcome.tallies).toEqual([{ promise: 'read-back', tries: (3 * SIZE) / IO, broken: 0 }]);
    expect(outcome.opportunities.bytesWritten).toBeGreaterThan(2 * SIZE);
  });

  test('the whole file in one read, by the same client', async () => {
    const { outcome } = await planted(-1, () => {}, { read: 'whole', reader: 'same' });
    expect(outcome.observations).toEqual([]);
    expect(outcome.tallies).toEqual([{ promise: 'read-back', tries: 2, broken: 0 }]);
  });
});

describe('planted', () => {
  test('one flipped bit: its byte, its bit, and that it is on the medium', async () => {
    const at = 5 * BLOCK + 1234;
    const { diagnoses } = await planted(1, (path, bytes) => {
      bytes[at] = (bytes[at] as number) ^ 0x10;
      rewritten(path, bytes);
    });
    expect(rangesOf(diagnoses)).toEqual([['flipped', at, 1]]);
    expect(diagnoses[0]?.damage[0]?.bits?.bitsInWord).toEqual([8 * (at % 8) + 4]);
    expect(diagnoses[0]).toMatchObject({ promise: 'read-back', layer: 'persisted' });
  });

  test('a write that was acknowledged and lost: the generation before is still there', async () => {
    const { diagnoses } = await planted(
      1,
      (path, bytes, earlier) => {
        bytes.set((earlier[0] as Uint8Array).subarray(IO, 2 * IO), IO);
        rewritten(path, bytes);
      },
      { rewrite: 'in-place' },
    );
    expect(rangesOf(diagnoses)).toEqual([['stale', IO, IO]]);
  });

  test('a part that never came: zeros of exactly its length', async () => {
    const { diagnoses } = await planted(0, (path, bytes) => {
      bytes.fill(0, 2 * IO, 3 * IO);
      rewritten(path, bytes);
    });
    expect(rangesOf(diagnoses)).toEqual([['zeroed', 2 * IO, IO]]);
  });

  test('two parts that changed places', async () => {
    const { diagnoses } = await planted(0, (path, bytes) => {
      const part = bytes.slice(0, IO);
      bytes.copyWithin(0, IO, 2 * IO);
      bytes.set(part, IO);
      rewritten(path, bytes);
    });
    expect(rangesOf(diagnoses)).toEqual([
      ['misdirected', 0, IO],
      ['misdirected', IO, IO],
    ]);
  });

  test('a file that ends too early is missing its end', async () => {
    const { diagnoses } = await planted(1, (path) => truncateSync(path, 3 * IO + 100));
    const damage = rangesOf(diagnoses);
    expect(damage.every(([kind]) => kind === 'missing')).toBe(true);
    expect(damage[0]?.[1]).toBe(3 * IO + 100);
  });

  test('a part that was left out: the rest moved up, as the length confirms', async () => {
    const { diagnoses } = await planted(0, (path, bytes) => {
      writeFileSync(path, Buffer.concat([bytes.subarray(0, IO), bytes.subarray(2 * IO)]));
    });
    const kinds = new Set(rangesOf(diagnoses).map(([kind]) => kind));
    expect(kinds).toEqual(new Set(['missing', 'shifted']));
  });

  test('a write to the place before is misdirected and no shift', async () => {
    const { diagnoses } = await planted(0, (path, bytes) => {
      bytes.copyWithin(IO, 2 * IO, 3 * IO);
      rewritten(path, bytes);
    });
    expect(rangesOf(diagnoses)).toEqual([['misdirected', IO, IO]]);
  });

  test('a file that is not there though it was acknowledged is damage, not a failure', async () => {
    const { outcome, diagnoses } = await planted(0, (path) => rmSync(path));
    expect(outcome.failures).toEqual([]);
    expect(outcome.tallies).toEqual([{ promise: 'read-back', tries: 1, broken: 1 }]);
    expect(diagnoses[0]?.damage[0]?.kind).toBe('missing');
  });
});

test('a call that fails is a failure with its name, and nothing is accused', async () => {
  const { outcome } = await inDirectory(async (directory) => {
    const actors = new InProcessActors(({ role }) => {
      if (role === 'transfer-write') rmSync(directory, { recursive: true, force: true });
    });
    const setting = settingFor(transfer, { size: SIZE, io: IO }, { directory, actors });
    return { outcome: await transfer.run(setting) };
  });
  expect(outcome.observations).toEqual([]);
  expect(outcome.failures[0]).toMatchObject({ errno: 'ENOENT', file: 'data', actor: 'writer-0' });
});
