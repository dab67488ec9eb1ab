// Writing a recording of a given size, and reading it with a filter and with a match in columns, in
// a process of its own: records for each second of processor time, and the greatest memory.
// reading-side.ts write FILE SLOTS, or reading-side.ts filter|events FILE; for a match of all that
// was sent with all that was received, half of SLOTS each, write-messages and match.

import { matchMessages, openRecorder, openRecordings } from '../../src/recorder/index.ts';
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

const MESSAGE = [
  ['id', 'u32'],
  ['length', 'u32', 'bytes'],
  ['to', 'u32'],
] as const;

const receivedFile = `${file}.received`;

/** Every thousandth message is lost. */
function writeMessages(count: number): object {
  const half = Math.floor(count / 2);
  const ring = { slots: half, clock: {} };
  const sender = openRecorder({ path: file, ...ring, events: { sent: MESSAGE } });
  const receiver = openRecorder({ path: receivedFile, ...ring, events: { received: MESSAGE } });
  for (let id = 0; id < half; id++) {
    sender.record.sent(id, id % 1500, id % 7);
    if (id % 1000 !== 0) receiver.record.received(id, id % 1500, id % 7);
  }
  sender.close();
  receiver.close();
  return {};
}

function match(): object {
  const recordings = openRecordings([file, receivedFile]);
  const from = process.cpuUsage();
  const { sent, delivered, lost } = matchMessages(recordings, {
    sent: { event: 'sent', fields: ['id'] },
    received: { event: 'received', fields: ['id'] },
    ...{ delivery: null, lateNs: null, underWayNs: null, findingsMax: 20 },
  });
  return rate(sent + delivered, from, { sent, lost });
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

const run = {
  write: () => write(Number(slots)),
  'write-messages': () => writeMessages(Number(slots)),
  filter,
  match,
  events,
}[what];
if (!run) throw new Error(`no such work: ${what}`);
console.log(JSON.stringify(run()));
