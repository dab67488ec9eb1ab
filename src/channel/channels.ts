// All channels, listed by hand, and how a level of `channel` names one: by its short name (`udp`)
// or by an URL (`nats://127.0.0.1:4222`), with options as its query (`udp:?buffer=4096`).

import type { ChannelAdapter } from '../domain/channel.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import { amqpChannel } from './amqp.ts';
import { cpgChannel } from './cpg.ts';
import { localChannel } from './local.ts';
import { natsChannel } from './nats.ts';
import { packedChannel } from './packed.ts';
import { redisChannel } from './redis.ts';
import { tcpChannel } from './tcp.ts';
import { udpChannel } from './udp.ts';

export const CHANNELS: readonly ChannelAdapter[] = [
  localChannel,
  udpChannel,
  tcpChannel,
  packedChannel,
  cpgChannel,
  natsChannel,
  redisChannel,
  amqpChannel,
];

/** An adapter with the URL that a level means. */
export interface NamedChannel {
  readonly adapter: ChannelAdapter;
  readonly url: string;
}

/**
 * @param where the field that names it, for messages
 * @throws HeisenwriteError `unknown-level` for a channel that there is not, an URL that cannot be
 *   read or that has a secret in it, and an option that it does not have
 */
export function channelOf(
  level: string,
  where: string,
  channels: readonly ChannelAdapter[] = CHANNELS,
): NamedChannel {
  const scheme = level.split(':', 1)[0] as string;
  const adapter = channels.find((each) => each.scheme === scheme);
  if (!adapter) {
    const all = channels.map(nameWords).join(', ');
    throw refused(`${where}: there is no channel "${level}" (channels: ${all})`);
  }
  const written = level === scheme ? adapter.fallback : level;
  if (written === null) {
    throw refused(`${where}: ${scheme} needs its server, as ${scheme}://HOST:PORT`);
  }
  const url = URL.parse(written.includes(':') ? written : `${written}:`);
  if (!url) throw refused(`${where}: "${level}" cannot be read as an URL`);
  if (url.password !== '') {
    throw refused(`${where}: a password in an URL would be kept with the evidence`);
  }
  const known = Object.keys(adapter.options);
  const unknown = [...url.searchParams.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const options = known.length === 0 ? 'it has none' : `options: ${known.join(', ')}`;
    throw refused(`${where}: ${scheme} has no option "${unknown}" (${options})`);
  }
  return { adapter, url: url.href };
}

/** How a level names it. */
function nameWords({ scheme, fallback }: ChannelAdapter): string {
  return fallback === null ? `${scheme}://HOST` : scheme;
}

function refused(message: string): HeisenwriteError {
  return new HeisenwriteError('unknown-level', message);
}
