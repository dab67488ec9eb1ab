// The order in which the writers of `delivery` write: the calls that reach a medium are looked at,
// whose writes are acknowledged in another order than they were begun in.

import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import { createBench } from '../../../src/trial/actor-service.ts';
import { boardSlots } from '../../../src/workload/delivery-board.ts';
import { deliveryWrite, partsOf, roundsOf } from '../../../src/workload/delivery-write.ts';
import {
  DELIVERY_WRITERS,
  type DeliveryWriter,
  WRITER_MANNERS,
} from '../../../src/workload/delivery-writers.ts';
import { HUNT } from '../../fixtures/actors/trial-setting.ts';

const medium = vi.hoisted(() => ({ calls: [] as string[], tookMs: (): number => 0 }));

vi.mock('../../../src/medium/media.ts', () => ({
  connectMedium: async () => {
    const note = (call: string) => medium.calls.push(call);
    const file = {
      async write(offset: number) {
        note(`begin ${offset / PART}`);
        await sleep(medium.tookMs());
        note(`end ${offset / PART}`);
      },
      truncate: async (bytes: number) => note(`truncate ${bytes / PART}`),
      close: async () => note('close'),
    };
    const rename = async (from: string, to: string) => note(`rename ${from} ${to}`);
    return { client: { create: async () => file, open: async () => file, rename } };
  },
}));

const PART = 4096;
const PARTS = 8;
const LAST = PARTS - 1;

beforeEach(() => {
  medium.calls = [];
});

async function callsOf(writer: DeliveryWriter, seed: string): Promise<readonly string[]> {
  medium.calls = [];
  const rng = createRng(seed);
  medium.tookMs = () => rng.integer(0, 3);
  const written = await deliveryWrite(
    {
      board: new Int32Array(new SharedArrayBuffer(4 * boardSlots(1))),
      watchers: 0,
      medium: { url: 'fake://', options: {} },
      ...{ folder: '', writer, marker: false, origin: null, seed },
      stream: {
        ...{ hunt: HUNT, file: 8, writer: 0, pattern: 'stamp', fileBytes: 0 },
        blockBytes: PART,
      },
      ...{ sizeBytes: PARTS * PART, partBytes: PART, inFlight: 4, paceMs: 0, stallMs: 5 },
    },
    createBench('writer-0'),
  );
  expect(written.failures).toEqual([]);
  expect(written).toMatchObject({ writes: PARTS, bytesWritten: PARTS * PART, sourceIntact: true });
  return medium.calls;
}

const SEEDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const EACH_ONCE = Array.from({ length: PARTS }, (_, part) => `end ${part}`);

describe('trailer', () => {
  test('the last part is begun once all others are there; each is written once', async () => {
    for (const seed of SEEDS) {
      const calls = await callsOf('trailer', seed);
      expect(calls.filter((call) => call.startsWith('end')).toSorted()).toEqual(EACH_ONCE);
      expect(calls).toHaveLength(2 * PARTS + 1);
      expect(calls.slice(-3)).toEqual([`begin ${LAST}`, `end ${LAST}`, 'close']);
    }
  });

  test('the others are several at a time, in an order that the seed decides', async () => {
    const begun = (calls: readonly string[]) => calls.filter((call) => call.startsWith('begin'));
    const orders = new Set<string>();
    for (const seed of SEEDS) {
      const calls = await callsOf('trailer', seed);
      expect(calls.slice(0, 2).every((call) => call.startsWith('begin'))).toBe(true);
      orders.add(begun(calls).join());
    }
    expect(orders.size).toBeGreaterThan(4);
  });

  test('out of order alone, the last part is written anywhere', async () => {
    const ends: boolean[] = [];
    for (const seed of SEEDS) {
      const calls = await callsOf('out-of-order', seed);
      expect(calls.filter((call) => call.startsWith('end')).toSorted()).toEqual(EACH_ONCE);
      ends.push(calls.indexOf(`begin ${LAST}`) === calls.length - 3);
    }
    expect(ends).toContain(false);
  });
});

test('rounds hold each part once, and the last one stands alone where it is to be last', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...DELIVERY_WRITERS),
      fc.integer({ min: 1, max: 40 }),
      fc.string(),
      (writer, parts, seed) => {
        const sizes = { writer, sizeBytes: parts * PART, partBytes: PART };
        const [first = [], ends = []] = roundsOf({ ...sizes, seed });
        expect(roundsOf({ ...sizes, seed })).toEqual([first, ends]);
        expect([...first, ...ends].toSorted((a, b) => a - b)).toEqual(partsOf(sizes));
        const standsAlone = ['trailer', 'early-marker'].includes(writer);
        expect(ends).toEqual(standsAlone ? [parts - 1] : []);
        if (WRITER_MANNERS[writer].order === 'random') return;
        expect([...first, ...ends]).toEqual(partsOf(sizes));
      },
    ),
  );
});
