// The mounts and proxies of a hunt that plants faults: one for each place, started when its first
// trial asks for it, and again if it has ended. Actors work through it; the hunt itself makes,
// keeps and removes the directories of trials beside it.

import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import ssh2 from 'ssh2';
import { Guard } from '../../base/guard.ts';
import type { FaultReceipt } from '../../domain/fault.ts';
import type { MediumAddress, SshFiles } from '../../domain/medium.ts';
import type { TrialGround } from '../../domain/planting.ts';
import { schemeOf } from '../../medium/media.ts';
import { FaultProcess } from './fault-process.ts';
import { type ProxiedPlace, plantedPlace } from './planted-place.ts';

/** A place with faults in the way. */
export interface FaultyPlace {
  readonly isUp: boolean;
  set(faults: readonly string[]): Promise<void>;
  clear(): Promise<readonly FaultReceipt[]>;
  /** The same ground, reached through it. */
  through(ground: TrialGround): TrialGround;
  close(): Promise<void>;
}

export class FaultyPlaces {
  readonly #seed: string;
  readonly #proxy: 'tcp' | undefined;
  /** By the URL, or the directory that is mounted over. */
  readonly #places = new Map<string, FaultyPlace>();

  /** @param proxy before all that is reached by a proxy, whatever is spoken */
  constructor(seed: string, proxy?: 'tcp') {
    this.#seed = seed;
    this.#proxy = proxy;
  }

  /** @throws HeisenwriteError `invalid-plan`; `missing-component` with what a server said */
  async of(ground: TrialGround): Promise<FaultyPlace> {
    const { url } = ground.medium;
    const key = isDirectory(ground) ? dirname(ground.directory) : url;
    const known = this.#places.get(key);
    if (known?.isUp) return known;
    await known?.close();
    const place = await start(ground, `${this.#seed}-${this.#places.size}`, this.#proxy);
    this.#places.set(key, place);
    return place;
  }

  /** Unmounts, and ends the proxies. Never rejects. */
  async close(): Promise<void> {
    for (const place of this.#places.values()) await place.close();
    this.#places.clear();
  }
}

const isDirectory = ({ medium }: TrialGround) => schemeOf(medium.url) === 'file';

async function start(
  ground: TrialGround,
  seed: string,
  proxy: 'tcp' | undefined,
): Promise<FaultyPlace> {
  if (isDirectory(ground)) {
    return mountOver(dirname(ground.directory), seed, (at, { directory, medium }) => {
      return { directory: join(at, basename(directory)), medium };
    });
  }
  const place = plantedPlace(ground.medium);
  if (place.way === 'proxy') {
    return proxyBefore(proxy ? { ...place, protocol: proxy, words: [] } : place, seed);
  }
  return mountOver(place.directory, seed, (at, { directory }) => {
    return { directory, medium: place.through(at) };
  });
}

async function mountOver(
  directory: string,
  seed: string,
  through: (at: string, ground: TrialGround) => TrialGround,
): Promise<FaultyPlace> {
  const at = mkdtempSync(join(tmpdir(), 'heisenwrite-faulty-'));
  const guard = await Guard.start();
  await guard.undo(['sh', '-c', 'umount -l "$1"; rmdir "$1"', 'sh', at]);
  try {
    const server = await FaultProcess.start(['mount', directory, at, '--seed', seed]);
    return faultyPlace(
      server,
      (ground) => through(at, ground),
      async () => {
        await server.close();
        // What the guard would undo is undone with its end, whatever became of the server.
        await guard.stop();
      },
    );
  } catch (error) {
    await guard.stop();
    throw error;
  }
}

async function proxyBefore(place: ProxiedPlace, seed: string): Promise<FaultyPlace> {
  const keys = place.protocol === 'sftp' ? makeKeys() : null;
  try {
    const words = ['proxy', place.protocol, '--to', place.to, '--seed', seed, ...place.words];
    if (keys) words.push('--host-key', keys.hostKey, '--authorized-keys', keys.authorized);
    const server = await FaultProcess.start(words);
    const port = Number(/:(\d+)$/.exec(server.said.listen ?? '')?.[1]);
    const { url, options } = place.through(port);
    const medium: MediumAddress = {
      url,
      options: keys ? { ...options, ssh: keys.knownAt(port) } : options,
    };
    const through = ({ directory }: TrialGround) => ({ directory, medium });
    return faultyPlace(server, through, async () => {
      await server.close();
      keys?.remove();
    });
  } catch (error) {
    keys?.remove();
    throw error;
  }
}

function faultyPlace(
  server: FaultProcess,
  through: FaultyPlace['through'],
  close: FaultyPlace['close'],
): FaultyPlace {
  return {
    get isUp() {
      return server.isUp;
    },
    set: (faults) => server.set(faults),
    clear: () => server.clear(),
    through,
    close,
  };
}

interface ProxyKeys {
  readonly hostKey: string;
  readonly authorized: string;
  knownAt(port: number): SshFiles;
  remove(): void;
}

/** Of a proxy and its only client, in a folder that no other user can enter. */
function makeKeys(): ProxyKeys {
  const folder = mkdtempSync(join(tmpdir(), 'heisenwrite-faulty-'));
  const file = (name: string) => join(folder, name);
  const publicOf = (name: string) => {
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'sec1', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    writeFileSync(file(name), privateKey, { mode: 0o600 });
    const key = ssh2.utils.parseKey(privateKey);
    if (key instanceof Error) throw key;
    return `${key.type} ${key.getPublicSSH().toString('base64')}`;
  };
  const host = publicOf('host-key');
  writeFileSync(file('authorized'), `${publicOf('identity')}\n`);
  return {
    hostKey: file('host-key'),
    authorized: file('authorized'),
    knownAt(port) {
      writeFileSync(file('known-hosts'), `[127.0.0.1]:${port} ${host}\n`);
      return { identity: file('identity'), knownHosts: file('known-hosts') };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
