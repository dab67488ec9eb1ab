// The hosts of a hunt, put together: guests, with what provokes them.

import { HERE, type Hosts } from '../domain/hosts.ts';
import { GuestHosts } from '../fleet/guest-hosts.ts';
import { toggleExport } from '../provoke/toggle-export.ts';
import type { OpenGround } from './hunt-ground.ts';

/** Undefined where no cell asks for one. */
export function hostsFor(ground: OpenGround, say: (words: string) => void): Hosts | undefined {
  const asked = ground.cells.some(({ levels }) => (levels.kernel ?? HERE) !== HERE);
  if (!asked) return undefined;
  const { directory, recordings } = ground;
  return new GuestHosts({ directory, recordings, say, toggle: toggleExport });
}
