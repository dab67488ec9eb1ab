// Writing a recording of a given size, and reading it with a filter and with a match in columns, in
// a process of its own: records for each second of processor time, and the greatest memory.
// reading-side.ts write FILE SLOTS, or reading-side.ts filter|events FILE

import { openRecorder, openRecordings } from '../../src/recorder/index.ts';
import { processSpentNs } from './spent-time.ts';

const [what, file, slots] = process.argv.slice(2) as [string, string, string];

function write(count: number): object {
  const { record, close } = openRecorder({
    ...{ path: file, slots: count, clock: {} },
    events: {
      sent: [
        ['id', 'u32'],
        ['length', 'u32', 'bytes'],
        ['to', 'u32'],
      ],
    },
  });
  for (let id = 0; id < count; id++) record.sent(id, id % 1500, id % 7);
  close();
  return {};
}

/** Sums over the records that a condition on two fields and the time selects. */
function filter(): object {
  const recordings = openRecordings([file]);
  let [selected, total] = [0, 0];
  const from = process.cpuUsage();
  const { records } = recordings.scan(0, 'sent', ({ length, timeNs, fields }) => {
    const { length: lengths, to } = fields as Record<'length' | 'to', Uint32Array>;
    for (let index = 0; index < length; index++) {
      if (to[index] !== 3 || (lengths[index] as number) < 1000) continue;
      if ((timeNs[index] as bigint) < 0n) continue;
      selected++;
      total += lengths[index] as number;
    }
  });
  return rate(records, from, { selected, total });
}

function events(): object {
  const recordings = openRecordings([file]);
  const from = process.cpuUsage();
  let records = 0;
  for (const { fields } of recordings.events()) if ((fields.to as number) < 7) records++;
  return rate(records, from, {});
}

function rate(records: number, from: NodeJS.CpuUsage, more: object): object {
  const perSecond = records / (processSpentNs(from) / 1e9);
  const residentMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  return { records, perSecond, residentMiB, ...more };
}

const run = { write: () => write(Number(slots)), filter, events }[what];
if (!run) throw new Error(`no such work: ${what}`);
console.log(JSON.stringify(run()));
