// How much of a call is carried out where only its first bytes are: short writes and reads, which
// say so, and torn writes, which do not.

import type { Rng } from '../../base/rng.ts';
import type { Fault } from '../../domain/fault.ts';

const SECTOR_BYTES = 512;

/** Whether a call of this length has a part that is shorter and not nothing. */
export function hasPart({ values }: Fault, length: number): boolean {
  return values.bytes === undefined ? length > 1 : Number(values.bytes) < length;
}

/** Bytes, fewer than `length`: as given, or half. */
export function shortLength({ values }: Fault, length: number): number {
  return Number(values.bytes ?? Math.floor(length / 2));
}

/** Bytes, fewer than `length`: as given, or a random number of whole sectors, as disks tear. */
export function tornLength({ values }: Fault, length: number, rng: Rng): number {
  if (values.bytes !== undefined) return Number(values.bytes);
  if (length <= SECTOR_BYTES) return rng.integer(1, length - 1);
  return rng.integer(1, Math.ceil(length / SECTOR_BYTES) - 1) * SECTOR_BYTES;
}
