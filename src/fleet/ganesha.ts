// The NFS server that guests write to: nfs-ganesha on this host, which exports the directory of the
// hunt's trials and nothing else, on loopback and free ports. It registers with a portmapper even
// when nobody will ask it, so it is given one of its own, in namespaces that end with it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../base/clock.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import { freePorts } from './free-ports.ts';

const UP_LIMIT_MS = 20_000;
const DOWN_LIMIT_MS = 5000;
const POLL_MS = 50;
const INSTALL = 'apt-get install --no-install-recommends nfs-ganesha nfs-ganesha-vfs rpcbind';

/**
 * In a mount namespace of its own, where /run is empty, and a process namespace, which ends with
 * ganesha; the portmapper alone sees another network. $0 is the configuration, $1 the log, $2 the
 * file for the process id.
 */
const START = `mount -t tmpfs tmpfs /run && mount -t proc proc /proc || exit 1
unshare --net sh -c 'ip link set lo up; exec rpcbind -f -w' &
until [ -S /run/rpcbind.sock ]; do kill -0 $! || exit 1; sleep 0.05; done
exec ganesha.nfsd -F -f "$0" -L "$1" -p "$2"`;

/** `root-squashed` takes everybody for nobody: writes of root are refused (NFS3ERR_ACCES). */
export type ExportAccess = 'read-write' | 'read-only' | 'root-squashed';

export class Ganesha {
  readonly exported: string;
  readonly nfsPort: number;
  readonly mountPort: number;
  private readonly work: string;
  private readonly process: ChildProcess;

  private constructor(
    exported: string,
    ports: readonly [number, number],
    work: string,
    process: ChildProcess,
  ) {
    this.exported = exported;
    [this.nfsPort, this.mountPort] = ports;
    this.work = work;
    this.process = process;
  }

  /**
   * Resolves when it takes connections.
   * @param exported an absolute path, also the path of the export
   * @param given ports of a server that was there before
   * @throws HeisenwriteError `missing-component` with the last words of its log
   */
  static async start(
    exported: string,
    given?: readonly [nfs: number, mount: number],
  ): Promise<Ganesha> {
    const work = await mkdtemp(join(tmpdir(), 'heisenwrite-ganesha-'));
    await mkdir(join(work, 'recovery'));
    const ports = given ?? ((await freePorts(2)) as [number, number]);
    const files = ['conf', 'log', 'pid'].map((each) => join(work, each));
    writeFileSync(files[0] as string, configuration(exported, ports, work, 'read-write'));
    const namespaces = ['--mount', '--pid', '--fork', '--kill-child'];
    // The first words end it with us, also when we are killed; a process group of its own spares it
    // the Ctrl-C after which the trial under way is still finished.
    const words = ['--pdeathsig', 'KILL', 'unshare', ...namespaces, 'sh', '-c', START, ...files];
    const child = spawn('setpriv', words, { stdio: 'ignore', detached: true });
    const server = new Ganesha(exported, ports, work, child);
    let refused: string | null = null;
    child.on('error', (error) => {
      refused = error.message;
    });
    const begun = monotonicMs();
    while (!(await answers(ports[0])) || !(await answers(ports[1]))) {
      const ended = child.exitCode !== null || child.signalCode !== null || refused !== null;
      if (!ended && monotonicMs() - begun < UP_LIMIT_MS) {
        await sleep(POLL_MS);
        continue;
      }
      const words = `nfs-ganesha did not start: ${refused ?? server.lastWords()}`;
      await server.stop();
      throw new HeisenwriteError('missing-component', words, {
        remedy: `run as root, with nfs-ganesha and rpcbind installed (Debian: ${INSTALL})`,
      });
    }
    return server;
  }

  get isUp(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Exports anew. Ganesha reads its configuration when it is sent SIGHUP. */
  async setAccess(access: ExportAccess): Promise<void> {
    const path = join(this.work, 'conf');
    const ports = [this.nfsPort, this.mountPort] as const;
    // Renamed, since half of a configuration would be taken for all of it.
    writeFileSync(`${path}.new`, configuration(this.exported, ports, this.work, access));
    renameSync(`${path}.new`, path);
    const pid = this.serverPid();
    if (pid !== null) process.kill(pid, 'SIGHUP');
  }

  /** To the server itself: SIGKILL, SIGSTOP and SIGCONT show what its clients make of it. */
  signal(name: NodeJS.Signals): void {
    const pid = this.serverPid();
    if (pid !== null) process.kill(pid, name);
  }

  /** Resolves once a server that was killed is gone. */
  async ended(): Promise<void> {
    if (this.isUp) await once(this.process, 'exit');
  }

  /** Never rejects. Leaves no process and no temporary file behind. */
  async stop(): Promise<void> {
    const { exitCode, signalCode, pid } = this.process;
    if (pid !== undefined && exitCode === null && signalCode === null) {
      const ended = once(this.process, 'exit');
      const server = this.serverPid();
      if (server !== null) process.kill(server, 'SIGTERM');
      const limit = new AbortController();
      const late = sleep(DOWN_LIMIT_MS, null, { signal: limit.signal });
      await Promise.race([ended, late.then(() => this.process.kill('SIGKILL'))]);
      limit.abort();
      await late.catch(() => undefined);
      await ended;
    }
    await rm(this.work, { recursive: true, force: true });
  }

  /** The only child of the process that made its namespaces; null while there is none. */
  private serverPid(): number | null {
    const { pid } = this.process;
    const children = `/proc/${pid}/task/${pid}/children`;
    const first = existsSync(children) ? readFileSync(children, 'utf8').split(' ')[0] : '';
    return first ? Number(first) : null;
  }

  private lastWords(): string {
    const log = join(this.work, 'log');
    if (!existsSync(log)) return 'it wrote no log';
    return readFileSync(log, 'utf8').trim().split('\n').slice(-2).join(' ').slice(-300);
  }
}

function configuration(
  exported: string,
  [nfsPort, mountPort]: readonly [number, number],
  work: string,
  access: ExportAccess,
): string {
  const type = access === 'read-only' ? 'RO' : 'RW';
  const squash = access === 'root-squashed' ? 'All_Squash' : 'No_Root_Squash';
  return `NFS_CORE_PARAM {
  NFS_Port = ${nfsPort}; MNT_Port = ${mountPort}; Bind_addr = 127.0.0.1; Protocols = 3, 4;
  Enable_NLM = false; Enable_RQUOTA = false; mount_path_pseudo = false;
}
NFSv4 { Graceless = true; RecoveryBackend = fs; RecoveryRoot = ${join(work, 'recovery')}; }
NFS_KRB5 { Active_krb5 = false; }
EXPORT {
  Export_Id = 1; Path = ${exported}; Pseudo = ${exported}; Access_Type = ${type};
  Squash = ${squash}; SecType = sys; Protocols = 3, 4; Transports = TCP;
  PrivilegedPort = false; Attr_Expiration_Time = 0;
  FSAL { Name = VFS; }
}
`;
}

/** Free a moment ago: nothing reserves a port for another process. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
