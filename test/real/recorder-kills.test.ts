// Real processes that record as fast as they can and are ended at a random moment: by SIGKILL, by
// SIGABRT and SIGSEGV from outside, by abort() and by a real wild access. No whole record may be
// missing from what they leave, and none may be there that was not recorded.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRng, freshSeed } from '../../src/base/rng.ts';
import {
  type EndedWriter,
  endAndRead,
  type FoundRing,
  inTurns,
} from '../fixtures/recorder/ended-writers.ts';
import { ROOT } from '../tidy/repository.ts';
import { requireOrSkip } from './requirements.ts';

const NODE_KILLS = 400;
const C_KILLS = 700;
const SIGNALS = ['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGABRT', 'SIGSEGV'] as const;
/** From a ring that is overwritten at every event to one that is hardly ever full. */
const SLOTS = [...Array(5).fill([1, 2, 7, 64, 500]).flat(), 65_536];
const NODE_WRITER = join(ROOT, 'test/fixtures/recorder/ending-writer.ts');
const C_WRITER = join(ROOT, 'test/fixtures/recorder/c-writer.c');

const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const folder = mkdtempSync(join(parent, 'heisenwrite-kills-'));
const compiled = join(folder, 'c-writer');
const environment = { NODE_COMPILE_CACHE: join(folder, 'compile-cache') };

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a ring whose writer was ended', () => {
  const seed = freshSeed();
  const rng = createRng(seed);

  const nodeWriter = (index: number, steps = 0, end = 'exit') => {
    const [ring, board] = [join(folder, `n${index}.hwrec`), join(folder, `n${index}-board`)];
    const slots = rng.pick(SLOTS);
    const clock = rng.pick(['each', 'tick']);
    const given = [ring, board, slots, clock, steps, end].map(String);
    const command = [process.execPath, NODE_WRITER, ...given];
    return { command, environment, ring, board, boardType: 'f64' as const, slots };
  };
  const cWriter = (index: number, steps = 0, end = 'stay') => {
    const [ring, board] = [join(folder, `c${index}.hwrec`), join(folder, `c${index}-board`)];
    const slots = rng.pick(SLOTS);
    const command = [compiled, ring, board, slots, steps, end].map(String);
    return { command, ring, board, boardType: 'u64' as const, slots };
  };
  /** Mostly while it records, sometimes while it starts. */
  const moment = (startMs: number): Pick<EndedWriter, 'signal' | 'waits' | 'afterMs'> => {
    const starting = rng.integer(1, 10) === 1;
    const afterMs = rng.integer(0, starting ? startMs : 3);
    return { signal: rng.pick(SIGNALS), waits: starting ? 'started' : 'ready', afterMs };
  };
  const account = (who: string, found: readonly FoundRing[]) => {
    const sum = (of: (ring: FoundRing) => number) => found.reduce((all, one) => all + of(one), 0);
    console.log(
      `${found.length} kills of ${who}: ${sum((one) => one.written)} events, ` +
        `${sum((one) => one.torn)} half-written, ${sum((one) => one.ahead)} whole but not yet ` +
        `counted, ${sum((one) => (one.begun ? 0 : 1))} before the header (seed ${seed})`,
    );
  };

  it('from TypeScript holds every whole record and no other', async () => {
    const kill = (index: number) => endAndRead({ ...nodeWriter(index), ...moment(200) });
    const found = await inTurns(NODE_KILLS, 4, kill);
    account('Node', found);
    expect(found).toHaveLength(NODE_KILLS);
    expect(found.filter(({ written }) => written > 0).length).toBeGreaterThan(NODE_KILLS / 2);
  });

  it.each(['abort', 'segfault'])('by its own %s, likewise', async (end) => {
    const found = await inTurns(10, 2, (index) => {
      const steps = rng.integer(1, 5000);
      const itself = { signal: null, waits: 'started', afterMs: 0 } as const;
      const writer = nodeWriter(index, steps, end);
      return endAndRead({ ...writer, ...itself }).then((ring) => ({ ...ring, steps }));
    });
    for (const { written, steps, torn } of found) {
      expect({ written, torn }).toEqual({ written: steps, torn: 0 });
    }
  });

  describe('in C, by the documented header', () => {
    beforeAll(() => {
      const include = `-I${join(ROOT, 'docs')}`;
      spawnSync('gcc', ['-O2', '-D_GNU_SOURCE', include, C_WRITER, '-o', compiled]);
    });

    it('holds every whole record and no other', async (context) => {
      requireOrSkip(context, 'gcc');
      const kill = (index: number) => endAndRead({ ...cWriter(index), ...moment(3) });
      const found = await inTurns(C_KILLS, 8, kill);
      account('C', found);
      expect(found).toHaveLength(C_KILLS);
      expect(found.filter(({ written }) => written > 0).length).toBeGreaterThan(C_KILLS / 2);
    });

    it.each(['abort', 'segfault'])('by its own %s, likewise', async (end) => {
      const itself = { signal: null, waits: 'started', afterMs: 0 } as const;
      const found = await inTurns(10, 4, (index) =>
        endAndRead({ ...cWriter(index, 1 + index * 977, end), ...itself }),
      );
      expect(found.map(({ written }) => written).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 10 }, (_, index) => 1 + index * 977),
      );
    });
  });
});
