// Three ways to the same export. One server is left alone. Another is sent SIGHUP now and then,
// with a configuration that squashes root, and again with the right one a moment later: what an
// administrator, or a mount that belongs to somebody else, makes of a server in the middle of
// writes. The third is the first behind a proxy, which is sent the same SIGHUP and for a moment
// refuses writes alone. The times between are drawn, since windows at equal distances would show
// no more than their phase.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNs } from '../../base/clock.ts';
import type { Rng } from '../../base/rng.ts';
import { Ganesha } from '../../fleet/ganesha.ts';
import type { CaseGround, CaseSetup } from './case-setup.ts';
import type { CaseWindow } from './case-windows.ts';
import { type ProxyProcess, startProxy } from './proxy-process.ts';

const QUIET_MS: readonly [number, number] = [150, 600];
const WRONG_MS = 100;
/** The server has read its configuration by then; until it has, it answers as before. */
const RELOAD_MS = 50;
/** As the mount daemon's reload answered. */
const REFUSAL = `errno:op=write,errno=EACCES,signal=SIGHUP,for=${WRONG_MS}ms`;
const NS_PER_MS = 1_000_000n;

export const reloadedExportSetup: CaseSetup = {
  about: 'two nfs-ganesha and a proxy, of which one and the proxy are sent SIGHUP',
  async open(work, rng): Promise<CaseGround> {
    const stops: (() => Promise<void>)[] = [];
    const close = async () => {
      for (const stop of stops.toReversed()) await stop();
    };
    try {
      const calm = await served(join(work, 'calm'), stops);
      const reloaded = await served(join(work, 'reloaded'), stops);
      const seed = rng.fork('proxy').seed;
      const proxy = await startProxy('nfs', `127.0.0.1:${calm.nfsPort}`, [REFUSAL], seed);
      stops.push(() => proxy.stop());
      const reloading = reload(reloaded, proxy, rng);
      stops.push(() => reloading.stop());
      return {
        places: {
          calm: urlOf(calm, calm.nfsPort),
          reloaded: urlOf(reloaded, reloaded.nfsPort),
          proxied: urlOf(calm, proxy.port),
        },
        values: {},
        about:
          'two nfs-ganesha on loopback and a proxy before the first; the second (reloaded) and ' +
          'the proxy (proxied) are sent SIGHUP now and then',
        isTransient: false,
        windows: () => reloading.windows,
        close,
      };
    } catch (error) {
      await close();
      throw error;
    }
  },
};

async function served(directory: string, stops: (() => Promise<void>)[]): Promise<Ganesha> {
  mkdirSync(directory);
  const server = await Ganesha.start(directory);
  stops.push(() => server.stop());
  return server;
}

function urlOf({ exported, mountPort }: Ganesha, nfsPort: number): string {
  const path = exported.split('/').map(encodeURIComponent).join('/');
  return `nfs://127.0.0.1${path}?nfsport=${nfsPort}&mountport=${mountPort}`;
}

interface Reloading {
  readonly windows: readonly CaseWindow[];
  /** Leaves the export as it was. */
  stop(): Promise<void>;
}

function reload(server: Ganesha, proxy: ProxyProcess, rng: Rng): Reloading {
  const windows: CaseWindow[] = [];
  const ending = new AbortController();
  const { signal } = ending;
  const running = (async () => {
    while (!signal.aborted && server.isUp) {
      await sleep(rng.integer(...QUIET_MS), null, { signal });
      const fromNs = monotonicNs();
      proxy.signal('SIGHUP');
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
