// The marker that the writers of `delivery` leave: it says what the file holds, whoever wrote it
// and in whatever order, and when it is there.

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeMarker } from '../../../src/delivery/marker.ts';
import { createBench } from '../../../src/trial/actor-service.ts';
import { boardSlots } from '../../../src/workload/delivery-board.ts';
import { deliveryOrigin, deliveryWrite } from '../../../src/workload/delivery-write.ts';
import { DELIVERY_WRITERS, type DeliveryWriter } from '../../../src/workload/delivery-writers.ts';
import { HUNT } from '../../fixtures/actors/trial-setting.ts';

const PART = 4096;
const PARTS = 8;
const SIZES = { sizeBytes: PARTS * PART, partBytes: PART };
const STREAM = { hunt: HUNT, file: 8, writer: 0, fileBytes: 0, blockBytes: PART } as const;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'heisenwrite-delivery-marker-'));
  for (const each of ['store', 'origin']) mkdirSync(join(root, each));
});

afterEach(() => rmSync(root, { recursive: true }));

interface Order {
  readonly pattern?: 'stamp' | 'random';
  readonly marker?: boolean;
  readonly isFromOrigin?: boolean;
}

async function written(
  writer: DeliveryWriter,
  { pattern = 'stamp', marker = true, isFromOrigin = false }: Order = {},
): Promise<void> {
  const medium = { url: pathToFileURL(root).href, options: {} };
  const stream = { ...STREAM, pattern };
  const bench = createBench('writer-0');
  const origin = { medium, path: '/origin/data' };
  if (isFromOrigin) await deliveryOrigin({ origin, stream, ...SIZES }, bench);
  const { failures } = await deliveryWrite(
    {
      board: new Int32Array(new SharedArrayBuffer(4 * boardSlots(1))),
      ...{ watchers: 0, medium, folder: '/store', writer, marker, stream, ...SIZES },
      origin: isFromOrigin ? origin : null,
      ...{ inFlight: 4, paceMs: 0, stallMs: 60, seed: 'm' },
    },
    bench,
  );
  expect(failures).toEqual([]);
}

const at = (name: string) => join(root, 'store', name);

function expectAgreement(): void {
  const bytes = readFileSync(at('data'));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const marker = decodeMarker(readFileSync(at('data.ready')));
  expect(marker).toEqual({ name: 'data', bytes: PARTS * PART, sha256 });
  expect(bytes.subarray(0, PART).some((byte) => byte !== 0)).toBe(true);
}

/** A program writes no marker, and a directory has no uploads. */
const MARKING = DELIVERY_WRITERS.filter((one) => one !== 'command' && one !== 'multipart');

test.each(MARKING)('of %s agrees with the file', async (writer) => {
  await written(writer);
  expectAgreement();
});

test('agrees also where the content is random, or comes from another medium', async () => {
  await written('out-of-order', { pattern: 'random' });
  expectAgreement();
  await written('parallel', { isFromOrigin: true });
  expectAgreement();
  expect(readFileSync(at('data'))).toEqual(readFileSync(join(root, 'origin/data')));
});

test('follows the file, but for the writer that marks too early', async () => {
  const afterMs = () => statSync(at('data.ready')).mtimeMs - statSync(at('data')).mtimeMs;
  await written('preallocated');
  expect(afterMs()).toBeGreaterThanOrEqual(0);
  await written('early-marker');
  expect(afterMs()).toBeLessThan(0);
});

test('is not there where nobody asked for it', async () => {
  for (const writer of ['sequential', 'early-marker'] as const) {
    await written(writer, { marker: false });
    expect(readdirSync(join(root, 'store'))).toEqual(['data']);
  }
});
