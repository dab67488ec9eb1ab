// The channels that need no server keep the contract of channels.

import { channelContract } from './channel-contract.ts';

for (const level of ['local', 'udp', 'tcp', 'packed:?empty=drop']) {
  channelContract(level, async () => ({ level, stop: async () => undefined }));
}
