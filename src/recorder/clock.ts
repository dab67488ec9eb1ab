// The clocks of the recorder, here because it is used without src/base. `hrtime` is
// CLOCK_MONOTONIC on Linux, so the recordings of one host since one boot share it without a
// correction. Stored straight into a BigUint64Array, its BigInt is never made (V8 keeps 64 bits).

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** CLOCK_MONOTONIC, ns. */
export const readClockNs: () => bigint = process.hrtime.bigint;

/** Milliseconds since 1970; only to say when a recording was begun. */
export function wallMs(): number {
  return Date.now();
}

/** Names the clock: two recordings of one domain can be merged without an offset. */
export function clockDomain(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return hostname();
  }
}
