// What a capture leaves behind, planted between its last write and the look at it: nothing, a part,
// other bytes. What was acknowledged and is not there is damage; a clean capture says nothing, and
// neither does one that is longer than what was acknowledged when a call of it failed.

import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { diagnose } from '../../src/diagnose/diagnose.ts';
import { judge } from '../../src/diagnose/judge.ts';
import type { Levels } from '../../src/domain/cell.ts';
import type { TrialOutcome } from '../../src/domain/trial.ts';
import { OperationError } from '../../src/medium/operation-error.ts';
import { capture } from '../../src/workload/capture.ts';
import { InProcessActors } from '../fixtures/actors/in-process-actors.ts';
import { inDirectory, settingFor } from '../fixtures/actors/trial-setting.ts';

const SIZE = 262_144;
const IO = 65_536;

/** From how many writes on they are refused; set by a test. */
const refusal = vi.hoisted(() => ({ writesBefore: Number.POSITIVE_INFINITY, errno: 'EACCES' }));

vi.mock('../../src/workload/connections.ts', async (original) => {
  const connections = await original<typeof import('../../src/workload/connections.ts')>();
  return {
    ...connections,
    async connectionTo(address: Parameters<typeof connections.connectionTo>[0]) {
      const connection = await connections.connectionTo(address);
      const { client } = connection;
      const create: typeof client.create = async (path, manner) => {
        const file = await client.create(path, manner);
        let writes = 0;
        return {
          ...file,
          write: (offset, bytes) =>
            writes++ < refusal.writesBefore
              ? file.write(offset, bytes)
              : Promise.reject(new OperationError('write', path, refusal.errno, 'planted', offset)),
        };
      };
      return { ...connection, client: Object.create(client, { create: { value: create } }) };
    },
  };
});

async function captured(
  plant: (path: string) => void,
  levels: Levels = {},
  writesBefore = Number.POSITIVE_INFINITY,
): Promise<TrialOutcome> {
  refusal.writesBefore = writesBefore;
  return inDirectory(async (directory) => {
    let isPlanted = false;
    const actors = new InProcessActors(({ role }) => {
      if (role === 'capture-write' || isPlanted) return;
      isPlanted = true;
      plant(join(directory, 'data'));
    });
    const own = { size: SIZE, io: IO, ...levels };
    return capture.run(settingFor(capture, own, { directory, actors }));
  });
}

const verdictOf = (outcome: TrialOutcome) =>
  judge(outcome, [{ promise: 'read-back', source: 'POSIX' }], null).verdict;
const kindsOf = ({ observations }: TrialOutcome) =>
  observations.flatMap((each) => diagnose(each).damage.map(({ kind }) => kind));

describe('clean', () => {
  test.each([
    {},
    { sync: IO },
    { writer: 'resilient' },
    { writer: 'resilient', sync: 2 * IO, reader: 'same' },
  ])('%j', async (levels) => {
    const outcome = await captured(() => {}, levels);
    expect(verdictOf(outcome)).toBe('clean');
    expect(outcome.capture).toMatchObject({
      plannedBytes: SIZE,
      acknowledgedBytes: SIZE,
      leftBytes: SIZE,
      savedBytes: SIZE,
      outages: 0,
    });
  });
});

describe('planted', () => {
  test('0 bytes are left of a capture that was acknowledged to its end', async () => {
    const outcome = await captured((path) => truncateSync(path, 0));
    expect(verdictOf(outcome)).toBe('damaged');
    expect(kindsOf(outcome)).toContain('missing');
    expect(outcome.capture).toMatchObject({ leftBytes: 0, savedBytes: 0 });
  });

  test('it ended half-way, and what had been acknowledged is gone', async () => {
    const outcome = await captured((path) => truncateSync(path, 1000), {}, 2);
    expect(verdictOf(outcome)).toBe('damaged');
    expect(outcome.failures).toMatchObject([
      { operation: 'write', errno: 'EACCES', offset: 2 * IO },
    ]);
    expect(outcome.capture).toMatchObject({
      acknowledgedBytes: 2 * IO,
      leftBytes: 1000,
      savedBytes: 1000,
    });
  });

  test('a byte is another: it can be saved up to there', async () => {
    const at = IO + 4321;
    const outcome = await captured((path) => {
      const bytes = readFileSync(path);
      bytes[at] = (bytes[at] as number) ^ 1;
      writeFileSync(path, bytes);
    });
    expect(kindsOf(outcome)).toEqual(['flipped']);
    expect(outcome.capture?.savedBytes).toBe(at);
  });
});

describe('near misses', () => {
  test('it ended half-way, and what was acknowledged is there: failed, no damage', async () => {
    const outcome = await captured(() => {}, {}, 3);
    expect(verdictOf(outcome)).toBe('failed');
    expect(outcome.observations).toEqual([]);
    expect(outcome.tallies).toEqual([{ promise: 'read-back', tries: 3, broken: 0 }]);
    expect(outcome.capture).toMatchObject({ acknowledgedBytes: 3 * IO, savedBytes: 3 * IO });
  });

  test('a part of the write that failed came through, and is not held against it', async () => {
    const outcome = await captured((path) => appendFileSync(path, 'more'), {}, 3);
    expect(verdictOf(outcome)).toBe('failed');
    expect(outcome.capture).toMatchObject({ leftBytes: 3 * IO + 4, savedBytes: 3 * IO });
  });

  test('the first write failed: nothing was promised', async () => {
    const outcome = await captured(() => {}, {}, 0);
    expect(verdictOf(outcome)).toBe('failed');
    expect(outcome.capture).toMatchObject({ acknowledgedBytes: 0, leftBytes: 0, savedBytes: 0 });
  });

  test('a resilient writer outlives what its file refuses', async () => {
    const outcome = await captured(() => {}, { writer: 'resilient' }, 3);
    expect(verdictOf(outcome)).toBe('clean');
    expect(outcome.capture).toMatchObject({ outages: 1, savedBytes: SIZE });
  });

  test('and says where it gave up, whose bytes nobody owes beyond what is durable', async () => {
    refusal.errno = 'EIO';
    const outcome = await captured(() => {}, { writer: 'resilient', sync: IO }, 3);
    refusal.errno = 'EACCES';
    expect(verdictOf(outcome)).toBe('failed');
    expect(outcome.failures).toMatchObject([{ operation: 'write', errno: 'EIO', offset: 3 * IO }]);
    expect(outcome.capture).toMatchObject({ acknowledgedBytes: 3 * IO, durableBytes: 3 * IO });
  });
});
