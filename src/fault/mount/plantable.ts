// What a mount can plant, and in which calls.

import { HeisenwriteError } from '../../domain/errors.ts';
import type { Fault, FaultOperation, PlantableFaults } from '../../domain/fault.ts';
import { admitErrno } from '../kinds/errno.ts';

const CHANGING = [
  'open',
  'create',
  'write',
  'fsync',
  'close',
  'setattr',
  'truncate',
  'rename',
  'unlink',
  'mkdir',
  'rmdir',
  'link',
] as const satisfies readonly FaultOperation[];
const EVERY = ['read', 'getattr', 'readdir', ...CHANGING] as const;

export const MOUNT_FAULTS: PlantableFaults = {
  errno: EVERY,
  forwarded: CHANGING,
  late: ['write'],
  short: ['write', 'read'],
  flip: ['write', 'read'],
  zero: ['write', 'read'],
  lost: ['write', 'fsync', 'truncate', 'setattr', 'rename', 'unlink'],
  unsynced: ['write'],
  stale: ['read', 'getattr'],
  misdirect: ['write', 'read'],
  torn: ['write'],
  delayed: ['write'],
  latency: EVERY,
  rate: ['write', 'read'],
};

/**
 * Refuses what the table cannot say.
 * @throws HeisenwriteError `invalid-fault`
 */
export function admitToMount(fault: Fault): void {
  admitErrno(fault);
  const { kind, values } = fault;
  if (kind === 'unsynced' && values.signal === undefined && values.start === undefined) {
    throw new HeisenwriteError('invalid-fault', 'unsynced needs the moment of the crash', {
      remedy: 'give a signal (unsynced:signal=SIGUSR1) or a time (unsynced:start=5s)',
    });
  }
}
