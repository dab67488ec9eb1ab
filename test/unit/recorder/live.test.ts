// Recordings that are read while threads write them at full speed, and several writers at once.

import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { openRecordings } from '../../../src/recorder/index.ts';
import { readAll, recordingFolder } from '../../fixtures/recorder/recording-folder.ts';

const THREAD = new URL('../../fixtures/recorder/stepping-thread.ts', import.meta.url);

async function startThread(path: string, slots: number, steps: number) {
  const stop = new SharedArrayBuffer(4);
  const worker = new Worker(THREAD, { workerData: { path, slots, steps, stop } });
  const numbers: number[] = [];
  worker.on('message', (message) => {
    if (typeof message === 'number') numbers.push(message);
  });
  const ended = once(worker, 'exit');
  await once(worker, 'message');
  return async () => {
    Atomics.store(new Int32Array(stop), 0, 1);
    await ended;
    return numbers[0] as number;
  };
}

it.each([
  // Hardly larger than what is written during a copy, and larger than a piece that is read.
  [8],
  [300],
  [40_000],
])('a ring of %i that is written meanwhile gives only whole records, in order', async (slots) => {
  const path = join(recordingFolder(), 'live.hwrec');
  const end = await startThread(path, slots, 0);
  const recordings = openRecordings([path]);
  let [seen, columnsSeen, newest] = [0, 0, -1];
  const rounds = slots > 1000 ? 12 : 400;
  // A writer at full speed may be round before a reader that shares its processor has read a piece.
  const nothingSeen = () => slots > 8 && Math.min(seen, columnsSeen) === 0;
  for (let round = 0; round < rounds || (nothingSeen() && round < 20 * rounds); round++) {
    let before = -1;
    for (const { sequence, fields } of recordings.events()) {
      const whole =
        fields.number === sequence &&
        fields.twice === 2n * BigInt(sequence) &&
        fields.text === `${sequence} `.repeat(4).slice(0, 40) &&
        sequence > before;
      if (!whole) expect({ sequence, fields, before }).toBe('a whole record');
      before = sequence;
      seen++;
    }
    recordings.scan(0, 'step', ({ length, sequence, fields }) => {
      const { number, twice } = fields as { number: Uint32Array; twice: BigUint64Array };
      for (let index = 0; index < length; index++) {
        const whole =
          number[index] === sequence[index] && Number(twice[index]) === 2 * Number(number[index]);
        if (!whole) expect([sequence[index], number[index], twice[index]]).toBe('whole');
        columnsSeen++;
      }
    });
    const { written, overwritten } = recordings.headers[0]?.counts ?? {
      written: 0,
      overwritten: 0,
    };
    expect(written).toBeGreaterThanOrEqual(newest);
    expect(written - overwritten).toBeLessThanOrEqual(slots);
    newest = written;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const steps = await end();
  recordings.close();
  expect(readAll(path).headers[0]).toMatchObject({
    closed: true,
    counts: { written: steps, torn: 0 },
  });
  expect(newest).toBeLessThanOrEqual(steps);
  expect(nothingSeen()).toBe(false);
});

it('four threads, each with a ring of its own, lose nothing that is not counted', async () => {
  const folder = recordingFolder();
  const steps = 30_000;
  const ends = await Promise.all(
    [0, 1, 2, 3].map((thread) => startThread(join(folder, `${thread}.hwrec`), 20_000, steps)),
  );
  expect(await Promise.all(ends.map((end) => end()))).toEqual([steps, steps, steps, steps]);
  const { headers, events } = readAll(folder);
  const counts = { written: steps, overwritten: 10_000, dropped: 0, torn: 0 };
  expect(headers.map((header) => header.counts)).toEqual([counts, counts, counts, counts]);
  expect(new Set(headers.map(({ writer }) => writer)).size).toBe(4);
  expect(headers.every(({ thread, writer }) => writer.endsWith(`/${thread}`))).toBe(true);
  const next = [10_000, 10_000, 10_000, 10_000];
  let before = 0n;
  for (const { recording, fields, timeNs } of events) {
    const number = next[recording] as number;
    if (fields.number !== number || timeNs < before) {
      expect({ recording, fields, timeNs }).toBe(`step ${number} not before ${before}`);
    }
    next[recording] = number + 1;
    before = timeNs;
  }
  expect(next).toEqual([steps, steps, steps, steps]);
});
