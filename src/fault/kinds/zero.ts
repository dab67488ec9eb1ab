// A range of the data of one call becomes zeros, as a hole or a page that was never filled has it.

import type { Fault } from '../../domain/fault.ts';

/**
 * Changes `data` in place.
 * @returns what was changed, for the receipt: `bytes 0 to 4096 = 0`
 */
export function zero(data: Uint8Array, { values }: Fault): string {
  const from = Math.min(Number(values.at ?? 0), data.length);
  const to = Math.min(from + Number(values.bytes ?? data.length), data.length);
  data.fill(0, from, to);
  return from === to ? `nothing: the data end at ${data.length}` : `bytes ${from} to ${to} = 0`;
}
