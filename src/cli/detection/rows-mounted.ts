// The faults of a mount, and what must be said of each: on a directory, where a program has the
// calls of the file system, and on an image file, where it has a device.

import type { DetectionRow, Expected } from './row.ts';
import { AT_OFFSETS, damage, FOUR_WRITES, fails, harmless, rowsOfData } from './rows-of-data.ts';

const MODES = ['buffered', 'direct'] as const;
const rewriting = {
  workload: 'roundtrip',
  factors: { ...FOUR_WRITES, steps: 2, mode: MODES },
  at: AT_OFFSETS,
} as const;

type Factors = DetectionRow['factors'];
const row = (fault: string, expects: Expected, more: Factors = {}): DetectionRow => ({
  fault,
  workload: rewriting.workload,
  factors: { ...rewriting.factors, ...more },
  expects,
});
const SYNCED = { sync: 'fsync' };

export const fileRows: readonly DetectionRow[] = [
  ...rowsOfData(rewriting),
  {
    fault: 'unsynced:start=80ms',
    case: 'a crash in the midst of a capture',
    workload: 'capture',
    factors: { size: 2 ** 22, io: 65_536, stall: 3 },
    counts: ({ length }) => length > 0,
    expects: damage(['zeroed', 'missing'], {
      because: 'the file is as it was at the last sync: what is written later leaves a hole',
    }),
  },
  {
    fault: 'lost:op=truncate,count=1',
    workload: 'roundtrip',
    factors: { size: 2 ** 18, io: 512, steps: 4 },
    expects: damage(['stale']),
  },
  {
    fault: 'lost:op=rename,skip=1',
    workload: 'replace',
    factors: { size: 4096 },
    expects: damage(['stale']),
  },
  {
    fault: 'torn:op=write,bytes=256,skip=1',
    case: 'of a unit that is read meanwhile',
    workload: 'mailbox',
    // A sector, since ext4 tears larger units by itself under a reader (docs/detection.md).
    factors: { unit: 512, time: 100, writer: 'direct', reader: 'direct' },
    expects: damage(['torn']),
  },
  row('short:op=read,offset={middle},count=1', damage(['missing'])),
  row('short:op=write,offset={middle},count=1', harmless('the rest is written by the next call')),
  row('errno:op=write,errno=ENOSPC,offset={middle},count=1', fails('ENOSPC')),
  row('errno:op=read,errno=EIO,offset={middle},count=1', fails('EIO')),
  row('errno:op=open,errno=EACCES,count=1', fails('EACCES')),
  row('errno:op=fsync,errno=EIO,count=1', fails('EIO'), SYNCED),
  row('errno:op=close,errno=EDQUOT,count=1', fails('EDQUOT')),
  row('forwarded:op=write,errno=EIO,offset={middle},count=1', fails('EIO')),
  row('late:errno=EDQUOT,at=close,offset={middle},count=1', fails('EDQUOT')),
  row('late:errno=EIO,at=fsync,offset={middle},count=1', fails('EIO'), SYNCED),
  row('lost:op=fsync,count=1', harmless('only a crash would show it'), SYNCED),
  row('delayed:until=close,count=1', harmless('it is there when the file is closed')),
  row('delayed:until=reversed', harmless('no two writes touch the same bytes before close')),
  row('stale:op=getattr,skip=3,count=1', harmless('the length was the same before')),
  row('latency:time=5ms,jitter=5ms,count=5', harmless('it is late, and right')),
  row('rate:bytes=16MiB', harmless('it is slow, and right')),
];

/** Behind the table and the copy of it, where the data of files are: four writes, and four. */
const DATA = 'offset=520KiB-';

export const blockRows: readonly DetectionRow[] = rowsOfData({
  workload: 'transfer',
  factors: { ...FOUR_WRITES, rewrite: 'in-place' },
  at: {
    first: `${DATA},skip={1..2},count=1`,
    last: `${DATA},skip=3,count=1`,
    again: `${DATA},skip={5..6},count=1`,
    read: `${DATA},skip={1..2},count=1`,
    readAgain: `${DATA},skip={5..6},count=1`,
  },
  isDevice: true,
});
