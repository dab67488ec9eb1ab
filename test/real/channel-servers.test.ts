// Channels behind real servers, each started here on loopback, keep the contract of channels.

import { startCorosync } from '../../src/fleet/corosync.ts';
import { channelContract } from '../conformance/channel-contract.ts';
import { startNats, startRabbit, startRedis } from '../servers/message-servers.ts';

channelContract('cpg', async () => {
  const corosync = await startCorosync();
  return { level: 'cpg', stop: () => corosync.stop() };
}, ['corosync']);

for (const [name, start, requirement] of [
  ['nats', startNats, 'nats-server'],
  ['redis', startRedis, 'redis-server'],
  ['amqp', startRabbit, 'rabbitmq-server'],
] as const) {
  channelContract(name, async () => {
    const server = await start();
    return { level: server.url, stop: () => server.stop() };
  }, [requirement]);
}
