// For actors: the client libraries of all media take longer to load than a trial on a mounted file
// system takes, and on an emulated processor half a minute. An actor loads them when it connects.

import type { ConnectOptions, MediumConnection } from '../domain/medium.ts';

/** As `connectMedium` of media.ts. */
export async function connectOnDemand(
  url: string,
  options?: ConnectOptions,
): Promise<MediumConnection> {
  const { connectMedium } = await import('./media.ts');
  return connectMedium(url, options);
}
