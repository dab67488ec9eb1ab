// The faults that change bytes, for every medium in which a file can be written at any offset: what
// must be said of each depends on whether the place had been written before.

import type { DetectionRow, Expected } from './row.ts';

/** Four writes of a file, so that there are a first one, a last one, and some between. */
export const FOUR_WRITES = { size: 256 * 1024, io: 64 * 1024 } as const;

/** The workload that writes a file, reads it, writes it again over itself and reads it again. */
export interface Rewriting {
  readonly workload: 'roundtrip' | 'transfer';
  readonly factors: DetectionRow['factors'];
  /** Conditions that choose the call: a write in between, the last one, one of the rewrite. */
  readonly at: Readonly<Record<'first' | 'last' | 'again' | 'read' | 'readAgain', string>>;
  /**
   * A file whose last write is lost is short; of a device, the table keeps its length. A file has
   * holes; a device has what was there before.
   */
  readonly isDevice?: true;
}

/** Where a call has the offset in its file. */
export const AT_OFFSETS: Rewriting['at'] = {
  first: 'offset={middle},count=1',
  last: 'offset={last},count=1',
  again: 'offset={middle},skip=1,count=1',
  read: 'offset={middle},count=1',
  readAgain: 'offset={middle},skip=1,count=1',
};

type Damage = Extract<Expected, { outcome: 'damage' }>;

export function damage(
  kinds: Damage['kinds'],
  more: Omit<Damage, 'outcome' | 'kinds'> = {},
): Expected {
  return { outcome: 'damage', kinds, ...more };
}

const HOLE =
  'what was never written reads as zeros: a write that was lost, or its end, inside a new file ' +
  'and zeros that were written are the same bytes';
const FREED =
  'what was never written shows what the place held before: zeros of a new device, or data of a ' +
  "file that was removed, which are another file's";
const AT_REST =
  'of a file at rest no part is meant to be atomic: what is of an older generation is stale, ' +
  'wherever the tear falls; torn is said of a unit that is read while it is rewritten';

export function rowsOfData(rewriting: Rewriting): readonly DetectionRow[] {
  const { workload, factors, at } = rewriting;
  const row = (fault: string, expects: Expected, which?: string): DetectionRow => ({
    fault,
    workload,
    factors,
    expects,
    ...(which !== undefined && { case: which }),
  });
  const part = 'at=4KiB,bytes=8KiB';
  const hole = rewriting.isDevice
    ? damage(['zeroed', 'misdirected'], { because: FREED })
    : damage(['zeroed'], { because: HOLE });
  const end = rewriting.isDevice ? hole : damage(['missing']);
  const [fresh, last, again] = ['of a new file', 'the last of a new file', 'of a rewrite'];
  return [
    row(`flip:op=write,${at.first}`, damage(['flipped'])),
    {
      ...row('flip:op=write,content=ones,mask=0xffffffff,count=1', damage(['flipped'])),
      case: 'half a word of all ones',
      factors: { ...factors, pattern: 'ones' },
    },
    row(`flip:op=read,${at.read}`, damage(['flipped'])),
    row(`zero:op=write,${at.first},${part}`, damage(['zeroed'])),
    row(`zero:op=read,${at.read},${part}`, damage(['zeroed'])),
    row(`lost:op=write,${at.first}`, hole, fresh),
    row(`lost:op=write,${at.last}`, end, last),
    row(`lost:op=write,${at.again}`, damage(['stale']), again),
    row(`torn:op=write,${at.first}`, hole, fresh),
    row(`torn:op=write,${at.last}`, end, last),
    row(`torn:op=write,${at.again}`, damage(['stale'], { because: AT_REST }), again),
    row(`misdirect:op=write,${at.first}`, damage(['misdirected'], { also: ['zeroed'] }), fresh),
    row(`misdirect:op=write,${at.again}`, damage(['misdirected'], { also: ['stale'] }), again),
    row(`misdirect:op=read,${at.read}`, damage(['misdirected'])),
    row(`stale:op=read,${at.readAgain}`, damage(['stale']), again),
  ];
}

/** What is said with an error: the call fails, and no bytes are accused. */
export const fails = (...errnos: readonly string[]): Expected => ({ outcome: 'failure', errnos });
export const harmless = (because: string): Expected => ({ outcome: 'harmless', because });
export const told = (because: string): Expected => ({ outcome: 'told', because });
