// NFSv3 by libnfs (RFC 1813): `nfs://host/export/path`. No kernel client and no page cache is in
// the way, each write may state how far it must have come, and COMMIT is a call of its own.

import { setTimeout as sleep } from 'node:timers/promises';
import { formatSize } from '../base/quantities.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type {
  ConnectOptions,
  MediumAdapter,
  MediumCapabilities,
  MediumConnection,
} from '../domain/medium.ts';
import { CALL_LIMIT_MS } from './client-calls.ts';
import { NfsClient, type NfsSizes } from './nfs-client.ts';
import { NfsError } from './nfs-error.ts';
import { NfsPaths } from './nfs-paths.ts';
import { fsinfo, getattr, mayWrite } from './nfs-procedures.ts';
import { NfsSession } from './nfs-session.ts';
import type { NfsCalls } from './nfs-transport.ts';
import { UnreachableError } from './operation-error.ts';

const EXAMPLE = 'nfs://host/export/path';
/** An export may be read-only for a moment, as one is that is exported anew. */
const WRITABLE_TRIES = 4;
const WRITABLE_PAUSE_MS = 250;
/** More than this the library does not put into one request. */
const REQUEST_BYTES_MAX = 1024 * 1024;

const CAPABILITIES: MediumCapabilities = {
  randomWrites: true,
  directIo: true,
  append: false,
  rename: true,
  atomicReplace: true,
  conditionalPut: false,
  secondClient: true,
  stability: true,
  multipart: false,
};

/** Parameters that libnfs takes in an URL and that change no meaning of ours. */
const PARAMETERS = ['version', 'nfsport', 'mountport'];

export const nfs: MediumAdapter = {
  scheme: 'nfs',
  about: 'an export of an NFSv3 server',
  example: EXAMPLE,
  async connect(url: string, options: ConnectOptions = {}): Promise<MediumConnection> {
    const { server, path, query } = parse(url);
    const limitMs = options.limitMs ?? CALL_LIMIT_MS;
    const mounted = await mountNearest({ server, limitMs }, path, query);
    const { session } = mounted;
    try {
      const paths = new NfsPaths(mounted.prefix);
      const info = await session.during(
        async (calls) => {
          await checkRoot(calls, paths, url);
          return fsinfo(calls, calls.root);
        },
        (act) => within(limitMs, server, act),
      );
      const sizes: NfsSizes = {
        readMax: Math.min(REQUEST_BYTES_MAX, info.readMax),
        writeMax: Math.min(REQUEST_BYTES_MAX, info.writeMax),
      };
      const client = new NfsClient(session, paths, sizes, limitMs);
      return {
        client,
        capabilities: CAPABILITIES,
        facts: {
          protocol: 'NFSv3',
          export: mounted.exported,
          'read size': `${formatSize(sizes.readMax)} (server: ${formatSize(info.readMax)})`,
          'write size': `${formatSize(sizes.writeMax)} (server: ${formatSize(info.writeMax)})`,
        },
        freeBytes: () => client.freeBytes(),
      };
    } catch (error) {
      session.close();
      throw error;
    }
  },
};

/** @throws HeisenwriteError `invalid-place` */
function parse(url: string): { server: string; path: string; query: string } {
  const refuse = (because: string) =>
    new HeisenwriteError('invalid-place', `${url}: ${because}; write it as ${EXAMPLE}`);
  if (!URL.canParse(url)) throw refuse('this is no URL');
  const { hostname, port, pathname, searchParams, username, hash } = new URL(url);
  if (hostname === '') throw refuse('there is no host');
  if (username !== '') throw refuse('NFS has the user that runs this, and takes no other');
  if (hash !== '') throw refuse('a # of a name is written as %23');
  if (searchParams.has('version') && searchParams.get('version') !== '3') {
    throw refuse('only version 3 is spoken here');
  }
  for (const name of searchParams.keys()) {
    if (!PARAMETERS.includes(name)) {
      throw refuse(`there is no parameter ${name} (${PARAMETERS.join(', ')})`);
    }
  }
  const ports = ['nfsport', 'mountport'].flatMap((name) => {
    const value = searchParams.get(name) ?? (name === 'nfsport' ? port : '');
    if (value === '') return [];
    if (!/^\d{1,5}$/.test(value)) throw refuse(`${name} is no number`);
    return [`${name}=${value}`];
  });
  const path = decodeURIComponent(pathname).replace(/\/+$/, '') || '/';
  return { server: hostname, path, query: ['version=3', ...ports].join('&') };
}

interface Mounted {
  readonly session: NfsSession;
  readonly exported: string;
  /** What is left of the path below the export. */
  readonly prefix: readonly string[];
}

/**
 * An URL names a directory, which need not be an export itself: the nearest above it is mounted.
 */
async function mountNearest(
  target: { server: string; limitMs: number },
  path: string,
  query: string,
): Promise<Mounted> {
  const components = path.split('/').filter((each) => each !== '');
  let refusal: NfsError | null = null;
  for (let depth = components.length; depth >= 0; depth--) {
    const exported = `/${components.slice(0, depth).join('/')}`;
    const url = `nfs://${target.server}${encodeURI(exported)}?${query}`;
    try {
      const session = await NfsSession.mount({ ...target, url }, exported);
      return { session, exported, prefix: components.slice(depth) };
    } catch (error) {
      if (!(error instanceof NfsError)) throw error;
      refusal ??= error;
    }
  }
  throw new HeisenwriteError(
    'no-such-place',
    `${target.server} exports neither ${path} nor a directory above it (${refusal?.code})`,
    { remedy: `see what it exports to this host: showmount -e ${target.server}`, cause: refusal },
  );
}

/** @throws HeisenwriteError `no-such-place`, `place-not-writable` */
async function checkRoot(calls: NfsCalls, paths: NfsPaths, url: string): Promise<void> {
  const root = await paths.root(calls).catch((error) => {
    throw refusalOf(error, url);
  });
  const { isDirectory } = await getattr(calls, root);
  if (!isDirectory) throw new HeisenwriteError('no-such-place', `${url} is not a directory`);
  for (let tries = 1; !(await mayWrite(calls, root)); tries++) {
    if (tries === WRITABLE_TRIES) {
      const [user, group] = [process.getuid?.(), process.getgid?.()];
      const words = `${url}: the server lets user ${user}, group ${group} write nothing there`;
      throw new HeisenwriteError('place-not-writable', words);
    }
    await sleep(WRITABLE_PAUSE_MS);
  }
}

function refusalOf(error: unknown, url: string): unknown {
  if (!(error instanceof NfsError) || !error.code.startsWith('NFS3ERR')) return error;
  const code = error.code === 'NFS3ERR_ACCES' ? 'place-not-writable' : 'no-such-place';
  return new HeisenwriteError(code, `${url}: ${error.message}`, { cause: error });
}

/** A server that hangs between two answers is out of reach, as one that gives none. */
async function within<Result>(
  limitMs: number,
  server: string,
  act: () => Promise<Result>,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    const words = `${server} took the mount and then did not answer in ${limitMs} ms`;
    timer = setTimeout(() => reject(new UnreachableError(words)), limitMs);
  });
  try {
    return await Promise.race([act(), limit]);
  } catch (error) {
    if (!(error instanceof NfsError)) throw error;
    throw new UnreachableError(`${server}: ${error.message}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
