// `heisenwrite proxy sftp`: ends SSH with a key of its own, since what is inside could not be seen
// otherwise, and speaks to the real server as the user does: agent, key files, known_hosts. Each
// session of a client has a connection of its own to the server, which ends with it.

import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import ssh2, { type Connection, type ParsedKey, type ServerChannel, type Session } from 'ssh2';
import { assert } from '../../base/assert.ts';
import { HeisenwriteError } from '../../domain/errors.ts';
import type { Fault } from '../../domain/fault.ts';
import { UnreachableError } from '../../medium/operation-error.ts';
import { SftpClient } from '../../medium/sftp-client.ts';
import { type OpenedChannel, openChannel, openSession } from '../../medium/sftp-connect.ts';
import { type SshSettings, settingsFor } from '../../medium/sftp-settings.ts';
import { EarlierAttributes } from '../earlier-attributes.ts';
import { EarlierContent } from '../earlier-content.ts';
import type { FaultProxy, ProxySettings, RunningProxy } from '../fault-proxy.ts';
import { RateLimits } from '../kinds/rate.ts';
import { listen } from '../relay.ts';
import type { Ending } from './call-plan.ts';
import { PLANTABLE } from './carry-out.ts';
import { SftpExchange } from './exchange.ts';
import type { Side } from './hand-on.ts';
import { authorizedKeys, hostKeyOf, isLetIn } from './keys.ts';
import { ServerCrashes } from './server-crashes.ts';
import { SshLine } from './ssh-line.ts';
import { admitErrno } from './status.ts';
import { UnsyncedFiles } from './unsynced-files.ts';

const CONNECT_MS_MAX = 20_000;
/** What files held before, for stale reads. */
const EARLIER_BYTES_MAX = 64 * 1024 * 1024;
/** The first that both ends have is used; of those that ssh2 has, AES-GCM costs least. */
const CIPHERS = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'chacha20-poly1305@openssh.com',
  'aes128-ctr',
  'aes256-ctr',
] as const;

export interface SftpProxyOptions {
  /** Who logs in at the server; null for whom ~/.ssh/config names, or this user. */
  readonly user: string | null;
  /** A private key; null for one that is made for this run. */
  readonly hostKeyFile: string | null;
  /** Whose keys are let in; null for ~/.ssh/authorized_keys. */
  readonly authorizedKeysFile: string | null;
}

export function sftpProxy(options: SftpProxyOptions): FaultProxy {
  return { plantable: PLANTABLE, admit, start: (settings) => start(settings, options) };
}

function admit(fault: Fault): void {
  admitErrno(fault);
  if (fault.kind === 'rate' && fault.values.bytes === 0) {
    throw new HeisenwriteError('invalid-fault', `${fault.text}: nothing would ever pass`, {
      remedy: 'give bytes from 1 on; to answer nothing, use dropped',
    });
  }
}

async function start(settings: ProxySettings, options: SftpProxyOptions): Promise<RunningProxy> {
  // What is encrypted lies outside of V8's heap, for which V8 begins to mark that heap many times a
  // second: a sixth of what can be read (measured).
  setFlagsFromString('--no-incremental-marking');
  setFlagsFromString('--external-memory-accounted-in-global-limit');
  const hostKey = hostKeyOf(options.hostKeyFile);
  const keys = authorizedKeys(options.authorizedKeysFile);
  const { host, port } = settings.to;
  const server = settingsFor({ host, port, user: options.user, directory: '' });
  // A server that cannot be used is better known now than by the first client.
  (await open(server).catch(refuseUnreachable)).ssh.end();
  const front = new SshFront(settings, server, keys, hostKey.privatePem);
  const listening = await listen(front.listener, settings.listen);
  settings.note(
    `the host key of this proxy, for known_hosts: ` +
      `[${listening.host}]:${listening.port} ${hostKey.publicLine}`,
  );
  return { listening, counts: () => front.counts(), close: () => front.close() };
}

function open(server: SshSettings): Promise<OpenedChannel<SshLine>> {
  return openChannel(server, CONNECT_MS_MAX, SshLine.connect);
}

function refuseUnreachable(error: Error): never {
  if (!(error instanceof UnreachableError)) throw error;
  throw new HeisenwriteError('unreachable', error.message, { cause: error });
}

