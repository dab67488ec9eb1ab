// All that a receiver was handed, as a table that any program reads: a stranger to whom a finding
// was mailed looks for the message that is not in it.

import { decodeDeliveries, messageName } from '../domain/message-stream.ts';
import type { Observation } from '../domain/observation.ts';

/** Rows that a person or a spreadsheet bears; all of them are in evidence.sqlite. */
const ROWS_MAX = 50_000;

/** Null where the observation is of something else. */
export function deliveriesCsv({ expected, bytes }: Observation): string | null {
  if (expected.shape !== 'deliveries') return null;
  const deliveries = decodeDeliveries(bytes);
  const [first] = deliveries;
  const rows = deliveries.slice(0, ROWS_MAX).map((delivery, at) => {
    const { number, lengthBytes, arrivedNs, sentNs } = delivery;
    const { sender, sequence } = messageName(expected.stream, number);
    const name = number < 0 ? ',' : `sender-${sender},${sequence}`;
    const arrived = msOf(arrivedNs - (first?.arrivedNs ?? 0));
    return `${at},${name},${lengthBytes},${arrived},${msOf(arrivedNs - sentNs)}`;
  });
  const head = 'delivery,sender,message,bytes,ms_after_first,ms_after_sent';
  return `${[head, ...rows].join('\n')}\n`;
}

function msOf(ns: number): string {
  return Number.isFinite(ns) ? (ns / 1e6).toFixed(3) : '';
}
