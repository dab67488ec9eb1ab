// A saboteur in the mailbox: the real reader polls a real file in its own thread while the test
// writes what a broken medium would show. The clean runs beside them say nothing.

import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { diagnose } from '../../src/diagnose/diagnose.ts';
import type { Levels } from '../../src/domain/cell.ts';
import type { Damage } from '../../src/domain/damage.ts';
import type { Observation, StampStream } from '../../src/domain/observation.ts';
import type { PromiseTally } from '../../src/domain/promise.ts';
import type { TrialOutcome } from '../../src/domain/trial.ts';
import type { Workload } from '../../src/domain/workload.ts';
import { probePlace } from '../../src/medium/probe.ts';
import { encodeBlocks } from '../../src/stamp/reference.ts';
import { ActorPool } from '../../src/trial/actor-pool.ts';
import { append } from '../../src/workload/append.ts';
import { mailbox } from '../../src/workload/mailbox.ts';
import type { MailboxReaderResult } from '../../src/workload/mailbox-roles.ts';
import { replace } from '../../src/workload/replace.ts';
import {
  acknowledge,
  createUnitBoard,
  markStarted,
  runActors,
  stopActors,
} from '../../src/workload/unit-board.ts';
import { DISK, HUNT, inDirectory, settingFor, TMPFS } from '../fixtures/actors/trial-setting.ts';

const UNIT = 4096;
const STREAM: StampStream = {
  hunt: HUNT,
  file: 8,
  writer: 0,
  blockBytes: UNIT,
  pattern: 'stamp',
  fileBytes: 0,
};
const pool = new ActorPool();
afterAll(() => pool.close());

