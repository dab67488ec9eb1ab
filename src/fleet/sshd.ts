// A real OpenSSH server for tests and the self-test: its own port on the loopback, host key,
// configuration, client key and folder, as a child of this process. sshd forks for every
// connection; those are found by their parents to be paused with it, and end with it.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../base/clock.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import { freePort } from './free-ports.ts';

const START_MS_MAX = 10_000;

export interface SshdOptions {
  /** To serve, and left as it is in the end; without it a folder of its own. */
  readonly directory?: string;
  /** Lines of sshd_config(5), before all others, so that they win. */
  readonly config?: readonly string[];
}

export interface Sshd {
  /** `sftp://root@127.0.0.1:PORT/FOLDER`. */
  readonly url: string;
  readonly port: number;
  readonly directory: string;
  /** Private key that the server accepts; `.pub` beside it. */
  readonly identity: string;
  readonly knownHosts: string;
  /** All of the server's own files: keys, configuration, log. */
  readonly folder: string;
  /** For a client that uses this identity and these known hosts alone. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of a path in the served folder, or for another user. */
  urlOf(path: string, user?: string): string;
  /** What sshd wrote, for a test that failed. */
  log(): string;
  /** The listener and all connections, at once and without a farewell (SIGKILL). */
  kill(): Promise<void>;
  /** After `kill`, on the same port with the same keys. */
  restart(): Promise<void>;
  pause(): void;
  resume(): void;
  /** Ends all and removes the folder. */
  stop(): Promise<void>;
}

/** Needs root, so that sshd can become the user that logs in. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), 'heisenwrite-sshd-'));
  const directory = options.directory ?? join(folder, 'data');
  const port = await freePort();
  let files: ReturnType<typeof prepareFolder>;
  try {
    files = prepareFolder(folder, port, options.config ?? []);
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
  if (!options.directory) mkdirSync(directory);
  chmodSync(folder, 0o755);
  const server = new SshdProcess(folder, port);
  const url = (path: string, user = 'root') =>
    `sftp://${user}@127.0.0.1:${port}${directory}${path}`;
  try {
    await server.start();
  } catch (error) {
    await server.kill();
    rmSync(folder, { recursive: true });
    throw error;
  }
  return {
    ...files,
    url: url(''),
    port,
    directory,
    folder,
    environment: {
      HEISENWRITE_SSH_CONFIG: '/dev/null',
      HEISENWRITE_SSH_IDENTITY: files.identity,
      HEISENWRITE_SSH_KNOWN_HOSTS: files.knownHosts,
    },
    urlOf: url,
    log: () => readFileSync(join(folder, 'log'), 'utf8'),
    kill: () => server.kill(),
    restart: () => server.start(),
    pause: () => server.pause(),
    resume: () => server.signal('SIGCONT'),
    async stop() {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function prepareFolder(folder: string, port: number, first: readonly string[]) {
  const [identity, hostKey] = [join(folder, 'identity'), join(folder, 'host-key')];
  const [authorized, knownHosts] = [join(folder, 'authorized'), join(folder, 'known-hosts')];
  for (const file of [identity, hostKey]) makeKey(file);
  copyFileSync(`${identity}.pub`, authorized);
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${readFileSync(`${hostKey}.pub`, 'utf8')}`);
  const lines = [
    ...first,
    'ListenAddress 127.0.0.1',
    `Port ${port}`,
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${authorized}`,
    `PidFile ${join(folder, 'pid')}`,
    'Subsystem sftp internal-sftp',
    // No shell is needed then, so that `nobody` may come in.
    'ForceCommand internal-sftp',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'MaxStartups 1000',
    'LogLevel VERBOSE',
  ];
  writeFileSync(join(folder, 'config'), `${lines.join('\n')}\n`);
  return { identity, knownHosts };
}

/** Without a passphrase, unless one is given. */
export function makeKey(file: string, passphrase = '', type = 'ed25519'): void {
  rmSync(file, { force: true });
  const args = ['-q', '-t', type, '-N', passphrase, '-C', 'heisenwrite-test', '-f', file];
  const done = spawnSync('ssh-keygen', args, { encoding: 'utf8' });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`ssh-keygen: ${done.stderr}`);
}

/**
 * In a namespace of processes of its own: sshd is its init, so that the end of it is the end of all
 * that it forked, and nobody is left to be waited for (pid_namespaces(7)).
 */
class SshdProcess {
  private readonly folder: string;
  private readonly port: number;
  private child: ChildProcess | null = null;

  constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
  }

  async start(): Promise<void> {
    // Of sshd's separation of privileges; the package makes it with systemd, which is not here.
    if (!existsSync('/run/sshd')) mkdirSync('/run/sshd', { mode: 0o755 });
    const log = join(this.folder, 'log');
    const sshd = ['/usr/sbin/sshd', '-D', '-f', join(this.folder, 'config'), '-E', log];
    const child = spawn('unshare', ['--pid', '--fork', '--kill-child', ...sshd], {
      stdio: 'ignore',
    });
    this.child = child;
    const startedMs = monotonicMs();
    while (!(await answers(this.port))) {
      if (hasEnded(child) || monotonicMs() - startedMs > START_MS_MAX) {
        const words = existsSync(log) ? readFileSync(log, 'utf8') : 'no log';
        throw new HeisenwriteError('missing-component', `sshd did not start: ${words}`, {
          remedy: 'run as root, with openssh-server installed (Debian: apt-get install)',
        });
      }
      await sleep(20);
    }
  }

  /** Until no more are found, since one may be forked while they are looked for. */
  pause(): void {
    for (let known = -1; known < this.processes().length; ) {
      known = this.processes().length;
      this.signal('SIGSTOP');
    }
  }

  async kill(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (!child?.pid || hasEnded(child)) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const [init] = descendantsOf(child.pid);
    send(init ?? child.pid, 'SIGKILL');
    await ended;
  }

  signal(name: NodeJS.Signals): void {
    for (const pid of this.processes()) send(pid, name);
  }

  /** The listener, then what it forked. */
  private processes(): number[] {
    return this.child?.pid === undefined ? [] : descendantsOf(this.child.pid);
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Parents before their children. */
function descendantsOf(root: number): number[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  const parents = pids.map((pid) => [Number(pid), parentOf(Number(pid))] as const);
  const found = [root];
  for (const pid of found) {
    for (const [child, parent] of parents) if (parent === pid) found.push(child);
  }
  return found.slice(1);
}

/** proc_pid_stat(5): the name may hold anything, so fields are counted from its end. */
function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
