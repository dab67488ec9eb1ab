// Channels behind real servers, each started here on loopback, keep the contract of channels.

import { startCorosync } from '../../src/fleet/corosync.ts';
import { channelContract } from '../conformance/channel-contract.ts';

channelContract('cpg', async () => {
  const corosync = await startCorosync();
  return { level: 'cpg', stop: () => corosync.stop() };
}, ['corosync']);
