// From settings to a session: the key of the host is judged before anything is said to it, then the
// user is authenticated, then the channel of SFTP is opened. Each way in which that can fail gets
// its own error, since they need different hands: the network's, the administrator's, the user's.

import { homedir } from 'node:os';
import ssh2, {
  type Client,
  type ClientChannel,
  type ServerHostKeyAlgorithm,
  type SFTPWrapper,
} from 'ssh2';
import { HeisenwriteError } from '../domain/errors.ts';
import { UnreachableError } from './operation-error.ts';
import { readOptional } from './sftp-files.ts';
import { type Offer, offerOf } from './sftp-identities.ts';
import {
  fingerprintOf,
  judgeHostKey,
  type KnownHost,
  keyTypeOf,
  knownName,
  knownTypes,
  parseKnownHosts,
} from './sftp-known-hosts.ts';
import { SftpSession } from './sftp-session.ts';
import type { SshSettings } from './sftp-settings.ts';
import { type PackedSocket, packedSocket } from './sftp-socket.ts';

export interface OpenedSession {
  readonly session: SftpSession;
  readonly facts: Readonly<Record<string, string>>;
}

/** An SFTP channel whose bytes nobody reads but its owner, and the connection under it. */
export interface OpenedChannel<Line extends PackedSocket> {
  readonly ssh: Client;
  readonly channel: ClientChannel;
  readonly line: Line;
}

/** The library's own order, by the type of key that each algorithm uses. */
const HOST_KEY_ALGORITHMS: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
};

/**
 * @throws HeisenwriteError `host-key-unknown`, `not-authenticated`, `missing-component` where the
 *   server has no SFTP; UnreachableError
 */
export function openSession(settings: SshSettings, limitMs: number): Promise<OpenedSession> {
  return withAttempt(settings, limitMs, packedSocket, async (attempt) => {
    const session = await attempt.open();
    return { session, facts: attempt.facts };
  });
}

/**
 * The same without the library's SFTP, for whoever passes its packets on. Throws the same.
 * @param connect makes the connection to the host and port of the settings
 */
export function openChannel<Line extends PackedSocket>(
  settings: SshSettings,
  limitMs: number,
  connect: Connect<Line>,
): Promise<OpenedChannel<Line>> {
  return withAttempt(settings, limitMs, connect, (attempt) => attempt.openChannel());
}

type Connect<Line extends PackedSocket> = (host: string, port: number) => Line;

async function withAttempt<Line extends PackedSocket, Opened>(
  settings: SshSettings,
  limitMs: number,
  connect: Connect<Line>,
  use: (attempt: Attempt<Line>) => Promise<Opened>,
): Promise<Opened> {
  const known = settings.knownHostsFiles.flatMap((file) =>
    parseKnownHosts(readOptional(file), file),
  );
  const ssh = new ssh2.Client();
  // Errors after the end would otherwise stop the process.
  ssh.on('error', () => undefined);
  let attempt: Attempt<Line> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const stage = attempt?.stage ?? 'asking the SSH agent';
      const where = `${settings.host}:${settings.port}`;
      reject(new UnreachableError(`${where} did not answer in ${limitMs} ms (${stage})`));
    }, limitMs);
  });
  const open = async (): Promise<Opened> => {
    const offer = await offerOf(settings);
    if (isOver) throw new UnreachableError('the SSH agent answered too late');
    const line = connect(settings.host, settings.port);
    attempt = new Attempt(ssh, settings, known, offer, line);
    return await use(attempt);
  };
  try {
    return await Promise.race([open(), limit]);
  } catch (error) {
    ssh.destroy();
    throw error;
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}

class Attempt<Line extends PackedSocket> {
  readonly where: string;
  stage = 'connecting';
  readonly facts: Record<string, string> = {};
  private readonly ssh: Client;
  private readonly settings: SshSettings;
  private readonly known: readonly KnownHost[];
  private readonly offer: Offer;
  private readonly line: Line;
  private hostKeyRefusal: HeisenwriteError | null = null;

  constructor(
    ssh: Client,
    settings: SshSettings,
    known: readonly KnownHost[],
    offer: Offer,
    line: Line,
  ) {
    this.ssh = ssh;
    this.settings = settings;
    this.known = known;
    this.offer = offer;
    this.where = `${settings.host}:${settings.port}`;
    this.line = line;
  }

  async open(): Promise<SftpSession> {
    const sftp = await this.opened<SFTPWrapper>((answer) => this.ssh.sftp(answer));
    return new SftpSession(this.ssh, sftp, this.line.pack);
  }

  async openChannel(): Promise<OpenedChannel<Line>> {
    const channel = await this.opened<ClientChannel>((answer) => this.ssh.subsys('sftp', answer));
    return { ssh: this.ssh, channel, line: this.line };
  }

  private async opened<Opened>(
    start: (answer: (error: Error | undefined, opened: Opened) => void) => void,
  ): Promise<Opened> {
    await this.authenticate();
    this.stage = 'opening SFTP';
    return new Promise<Opened>((resolve, reject) => {
      this.ssh.once('close', () => reject(new Error('it hung up')));
      start((error, opened) => (error ? reject(error) : resolve(opened)));
    }).catch((error: Error) => {
      throw this.noSftp(error);
    });
  }

