// SFTP (draft-ietf-secsh-filexfer-02) with the extensions of OpenSSH (PROTOCOL of OpenSSH,
// section 4): `sftp://user@host/srv/data`. Writes go to any offset with many requests in flight,
// and a name is replaced with posix-rename@openssh.com. A file is opened with mode 0600.

import { HeisenwriteError } from '../domain/errors.ts';
import type {
  ConnectOptions,
  MediumAdapter,
  MediumCapabilities,
  MediumConnection,
} from '../domain/medium.ts';
import { CALL_LIMIT_MS } from './client-calls.ts';
import { OperationError, UnreachableError } from './operation-error.ts';
import { SftpClient } from './sftp-client.ts';
import { openSession } from './sftp-connect.ts';
import { parseSftpUrl, SFTP_EXAMPLE } from './sftp-place.ts';
import type { SftpSession } from './sftp-session.ts';
import { settingsFor } from './sftp-settings.ts';

export const sftp: MediumAdapter = {
  scheme: 'sftp',
  about: 'a directory on a host that one reaches by SSH',
  example: SFTP_EXAMPLE,
  async connect(url: string, options: ConnectOptions = {}): Promise<MediumConnection> {
    const place = parseSftpUrl(url);
    const settings = settingsFor(place, environmentWith(options));
    const limitMs = options.limitMs ?? CALL_LIMIT_MS;
    const { session, facts } = await openSession(settings, limitMs);
    const client = new SftpClient(session, place.directory, limitMs);
    try {
      await checkRoot(client, `${settings.host}:${place.directory || '/'}`);
    } catch (error) {
      await client.close();
      throw error;
    }
    return {
      client,
      capabilities: capabilitiesOf(session),
      facts: { ...factsOf(session, client), ...facts },
      freeBytes: () => client.freeBytes(),
    };
  },
};

/** Files that were named for this connection count instead of the user's. */
function environmentWith({ ssh }: ConnectOptions): NodeJS.ProcessEnv {
  if (!ssh) return process.env;
  return {
    ...process.env,
    SSH_AUTH_SOCK: undefined,
    HEISENWRITE_SSH_CONFIG: '/dev/null',
    HEISENWRITE_SSH_IDENTITY: ssh.identity,
    HEISENWRITE_SSH_KNOWN_HOSTS: ssh.knownHosts,
  };
}

/** @throws HeisenwriteError `no-such-place`, `place-not-writable`; UnreachableError */
async function checkRoot(client: SftpClient, where: string): Promise<void> {
  try {
    if (!(await client.isDirectory())) {
      throw new HeisenwriteError('no-such-place', `there is no directory ${where}`, {
        remedy: 'create the directory there, or correct the path of the URL',
      });
    }
    if (await client.isReadOnly()) {
      throw new HeisenwriteError('place-not-writable', `${where} is mounted read-only`);
    }
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    if (error.errno === 'SSH_FX_PERMISSION_DENIED') {
      throw new HeisenwriteError('place-not-writable', `${where}: ${error.message}`, {
        cause: error,
      });
    }
    throw new UnreachableError(`${where}: ${error.message}`, { cause: error });
  }
}

/** Without posix-rename a rename fails where the new name is taken, so that nothing is replaced. */
function capabilitiesOf(session: SftpSession): MediumCapabilities {
  const replaces = session.has('posix-rename@openssh.com');
  return {
    randomWrites: true,
    directIo: false,
    append: false,
    rename: replaces,
    atomicReplace: replaces,
    conditionalPut: false,
    secondClient: true,
    stability: false,
    multipart: false,
  };
}

function factsOf({ traits }: SftpSession, client: SftpClient): Readonly<Record<string, string>> {
  const { read, write } = client.requestBytes;
  const fsync = traits.extensions['fsync@openssh.com'];
  return {
    protocol: `SFTP ${traits.version}`,
    server: traits.server,
    extensions: Object.keys(traits.extensions).toSorted().join(' ') || 'none',
    fsync: fsync ? `fsync@openssh.com ${fsync}` : 'none: the server cannot be told to make durable',
    requests: `${read} bytes a read, ${write} bytes a write`,
  };
}
