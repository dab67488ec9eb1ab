// `heisenwrite proxy tcp`: a connection that is slow, sliced, refused or broken, whatever is spoken
// on it. `write` is what the client sends, `read` what the server sends, `connect` the beginning.

import { HeisenwriteError } from '../../domain/errors.ts';
import type { Fault, PlantableFaults } from '../../domain/fault.ts';
import { connectionAdmission } from '../connection-admission.ts';
import type { FaultProxy, ProxySettings, RunningProxy } from '../fault-proxy.ts';
import { type Joint, startRelay } from '../relay.ts';
import { type Ending, Lane } from './lane.ts';
import { LanePlanner } from './planned-chunk.ts';

const PLANTABLE: PlantableFaults = {
  errno: ['connect'],
  latency: ['connect', 'read', 'write'],
  rate: ['read', 'write'],
  slice: ['read', 'write'],
  cut: ['read', 'write'],
  reset: ['connect', 'read', 'write'],
  'half-close': ['read', 'write'],
  dropped: ['read', 'write'],
};

/** What a proxy that has accepted can still make a client see. */
const REFUSALS = ['ECONNREFUSED', 'ECONNRESET'];

export const tcpProxy: FaultProxy = { plantable: PLANTABLE, admit, start };

function admit({ kind, values, text }: Fault): void {
  if (kind === 'errno' && !REFUSALS.includes(String(values.errno))) {
    const message = `${text}: a connection can only be refused (errno=ECONNREFUSED)`;
    throw new HeisenwriteError('invalid-fault', message);
  }
  if ((kind === 'rate' || kind === 'slice') && values.bytes === 0) {
    throw new HeisenwriteError('invalid-fault', `${text}: nothing would ever pass`, {
      remedy: 'give bytes from 1 on; to swallow what is sent, use dropped',
    });
  }
}

async function start(settings: ProxySettings): Promise<RunningProxy> {
  const { faults, rng } = settings;
  const bytes = { read: 0, write: 0 };
  let connection = 0;
  const relay = await startRelay(settings, {
    admit: connectionAdmission(faults, rng.fork('connect')),
    joined: (joint) => {
      const laneRng = rng.fork(++connection);
      for (const operation of ['write', 'read'] as const) {
        const planner = new LanePlanner(operation, faults, laneRng.fork(operation));
        const [source, target] = ends(joint, operation);
        const reads = operation === 'write' ? joint.fromClient : joint.fromServer;
        new Lane({ source, reads, target }, planner, {
          taken: (count) => {
            bytes[operation] += count;
          },
          end: (ending) => end(joint, operation, ending),
        });
      }
    },
  });
  return {
    listening: relay.listening,
    counts: () => ({
      connections: relay.connections(),
      bytesWritten: bytes.write,
      bytesRead: bytes.read,
    }),
    close: relay.close,
  };
}

type Ends = Pick<Joint, 'client' | 'server'>;

/** Source and target of what an operation moves. */
function ends({ client, server }: Ends, operation: 'read' | 'write') {
  return operation === 'write' ? ([client, server] as const) : ([server, client] as const);
}

function end({ client, server }: Ends, operation: 'read' | 'write', ending: Ending): void {
  if (ending === 'reset') {
    client.resetAndDestroy();
    server.resetAndDestroy();
  } else if (ending === 'half-close') {
    ends({ client, server }, operation)[1].end();
  } else {
    client.end();
    server.end();
    // Neither may go on in the other direction, and what they still send is of no use.
    client.destroySoon();
    server.destroySoon();
  }
}
