// pino, to a file, as it is meant to be used when speed counts: a destination that gathers lines.
// pino-side.ts FILE EVENTS: ns an event with three integers.

import { destination, pino } from 'pino';
import { processSpentNs } from './spent-time.ts';

const [file, events] = process.argv.slice(2) as [string, string];
const target = destination({ dest: file, sync: true, minLength: 8192 });
const log = pino({ base: null }, target);

function logEvents(count: number): number {
  const from = process.cpuUsage();
  for (let event = 0; event < count; event++) {
    log.info({ a: event, b: event + 1, c: event + 2 }, 'step');
  }
  target.flushSync();
  return processSpentNs(from) / count;
}

logEvents(Number(events) / 4);
console.log(JSON.stringify({ nsPerEvent: logEvents(Number(events)) }));
