// Two NFS servers with the same export. One is left alone; the other is sent SIGHUP now and then,
// with a configuration that squashes root, and again with the right one a moment later: what an
// administrator, or a mount that belongs to somebody else, makes of a server in the middle of
// writes. The times between are drawn, since windows at equal distances would show no more than
// their phase.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNs } from '../../base/clock.ts';
import type { Rng } from '../../base/rng.ts';
import { Ganesha } from '../../fleet/ganesha.ts';
import type { CaseGround, CaseSetup } from './case-setup.ts';
import type { CaseWindow } from './case-windows.ts';

const QUIET_MS: readonly [number, number] = [150, 600];
const WRONG_MS = 100;
/** The server has read its configuration by then; until it has, it answers as before. */
const RELOAD_MS = 50;
const NS_PER_MS = 1_000_000n;

export const reloadedExportSetup: CaseSetup = {
  about: 'two nfs-ganesha, one of which is sent SIGHUP while a capture runs',
  async open(work, rng): Promise<CaseGround> {
    const calm = await served(join(work, 'calm'));
    let reloaded: Ganesha;
    try {
      reloaded = await served(join(work, 'reloaded'));
    } catch (error) {
      await calm.stop();
      throw error;
    }
    const reloading = reload(reloaded, rng);
    return {
      places: { calm: urlOf(calm), reloaded: urlOf(reloaded) },
      values: {},
      about: 'two nfs-ganesha on loopback; the one named reloaded is sent SIGHUP now and then',
      isTransient: false,
      windows: () => reloading.windows,
      close: async () => {
        await reloading.stop();
        await Promise.all([calm.stop(), reloaded.stop()]);
      },
    };
  },
};

function served(directory: string): Promise<Ganesha> {
  mkdirSync(directory);
  return Ganesha.start(directory);
}

function urlOf({ exported, nfsPort, mountPort }: Ganesha): string {
  const path = exported.split('/').map(encodeURIComponent).join('/');
  return `nfs://127.0.0.1${path}?nfsport=${nfsPort}&mountport=${mountPort}`;
}

interface Reloading {
  readonly windows: readonly CaseWindow[];
  /** Leaves the export as it was. */
  stop(): Promise<void>;
}

function reload(server: Ganesha, rng: Rng): Reloading {
  const windows: CaseWindow[] = [];
  const ending = new AbortController();
  const { signal } = ending;
  const running = (async () => {
    while (!signal.aborted && server.isUp) {
      await sleep(rng.integer(...QUIET_MS), null, { signal });
      const fromNs = monotonicNs();
      await server.setAccess('root-squashed');
      await sleep(WRONG_MS);
      await server.setAccess('read-write');
      const untilNs = monotonicNs() + BigInt(RELOAD_MS) * NS_PER_MS;
      windows.push({ what: 'SIGHUP and reload', fromNs, untilNs });
    }
  })().catch(() => undefined);
  return {
    windows,
    stop: async () => {
      ending.abort();
      await running;
    },
  };
}
