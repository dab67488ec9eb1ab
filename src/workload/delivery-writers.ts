// The ways in which writers fill a file that somebody waits for: each is a plan of steps, which one
// actor carries out. `data` is the final name.

import type { Capability } from '../domain/medium.ts';

/** The name for which everybody waits. */
export const DELIVERED = 'data';

export const DELIVERY_WRITERS = [
  'sequential',
  'parallel',
  'out-of-order',
  'preallocated',
  'sparse',
  'append',
  'trailer',
  'early-marker',
  'rename',
  'multipart',
  'command',
] as const;

export type DeliveryWriter = (typeof DELIVERY_WRITERS)[number];

export interface WriterManner {
  /** Written under this name first. */
  readonly name: string;
  readonly order: 'sequential' | 'random';
  /** Several parts are under way at a time. */
  readonly isParallel: boolean;
  /** The last part is written once all others are acknowledged, as the footer of ZIP or Parquet. */
  readonly endsLast: boolean;
  /** The marker is written before the last part, and not after the file. */
  readonly marksEarly: boolean;
  /** The length is set before the first part. */
  readonly isPreallocated: boolean;
  /** Every second part is a hole. */
  readonly isSparse: boolean;
  /** The file is opened and closed for each part. */
  readonly reopens: boolean;
  readonly needs: readonly Capability[];
}

const PLAIN: WriterManner = {
  name: DELIVERED,
  order: 'sequential',
  isParallel: false,
  endsLast: false,
  marksEarly: false,
  isPreallocated: false,
  isSparse: false,
  reopens: false,
  needs: [],
};

export const WRITER_MANNERS: Readonly<Record<DeliveryWriter, WriterManner>> = {
  sequential: PLAIN,
  parallel: { ...PLAIN, isParallel: true },
  'out-of-order': { ...PLAIN, isParallel: true, order: 'random' },
  preallocated: { ...PLAIN, isPreallocated: true, needs: ['randomWrites'] },
  sparse: { ...PLAIN, isSparse: true, needs: ['randomWrites'] },
  append: { ...PLAIN, reopens: true, needs: ['randomWrites'] },
  trailer: { ...PLAIN, isParallel: true, order: 'random', endsLast: true },
  'early-marker': {
    ...PLAIN,
    endsLast: true,
    marksEarly: true,
    isPreallocated: true,
    needs: ['randomWrites'],
  },
  rename: { ...PLAIN, name: 'data.part', isParallel: true, order: 'random', needs: ['rename'] },
  multipart: { ...PLAIN, isParallel: true, order: 'random', needs: ['multipart'] },
  command: PLAIN,
};
