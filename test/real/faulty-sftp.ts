// A real sshd and the SFTP proxy before it, with the clients that go through: our medium, OpenSSH's
// `sftp`, rclone. Files are looked at in the directory of the server, beside the proxy.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { verifyFile } from '../../src/diagnose/files.ts';
import type { FaultReceipt } from '../../src/domain/fault.ts';
import { parseFault } from '../../src/domain/fault-grammar.ts';
import type { ConnectOptions, MediumClient } from '../../src/domain/medium.ts';
import type { Pattern } from '../../src/domain/observation.ts';
import { ArmedFaults } from '../../src/fault/armed-faults.ts';
import { sftpProxy } from '../../src/fault/sftp-proxy/sftp-proxy.ts';
import { type Sshd, startSshd } from '../../src/fleet/sshd.ts';
import { sftp } from '../../src/medium/sftp.ts';
import { writeStampedFile } from '../../src/stamp/stamped-file.ts';
import { withEnvironment } from './environment.ts';
import { requireOrSkip } from './requirements.ts';

interface Ended {
  readonly exitCode?: number | undefined;
  readonly stderr: string;
}

export interface FaultySftp {
  readonly server: Sshd;
  readonly faults: ArmedFaults;
  /** Sets faults in place of those that are set, and forgets the receipts. */
  plant(...texts: readonly string[]): void;
  receipts(): readonly FaultReceipt[];
  /** Our medium, through the proxy; closed in the end. */
  connect(options?: ConnectOptions): Promise<MediumClient>;
  /** Port of the proxy. */
  readonly port: number;
  /** OpenSSH's client, with lines of its batch mode; resolves to its exit code and words. */
  sftp(...lines: readonly string[]): Promise<Ended>;
  /** The same with options of its own before: `-c`, `-o`. */
  sftpWith(options: readonly string[], ...lines: readonly string[]): Promise<Ended>;
  /** `rclone copyto`; a path that begins with `remote:` is behind the proxy. */
  rclone(from: string, to: string): Promise<Ended>;
  counts(): Readonly<Record<string, number>>;
}

/** @param config lines of the server's sshd_config */
export async function withFaultySftp(
  body: (setting: FaultySftp) => Promise<void>,
  config: readonly string[] = [],
): Promise<void> {
  const server = await startSshd({ config });
  const restore = withEnvironment({ ...server.environment, SSH_AUTH_SOCK: undefined });
  const clients: MediumClient[] = [];
  try {
    const hostKey = join(server.folder, 'proxy-key');
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', hostKey]);
    const proxy = sftpProxy({
      user: 'root',
      hostKeyFile: hostKey,
      authorizedKeysFile: `${server.identity}.pub`,
    });
    const rng = createRng('faulty-sftp');
    const faults = new ArmedFaults(proxy.plantable, 'the sftp proxy', rng, undefined, proxy.admit);
    const running = await proxy.start({
      listen: { host: '127.0.0.1', port: 0 },
      to: { host: '127.0.0.1', port: server.port },
      faults,
      rng,
      note: () => undefined,
    });
    const { port } = running.listening;
    const publicKey = readFileSync(`${hostKey}.pub`, 'utf8');
    writeFileSync(server.knownHosts, `[127.0.0.1]:${port} ${publicKey}`, { flag: 'a' });
    try {
      await body({
        ...programs(server, port),
        server,
        port,
        faults,
        plant(...texts) {
          faults.clear();
          faults.takeReceipts();
          for (const text of texts) faults.set(parseFault(text));
        },
        receipts: () => faults.takeReceipts().receipts,
        async connect(options = {}) {
          const url = server.url.replace(`:${server.port}`, `:${port}`);
          const { client } = await sftp.connect(url, options);
          clients.push(client);
          return client;
        },
        counts: () => running.counts(),
      });
    } finally {
      await Promise.all(clients.map((client) => client.close()));
      await running.close();
    }
  } finally {
    restore();
    await server.stop();
  }
}

function programs(server: Sshd, port: number): Pick<FaultySftp, 'sftp' | 'sftpWith' | 'rclone'> {
  const known = `UserKnownHostsFile=${server.knownHosts}`;
  const run = async (own: readonly string[], lines: readonly string[]): Promise<Ended> => {
    const options = [...own, '-q', '-F', '/dev/null', '-P', String(port), '-i', server.identity];
    const args = [...options, '-o', known, '-o', 'BatchMode=yes', '-b', '-', 'root@127.0.0.1'];
    const input = `${lines.join('\n')}\n`;
    return execa('sftp', args, { input, reject: false, timeout: 60_000 });
  };
  return {
    sftp: (...lines) => run([], lines),
    sftpWith: (options, ...lines) => run(options, lines),
    async rclone(from, to) {
      const [source, target] = [from, to].map((path) =>
        path.replace(/^remote:/, `proxied:${server.directory}/`),
      ) as [string, string];
      const env = {
        RCLONE_CONFIG_PROXIED_TYPE: 'sftp',
        RCLONE_CONFIG_PROXIED_HOST: '127.0.0.1',
        RCLONE_CONFIG_PROXIED_PORT: String(port),
        RCLONE_CONFIG_PROXIED_USER: 'root',
        RCLONE_CONFIG_PROXIED_KEY_FILE: server.identity,
        RCLONE_CONFIG_PROXIED_KNOWN_HOSTS_FILE: server.knownHosts,
        RCLONE_CONFIG_PROXIED_SHELL_TYPE: 'none',
      };
      const args = ['--config', '/dev/null', '--retries', '1', '--low-level-retries', '1'];
      return execa('rclone', [...args, 'copyto', source, target], { env, reject: false });
    },
  };
}

/** A test with a server and a proxy of its own. */
export function realSftp(name: string, body: (setting: FaultySftp) => Promise<void>): void {
  test(name, async (context) => {
    requireOrSkip(context, 'root', 'sshd', 'ssh-keygen', 'rclone');
    await withFaultySftp(body);
  });
}

let files = 0;

/** A stamped file of 1 MiB beside the server. */
export async function localFile(
  { server }: FaultySftp,
  { generation = 1, pattern = 'stamp' as Pattern, seed = 'local' } = {},
): Promise<string> {
  const path = join(server.folder, `local-${++files}`);
  const shape = { sizeBytes: 2 ** 20, blockBytes: 4096, generation, pattern, seed };
  await writeStampedFile(path, shape);
  return path;
}

/** Puts a stamped file through the proxy with OpenSSH's client and says what the server has. */
export async function kindsAfterPut(setting: FaultySftp, name: string, from?: string) {
  const source = from ?? (await localFile(setting));
  const target = join(setting.server.directory, name);
  const put = await setting.sftp(`put ${source} ${target}`);
  expect({ exitCode: put.exitCode, stderr: put.stderr }).toEqual({ exitCode: 0, stderr: '' });
  return kindsOf(target);
}

export async function kindsOf(path: string): Promise<string[]> {
  const { damage } = await verifyFile(path);
  return [...new Set(damage.map(({ kind }) => kind))].toSorted();
}