  private noSftp(error: Error): Error {
    const words = `${this.where} lets ${this.settings.user} in, but opens no SFTP session`;
    if (!/subsystem|exit code/i.test(error.message)) {
      return new UnreachableError(`${words}: ${error.message}`, { cause: error });
    }
    const remedy =
      'see `Subsystem sftp` in the sshd_config of that host, and the shell of the user';
    return new HeisenwriteError('missing-component', `${words}: ${error.message}`, {
      remedy,
      cause: error,
    });
  }

  private authenticate(): Promise<void> {
    const { user } = this.settings;
    return new Promise((resolve, reject) => {
      // An agent that fails is no end: the key files follow.
      this.ssh.on('error', (error: Error & { level?: string }) => {
        if (error.level !== 'agent') reject(this.reasonFor(error));
      });
      this.ssh.on('close', () => reject(this.reasonFor(new Error('it hung up'))));
      this.ssh.on('connect', () => {
        this.stage = 'waiting for its key';
      });
      this.ssh.on('handshake', ({ serverHostKey, cs }) => {
        this.line.secured(this.ssh);
        this.stage = 'authenticating';
        this.facts['host key algorithm'] = serverHostKey;
        this.facts.cipher = cs.cipher;
      });
      this.ssh.on('ready', resolve);
      this.ssh.connect({
        sock: this.line.socket,
        username: user,
        readyTimeout: 0,
        hostVerifier: (key: Buffer) => this.acceptsHostKey(key),
        algorithms: { serverHostKey: this.algorithms() },
        authHandler: [...this.offer.methods],
      });
    });
  }

  private reasonFor(error: Error & { level?: string }): Error {
    if (this.hostKeyRefusal) return this.hostKeyRefusal;
    if (this.stage === 'authenticating') {
      return new HeisenwriteError(
        'not-authenticated',
        `${this.where} does not let ${this.settings.user} in (${error.message}); keys offered: ` +
          (this.offer.words.join(', ') || 'none, since there is none'),
        { cause: error },
      );
    }
    return new UnreachableError(`${this.where} cannot be reached: ${error.message}`, {
      cause: error,
    });
  }

  /** Types that are known come first, or a server would show one that is not. */
  private algorithms(): ServerHostKeyAlgorithm[] {
    const { host, port, keyAlias } = this.settings;
    const types = knownTypes(this.known, keyAlias ?? host, keyAlias ? 22 : port);
    const order = new Set([...types, ...Object.keys(HOST_KEY_ALGORITHMS)]);
    return [...order].flatMap((type) => HOST_KEY_ALGORITHMS[type] ?? []);
  }

  private acceptsHostKey(key: Buffer): boolean {
    const { host, port, keyAlias } = this.settings;
    this.facts['host key'] = `${keyTypeOf(key)} ${fingerprintOf(key)}`;
    const verdict = judgeHostKey(this.known, keyAlias ?? host, keyAlias ? 22 : port, key);
    if (verdict.kind === 'known') return true;
    this.hostKeyRefusal =
      verdict.kind === 'unknown'
        ? unknownKey(this.settings, key, verdict.others)
        : untrustedKey(this.settings, key, verdict.kind, verdict.entry);
    return false;
  }
}

function unknownKey(
  settings: SshSettings,
  key: Buffer,
  others: readonly KnownHost[],
): HeisenwriteError {
  const { host, port, keyAlias, knownHostsFiles } = settings;
  const file = shownPath(knownHostsFiles[0] ?? '');
  const naming = keyAlias ? ` | sed 's/^[^ #]*/${keyAlias}/'` : '';
  const command = `ssh-keyscan -p ${port} ${host}${naming} >> ${file}`;
  const types = [...new Set(others.map(({ type, where }) => `${type} in ${where}`))];
  const words = types.length > 0 ? `; other keys of it are known (${types.join(', ')})` : '';
  return new HeisenwriteError(
    'host-key-unknown',
    `the key of ${host}:${port} is not known: ${keyTypeOf(key)} ${fingerprintOf(key)}${words}. ` +
      `Compare it with what its administrator says, then accept it: ${command}`,
  );
}

function untrustedKey(
  { host, port, keyAlias }: SshSettings,
  key: Buffer,
  kind: 'changed' | 'revoked',
  entry: KnownHost,
): HeisenwriteError {
  const file = entry.where.replace(/:\d+$/, '');
  const shown = `${keyTypeOf(key)} ${fingerprintOf(key)}`;
  if (kind === 'revoked') {
    return new HeisenwriteError(
      'host-key-unknown',
      `THE KEY OF ${host}:${port} IS REVOKED (${entry.where}): ${shown}. Nothing was sent there`,
      { remedy: 'do not connect to this host before its administrator has given it a new key' },
    );
  }
  return new HeisenwriteError(
    'host-key-unknown',
    `THE KEY OF ${host}:${port} HAS CHANGED: it shows ${shown}, and ${entry.where} has ` +
      `${fingerprintOf(entry.key)}. Either the host was installed anew, or somebody between here ` +
      'and there pretends to be it. Nothing was sent there',
    {
      remedy:
        'ask its administrator; only when the new key is right: ' +
        `ssh-keygen -R '${keyAlias ?? knownName(host, port)}' -f ${shownPath(file)}, ` +
        'then accept the new one',
    },
  );
}

/** As one types it in a shell. */
function shownPath(path: string): string {
  const home = homedir();
  const short = path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
  return /^[\w~/.@+-]+$/.test(short) ? short : `'${path.replaceAll("'", "'\\''")}'`;
}
