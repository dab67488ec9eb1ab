// `heisenwrite proxy nfs`: between any client of NFSv3, 4.0 or 4.1 over TCP and its server. Calls
// have the names of POSIX: COMMIT is fsync, ACCESS of NFSv3 and OPEN are open, REMOVE is unlink.

import { HeisenwriteError } from '../../domain/errors.ts';
import type { Fault, FaultOperation, PlantableFaults } from '../../domain/fault.ts';
import { connectionAdmission } from '../connection-admission.ts';
import type { FaultProxy, ProxySettings, RunningProxy } from '../fault-proxy.ts';
import { startRelay } from '../relay.ts';
import { NfsConnection } from './nfs-connection.ts';
import { ProxiedServer } from './proxied-server.ts';
import { refuseUnknownErrno } from './status.ts';

const CALLS: readonly FaultOperation[] = [
  'write',
  'read',
  'fsync',
  'getattr',
  'setattr',
  'truncate',
  'lookup',
  'open',
  'create',
  'close',
  'readdir',
  'rename',
  'unlink',
  'mkdir',
  'rmdir',
  'link',
];

const PLANTABLE: PlantableFaults = {
  errno: CALLS,
  forwarded: CALLS,
  late: ['write'],
  short: ['write', 'read'],
  flip: ['write', 'read'],
  zero: ['write', 'read'],
  lost: ['write', 'fsync', 'setattr', 'truncate', 'rename', 'unlink', 'rmdir'],
  unsynced: ['write'],
  delayed: ['write'],
  stale: ['read', 'getattr'],
  misdirect: ['write', 'read'],
  torn: ['write'],
  duplicate: CALLS,
  reorder: CALLS,
  dropped: CALLS,
  verifier: ['write', 'fsync'],
  latency: [...CALLS, 'connect'],
  rate: ['write', 'read'],
  slice: CALLS,
  cut: CALLS,
  reset: [...CALLS, 'connect'],
};

/** An RPC record in smaller fragments than this is refused by servers as an attack. */
const SLICE_BYTES_MIN = 4;

export const nfsProxy: FaultProxy = { plantable: PLANTABLE, admit, start };

function admit({ values, text, kind }: Fault): void {
  if (values.errno !== undefined) refuseUnknownErrno(String(values.errno));
  if (kind === 'rate' && values.bytes === 0) {
    throw new HeisenwriteError('invalid-fault', `${text}: nothing would ever pass`, {
      remedy: 'give bytes from 1 on; a call that is never answered is dropped',
    });
  }
  if (kind === 'slice' && Number(values.bytes) < SLICE_BYTES_MIN) {
    const least = `bytes of ${SLICE_BYTES_MIN} or more`;
    throw new HeisenwriteError('invalid-fault', `${text}: fragments of records need ${least}`);
  }
}

async function start(settings: ProxySettings): Promise<RunningProxy> {
  const proxied = new ProxiedServer(settings);
  const relay = await startRelay(settings, {
    admit: connectionAdmission(settings.faults, settings.rng.fork('connect')),
    joined: (joint) => void new NfsConnection(joint, proxied),
  });
  return {
    listening: relay.listening,
    counts: () => ({ connections: relay.connections(), ...proxied.counts }),
    async close() {
      proxied.close();
      await relay.close();
    },
  };
}