function generation(number: number, stream = STREAM): Uint8Array {
  return encodeBlocks(stream, 0, 1, number, 0n);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

interface Sabotage {
  readonly acknowledged: number;
  readonly started: number;
  /** Changes the file, which holds generation 1, while the reader polls. */
  readonly act: (path: string) => void;
}

interface Seen {
  readonly tallies: ReadonlyMap<string, PromiseTally>;
  readonly observations: readonly Observation[];
  readonly damage: readonly Damage[];
}

/** The reader polls for a while before the sabotage, and after it. */
async function polled(sabotage: Sabotage | null): Promise<Seen> {
  return inDirectory(async (directory) => {
    const path = join(directory, 'mailbox-0');
    writeFileSync(path, generation(1));
    // Its thread is up before the clock of the sabotage starts.
    await pool.call('reader-0', 'roundtrip-release', {});
    const board = createUnitBoard(1);
    markStarted(board, 0, 1);
    acknowledge(board, 0, 1);
    const reading = pool.call<MailboxReaderResult>('reader-0', 'mailbox-read', {
      board,
      regions: [{ path, file: 'mailbox-0', stream: STREAM }],
      unitBytes: UNIT,
      chunkBytes: UNIT,
      writerMode: 'buffered',
      readerMode: 'buffered',
      program: 'builtin',
      stallMs: 0,
    });
    runActors(board);
    await sleep(100);
    if (sabotage) {
      markStarted(board, 0, sabotage.started);
      sabotage.act(path);
      acknowledge(board, 0, sabotage.acknowledged);
    }
    await sleep(100);
    stopActors(board);
    const { observations, tallies, failures } = await reading;
    expect(failures).toEqual([]);
    return {
      observations,
      tallies: new Map(tallies.map((tally) => [tally.promise, tally])),
      damage: observations.flatMap((observation) => diagnose(observation).damage),
    };
  });
}

/** Of the first observation: the others are the same unit seen again. */
function firstDamage({ observations }: Seen): Damage[] {
  return [...diagnose(observations[0] as Observation).damage];
}

describe('mailbox, sabotaged', () => {
  test('nobody interferes: many reads, no observation', async () => {
    const seen = await polled(null);
    expect(seen.observations).toEqual([]);
    expect(seen.tallies.get('unit-atomic')?.tries).toBeGreaterThan(0);
    expect(seen.tallies.get('unit-atomic')?.broken).toBe(0);
    expect(seen.tallies.get('fresh-read')?.broken).toBe(0);
  });

  test('halves of two generations: torn, at the byte, with both generations', async () => {
    const seen = await polled({
      acknowledged: 1,
      started: 2,
      act: (path) => {
        // In place: a file that is cut first is rightly seen as missing by a quick poll.
        const bytes = joined(generation(2).subarray(0, 2048), generation(1).subarray(2048));
        writeFileSync(path, bytes, { flag: 'r+' });
      },
    });
    const { tries = 0, broken = 0 } = seen.tallies.get('unit-atomic') ?? {};
    expect(broken).toBeGreaterThan(0);
    expect(broken).toBeLessThan(tries);
    // The bytes of the first few are kept, all are counted.
    expect(seen.observations.length).toBe(Math.min(4, broken));
    const [last] = seen.damage.slice(-1);
    expect(last).toMatchObject({ kind: 'torn', offset: 2048, length: 2048 });
    expect(last?.generations).toEqual([
      { generation: 2, offset: 0 },
      { generation: 1, offset: 2048 },
    ]);
    expect(seen.observations.at(-1)?.promise).toBe('unit-atomic');
  });

  test('a tear in the middle of a sector, old part first', async () => {
    const seen = await polled({
      acknowledged: 1,
      started: 2,
      act: (path) => {
        const bytes = joined(generation(1).subarray(0, 1000), generation(2).subarray(1000));
        writeFileSync(path, bytes, { flag: 'r+' });
      },
    });
    expect(seen.damage.at(-1)).toMatchObject({ kind: 'torn', offset: 0, length: 1000 });
  });

  test('an acknowledged write that no read shows: stale, and no tear', async () => {
    const seen = await polled({ acknowledged: 3, started: 3, act: () => {} });
    expect(seen.tallies.get('unit-atomic')?.broken).toBe(0);
    expect(seen.tallies.get('fresh-read')?.broken).toBeGreaterThan(0);
    expect(seen.observations.every(({ promise }) => promise === 'fresh-read')).toBe(true);
    const [damage] = firstDamage(seen);
    expect(damage).toMatchObject({ kind: 'stale', offset: 0, length: UNIT });
    expect(damage?.from?.generation).toBe(1);
  });

  test('the unit is emptied, and cut', async () => {
    const empty = await polled({
      acknowledged: 1,
      started: 2,
      act: (path) => truncateSync(path, 0),
    });
    expect(firstDamage(empty)).toEqual([
      expect.objectContaining({ kind: 'missing', offset: 0, length: UNIT }),
    ]);
    const cut = await polled({
      acknowledged: 1,
      started: 2,
      act: (path) => truncateSync(path, 1536),
    });
    expect(firstDamage(cut)).toEqual([
      expect.objectContaining({ kind: 'missing', offset: 1536, length: UNIT - 1536 }),
    ]);
  });

  test("another mailbox's unit, and a flipped bit, are not called torn", async () => {
    const other = await polled({
      acknowledged: 1,
      started: 2,
      act: (path) => writeFileSync(path, generation(2, { ...STREAM, file: 9 }), { flag: 'r+' }),
    });
    expect(firstDamage(other).map(({ kind }) => kind)).toEqual(['misdirected']);
    const flipped = await polled({
      acknowledged: 1,
      started: 1,
      act: (path) => {
        const bytes = generation(1);
        bytes[3000] = (bytes[3000] as number) ^ 16;
        writeFileSync(path, bytes, { flag: 'r+' });
      },
    });
    expect(firstDamage(flipped)).toEqual([
      expect.objectContaining({ kind: 'flipped', offset: 3000, length: 1 }),
    ]);
  });
});

describe('with real writers', () => {
  async function ran(workload: Workload, levels: Levels, base: string): Promise<TrialOutcome> {
    return inDirectory(
      (directory) => workload.run(settingFor(workload, levels, { directory, actors: pool })),
      base,
    );
  }

  test.each([DISK, TMPFS])('rename on %s: whole and fresh in every read', async (base) => {
    const outcome = await ran(replace, { publish: 'rename', size: 65_536, time: 300 }, base);
    expect(outcome.observations).toEqual([]);
    expect(outcome.failures).toEqual([]);
    for (const promise of ['replace-atomic', 'fresh-read']) {
      const tally = outcome.tallies.find((each) => each.promise === promise);
      expect(tally?.tries).toBeGreaterThan(10);
      expect(tally?.broken).toBe(0);
    }
  });

  test('a mailbox written and read with O_DIRECT in one piece', async (context) => {
    const probed = await inDirectory((directory) => probePlace(join(directory, 'probe')));
    if (probed.directAlignmentBytes === null) {
      context.skip(`O_DIRECT is refused on ${DISK} (${probed.directRefusal})`);
    }
    const levels = { unit: UNIT, writer: 'direct', reader: 'direct', time: 300 };
    const outcome = await ran(mailbox, levels, DISK);
    expect(outcome.observations).toEqual([]);
    expect(outcome.failures).toEqual([]);
    expect(outcome.opportunities.writes).toBeGreaterThan(10);
    expect(outcome.tallies.map(({ broken }) => broken)).toEqual([0, 0]);
  });

  test('a mailbox in chunks with pauses is torn between neighbouring generations', async () => {
    const outcome = await ran(mailbox, { unit: UNIT, chunk: 512, stall: 2, time: 300 }, DISK);
    const tally = outcome.tallies.find((each) => each.promise === 'unit-atomic');
    expect(tally?.broken).toBeGreaterThan(0);
    const borders = outcome.observations.map((observation) => {
      const torn = diagnose(observation).damage.find(({ kind }) => kind === 'torn');
      const [newer, older] = torn?.generations ?? [];
      expect((newer?.generation ?? 0) - (older?.generation ?? 0)).toBe(1);
      return (older?.offset ?? 1) % 512;
    });
    // In a pause; a read that meets the copying of a piece ends where that was, at some word.
    expect(borders.every((at) => at % 8 === 0)).toBe(true);
    expect(borders.filter((at) => at === 0).length).toBeGreaterThan(borders.length / 2);
  });

  test('records appended by four writers', async () => {
    const outcome = await ran(append, { writers: 4, records: 200 }, DISK);
    expect(outcome.observations).toEqual([]);
    expect(outcome.tallies).toEqual([{ promise: 'append-atomic', tries: 800, broken: 0 }]);
  });
});
