// The looks again through clients: by the same connection, and by a new one, which shares no cache
// with it. A client library has neither a page cache to drop nor O_DIRECT.

import { monotonicNs } from '../base/clock.ts';
import { wrongSeen } from '../base/recorded-calls.ts';
import type { MediumAddress, MediumClient } from '../domain/medium.ts';
import type { Reread } from '../domain/observation.ts';
import { connectMedium } from '../medium/media.ts';

export interface ClientWindow {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** Never rejects: a look that is not possible says why. */
export async function rereadByClients(
  client: MediumClient,
  address: MediumAddress,
  window: ClientWindow,
): Promise<Reread[]> {
  const same = await look('same-descriptor', window, async () => client);
  wrongSeen();
  return [
    same,
    await look('second-client', window, async () => {
      const { client: second } = await connectMedium(address.url, address.options);
      return second;
    }),
  ];
}

async function look(
  how: Reread['how'],
  { path, offset, length }: ClientWindow,
  connect: () => Promise<MediumClient>,
): Promise<Reread> {
  const atNs = String(monotonicNs());
  let client: MediumClient | null = null;
  try {
    client = await connect();
    const into = new Uint8Array(length);
    let got = 0;
    while (got < length) {
      const count = await client.read(path, offset + got, into.subarray(got));
      if (count === 0) break;
      got += count;
    }
    const fileBytes = (await client.length(path)) ?? -1;
    return { how, atNs, outcome: 'read', bytes: into.slice(0, got), fileBytes };
  } catch (error) {
    return { how, atNs, outcome: 'not-possible', note: (error as Error).message };
  } finally {
    if (how === 'second-client') await client?.close();
  }
}
