// One run of ours, in a process of its own: CPU ns an event.
// ours-side.ts each|tick|off|paused FOLDER EVENTS, or threads: four workers at once, each with its
// own ring; then the slowest of them counts, and what their recordings say is checked.

import { join } from 'node:path';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { openRecorder, openRecordings } from '../../src/recorder/index.ts';
import { threadSpentNs } from './spent-time.ts';

const THREADS = 4;
const SLOTS = 65_536;

type Record = (a: number, b: number, c: number) => void;

/** A function of its own, so that V8 compiles it for one recorder. */
function recordEvents(record: Record, events: number): number {
  const from = process.threadCpuUsage();
  for (let event = 0; event < events; event++) record(event, event + 1, event + 2);
  return threadSpentNs(from) / events;
}

function measure(mode: string, path: string, events: number): number {
  const { record, pause } = openRecorder({
    ...{ path, slots: SLOTS, enabled: mode !== 'off' },
    clock: mode === 'tick' ? { everyEvents: 16 } : 'each',
    events: {
      step: [
        ['a', 'i32'],
        ['b', 'i32'],
        ['c', 'i32'],
      ],
    },
  });
  if (mode === 'paused') pause();
  // V8 compiles what it has seen for a while.
  for (let round = 0; round < 3; round++) recordEvents(record.step, 300_000);
  return recordEvents(record.step, events);
}

async function measureThreads(folder: string, events: number): Promise<object> {
  const times = await Promise.all(
    Array.from({ length: THREADS }, (_, index) => {
      const path = join(folder, `thread-${index}.hwrec`);
      const worker = new Worker(new URL(import.meta.url), { workerData: { path, events } });
      return new Promise<number>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
    }),
  );
  const recordings = openRecordings([folder]);
  const counts = recordings.headers.map((header) => header.counts);
  let kept = 0;
  for (const index of counts.keys()) kept += recordings.scan(index, 'step', () => {}).records;
  recordings.close();
  const sum = (of: 'written' | 'overwritten' | 'dropped') =>
    counts.reduce((all, one) => all + one[of], 0);
  const recorded = THREADS * (events + 900_000);
  const uncounted = recorded - kept - sum('overwritten') - sum('dropped');
  return { nsPerEvent: Math.max(...times), recorded, kept, uncounted };
}

if (isMainThread) {
  const [mode, folder, events] = process.argv.slice(2) as [string, string, string];
  const outcome =
    mode === 'threads'
      ? await measureThreads(folder, Number(events))
      : { nsPerEvent: measure(mode, join(folder, `${mode}.hwrec`), Number(events)) };
  console.log(JSON.stringify(outcome));
} else {
  const { path, events } = workerData as { path: string; events: number };
  const { parentPort } = await import('node:worker_threads');
  parentPort?.postMessage(measure('tick', path, events));
}
