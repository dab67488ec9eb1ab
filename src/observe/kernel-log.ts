// Records of /dev/kmsg since a moment, and which of them say that the storage or the memory under a
// place is failing. A hunt on such hardware would find the hardware, not the write that goes wrong.

import { closeSync, constants, openSync, readSync } from 'node:fs';
import { errnoOf } from '../domain/errors.ts';

export interface KernelRecord {
  readonly sequence: number;
  readonly message: string;
}

const KMSG = '/dev/kmsg';
const RECORD_BYTES_MAX = 8192;
/**
 * More than the kernel's buffer can hold; ends the loop on a machine that logs as fast as we
 * read.
 */
const RECORDS_MAX = 200_000;

/** Records with a higher sequence number than `after`, or null where the log may not be read. */
export function kernelRecords(after: number): KernelRecord[] | null {
  let fd: number;
  try {
    fd = openSync(KMSG, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  const records: KernelRecord[] = [];
  const buffer = Buffer.alloc(RECORD_BYTES_MAX);
  try {
    for (let read = 0; read < RECORDS_MAX; read++) {
      const text = nextRecord(fd, buffer);
      if (text === null) break;
      const record = parseRecord(text);
      if (record && record.sequence > after) records.push(record);
    }
    return records;
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}

function nextRecord(fd: number, buffer: Buffer): string | null {
  try {
    const count = readSync(fd, buffer);
    return count === 0 ? null : buffer.toString('utf8', 0, count);
  } catch (error) {
    if (errnoOf(error) === 'EAGAIN') return null;
    // The record was overwritten while it was read; the next read goes on after it.
    if (errnoOf(error) === 'EPIPE') return '';
    throw error;
  }
}

/** `priority,sequence,microseconds,flags;message`, Documentation/ABI/testing/dev-kmsg. */
export function parseRecord(text: string): KernelRecord | null {
  const match = /^\d+,(\d+),\d+,[^;]*;([^\n]*)/.exec(text);
  return match ? { sequence: Number(match[1]), message: match[2] ?? '' } : null;
}

/** Memory and machine errors, whatever the device. */
const MEMORY_TROUBLE =
  /Machine check|\[Hardware Error\]|Memory failure:|EDAC .*\bUE\b|BUG: Bad page/i;

/** Errors that file systems and the block layer report, with the device in the message. */
const STORAGE_TROUBLE = new RegExp(
  [
    'I/O error',
    'critical (?:medium|target|nexus) error',
    'fs error',
    'XFS .*corrupt',
    'BTRFS (?:error|critical)',
    'Remounting filesystem read-only',
    'uncorrectable',
    'lost (?:async|sync) page write',
  ].join('|'),
  'i',
);

/** Messages that mean that what is read on one of `devices` (kernel names) says nothing. */
export function troubleIn(
  records: readonly KernelRecord[],
  devices: readonly string[],
): { readonly here: string[]; readonly elsewhere: string[] } {
  const here: string[] = [];
  const elsewhere: string[] = [];
  for (const { message } of records) {
    if (MEMORY_TROUBLE.test(message)) here.push(message);
    else if (STORAGE_TROUBLE.test(message)) {
      (devices.some((device) => namesDevice(message, device)) ? here : elsewhere).push(message);
    }
  }
  return { here, elsewhere };
}

/** `sda` is not named by a message on `sda1` or `sdab`. */
function namesDevice(message: string, device: string): boolean {
  const quoted = device.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\w-])${quoted}(?![\\w-])`).test(message);
}
