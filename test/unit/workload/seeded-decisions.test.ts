// A seed fixes and changes the decisions of a trial, from end to end: the calls that reach the
// medium are compared, not the plan of them.

import { beforeEach, expect, test, vi } from 'vitest';
import type { Levels } from '../../../src/domain/cell.ts';
import { OFFSET_GENERATION } from '../../../src/stamp/layout.ts';
import { append } from '../../../src/workload/append.ts';
import { roundtrip } from '../../../src/workload/roundtrip.ts';
import { InProcessActors } from '../../fixtures/actors/in-process-actors.ts';
import { inDirectory, settingFor } from '../../fixtures/actors/trial-setting.ts';

const io = vi.hoisted(() => ({ calls: [] as string[] }));

vi.mock('../../../src/medium/file.ts', async (original) => {
  const file = await original<typeof import('../../../src/medium/file.ts')>();
  return {
    ...file,
    writeOnce: (...of: Parameters<typeof file.writeOnce>) => {
      const [, , buffer, at, length, offset] = of;
      const header = new DataView(buffer.buffer, buffer.byteOffset + at);
      const generation = header.getBigUint64(OFFSET_GENERATION, true);
      io.calls.push(`write ${offset} ${length} ${generation}`);
      file.writeOnce(...of);
    },
    truncateFile: (fd: number, path: string, length: number) => {
      io.calls.push(`truncate ${length}`);
      file.truncateFile(fd, path, length);
    },
  };
});

beforeEach(() => {
  io.calls = [];
});

async function ioOf(seed: string, levels: Levels): Promise<string[]> {
  io.calls = [];
  await inDirectory((directory) =>
    roundtrip.run(
      settingFor(roundtrip, levels, { directory, actors: new InProcessActors(), seed }),
    ),
  );
  return io.calls;
}

const RANDOM: Levels = { size: 262_144, io: 4096, order: 'random', writers: 2 };

test('one seed: the same I/Os in the same order; another seed: others', async () => {
  const first = await ioOf('a', RANDOM);
  expect(first.length).toBeGreaterThan(2 * 64);
  expect(await ioOf('a', RANDOM)).toEqual(first);
  expect(await ioOf('b', RANDOM)).not.toEqual(first);
});

test('in sequential order too the seed decides what is rewritten and cut', async () => {
  const sequential = { ...RANDOM, order: 'sequential', writers: 1 };
  const cuts = new Set<string>();
  for (const seed of ['a', 'b', 'c', 'd', 'e', 'f']) {
    const calls = await ioOf(seed, sequential);
    expect(await ioOf(seed, sequential)).toEqual(calls);
    cuts.add(calls.filter((call) => call.startsWith('truncate')).join());
  }
  expect(cuts.size).toBeGreaterThan(3);
});

test('append has no decisions to make: its I/Os do not depend on the seed', async () => {
  const calls: string[][] = [];
  for (const seed of ['a', 'b']) {
    io.calls = [];
    await inDirectory((directory) => {
      const levels = { writers: 2, records: 5 };
      const actors = new InProcessActors();
      return append.run(settingFor(append, levels, { directory, actors, seed }));
    });
    calls.push(io.calls);
  }
  expect(calls[0]).toEqual(calls[1]);
  expect(calls[0]?.length).toBe(10);
});