class SshFront {
  readonly listener = createServer({ noDelay: true, pauseOnConnect: true }, (socket) =>
    this.#welcome(socket),
  );
  readonly #settings: ProxySettings;
  readonly #server: SshSettings;
  readonly #keys: readonly ParsedKey[];
  readonly #ssh: ssh2.Server;
  readonly #sockets = new Set<Socket>();
  readonly #lines = new WeakMap<Socket, SshLine>();
  readonly #rates = new RateLimits();
  readonly #earlier = new EarlierContent(EARLIER_BYTES_MAX);
  readonly #attributes = new EarlierAttributes();
  readonly #unsynced = new UnsyncedFiles();
  readonly #crashes: ServerCrashes;
  #connections = 0;
  #sessions = 0;
  #calls = 0;
  #bytes = { written: 0, read: 0 };

  constructor(
    settings: ProxySettings,
    server: SshSettings,
    keys: readonly ParsedKey[],
    hostKey: string,
  ) {
    this.#settings = settings;
    this.#server = server;
    this.#keys = keys;
    this.#crashes = new ServerCrashes(settings.faults, this.#unsynced, async () => {
      const { session } = await openSession(server, CONNECT_MS_MAX);
      return new SftpClient(session, '', CONNECT_MS_MAX);
    });
    this.#ssh = new ssh2.Server(
      { hostKeys: [hostKey], algorithms: { cipher: [...CIPHERS] } },
      (client) => this.#attend(client),
    );
  }

  counts(): Readonly<Record<string, number>> {
    return {
      connections: this.#connections,
      sessions: this.#sessions,
      calls: this.#calls,
      bytesWritten: this.#bytes.written,
      bytesRead: this.#bytes.read,
    };
  }

  async close(): Promise<void> {
    this.#crashes.close();
    const closed = new Promise<void>((resolve) => this.listener.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #welcome(accepted: Socket): void {
    this.#connections++;
    const line = SshLine.accept(accepted);
    const { socket } = line;
    this.#lines.set(socket, line);
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    this.#ssh.injectSocket(socket);
  }

  #attend(client: Connection): void {
    client.on('error', () => undefined);
    const line = this.#lines.get(socketOf(client));
    assert(line !== undefined, 'a client came by a line');
    client.on('handshake', () => line.secured(client));
    client.on('authentication', (context) => {
      if (context.method === 'publickey' && isLetIn(this.#keys, context)) context.accept();
      else context.reject(['publickey']);
    });
    client.on('session', (accept) => {
      const session: Session = accept();
      // Without a listener for `sftp` the library leaves the packets of that subsystem to us.
      session.on('subsystem', (take: () => ServerChannel, refuse: () => void, { name }) => {
        if (name !== 'sftp') refuse();
        // At once: OpenSSH sends before it has the answer, and that would be lost.
        else void this.#join(line, take());
      });
    });
  }

  async #join(line: SshLine, channel: ServerChannel): Promise<void> {
    line.keeps(channel);
    const opened = await open(this.#server).catch((error: Error) => {
      this.#settings.note(`a client was refused: ${error.message}`);
      channel.stderr.write(`heisenwrite proxy: ${error.message}\r\n`);
      channel.exit(1);
      channel.close();
      return null;
    });
    if (opened === null) return;
    if (line.socket.destroyed) opened.ssh.end();
    else this.#exchange(line, channel, opened);
  }

  #exchange(line: SshLine, channel: ServerChannel, opened: OpenedChannel<SshLine>): void {
    const { faults, rng } = this.#settings;
    const { socket } = line;
    const { ssh, channel: server, line: serverLine } = opened;
    const end = (ending: Ending) => {
      ssh.destroy();
      if (ending === 'reset') socket.resetAndDestroy();
      else if (ending === 'half-close') socket.end();
      else socket.destroySoon();
    };
    const exchange = new SftpExchange(
      side(line, channel, (bytes) => {
        this.#bytes.written += bytes;
      }),
      side(serverLine, server, (bytes) => {
        this.#bytes.read += bytes;
      }),
      faults,
      {
        rng: rng.fork(++this.#sessions),
        rates: this.#rates,
        earlier: this.#earlier,
        attributes: this.#attributes,
        unsynced: this.#unsynced,
      },
      end,
    );
    line.borrows(channel);
    channel.on('end', () => server.end());
    server.on('exit', (code: number | null) => channel.exit(code ?? 1));
    server.on('close', () => channel.close());
    // The server has gone without a farewell: so does the proxy.
    ssh.on('close', () => socket.destroySoon());
    socket.on('close', () => {
      this.#calls += exchange.calls;
      exchange.close();
      ssh.end();
    });
  }
}

function side({ pack, lend }: SshLine, channel: Duplex, came: (bytes: number) => void): Side {
  return { channel, pack, lend, came };
}

/** The library keeps the socket to itself; its version is pinned, and a test cuts connections. */
function socketOf(client: Connection): Socket {
  return (client as unknown as { readonly _sock: Socket })._sock;
}
