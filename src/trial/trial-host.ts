// Where a trial runs: on the host that its cell names, or here. The flow of a trial is the same for
// both.

import type { HostRequest, Hosts, TrialHost } from '../domain/hosts.ts';
import type { ActorPool } from './actor-pool.ts';

/** @param hosts none where the hunt has only this machine */
export async function enterHost(
  hosts: Hosts | undefined,
  request: HostRequest,
  actors: ActorPool,
): Promise<TrialHost> {
  return (await hosts?.enter(request)) ?? here(request.directory, actors);
}

function here(directory: string, actors: ActorPool): TrialHost {
  return {
    actors,
    directory,
    limit: (limitMs) => actors.limit(limitMs),
    leave: async (outcome) => {
      if (outcome.observations.length > 0) await actors.gatherRecordings();
      return outcome;
    },
    abandon: async () => undefined,
  };
}
