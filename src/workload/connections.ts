// The connections of one actor, which stay up across trials, as a mounted file system does. Every
// actor has its own, so that a reader that is another actor is a second client.

import type { MediumAddress, MediumConnection } from '../domain/medium.ts';
import { connectMedium } from '../medium/media.ts';
import { recordedClient } from '../medium/recorded-client.ts';

const connections = new Map<string, Promise<MediumConnection>>();

/** @throws as `MediumAdapter.connect` */
export function connectionTo({ url, options }: MediumAddress): Promise<MediumConnection> {
  const known = connections.get(url);
  if (known) return known;
  const connecting = connectMedium(url, options).then((made) => ({
    client: recordedClient(made.client),
    capabilities: made.capabilities,
    facts: made.facts,
    freeBytes: () => made.freeBytes(),
  }));
  connections.set(url, connecting);
  connecting.catch(() => connections.delete(url));
  return connecting;
}

/** After a failed call: whether the connection still works is not known, so it is made anew. */
export async function giveUpConnection({ url }: MediumAddress): Promise<void> {
  const known = connections.get(url);
  connections.delete(url);
  const connection = await known?.catch(() => null);
  await connection?.client.close();
}
