// How one gets to an SSH host, from where OpenSSH takes it: ~/.ssh/config and the system's
// ssh_config (ssh_config(5)), the agent, the usual key files and known_hosts. Environment variables
// name other files, for tests and unusual set-ups:
//   HEISENWRITE_SSH_CONFIG       read instead of both ssh_config files
//   HEISENWRITE_SSH_IDENTITY     the only private key, as with IdentitiesOnly; an agent may hold it
//   HEISENWRITE_SSH_KNOWN_HOSTS  read instead of all known_hosts files

import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import SSHConfig from 'ssh-config';
import { HeisenwriteError } from '../domain/errors.ts';
import { readWithIncludes } from './sftp-includes.ts';
import type { SftpPlace } from './sftp-place.ts';

export interface SshSettings {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The name under which its key is kept; HostKeyAlias, or null for host and port. */
  readonly keyAlias: string | null;
  readonly identityFiles: readonly string[];
  /** True where the user named the files: then one that is absent is worth a word. */
  readonly identitiesNamed: boolean;
  /** Keys of the agent that are not in `identityFiles` are not offered. */
  readonly identitiesOnly: boolean;
  readonly agentSocket: string | null;
  readonly knownHostsFiles: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;
/** Names of settings in lower case, each with its values. */
type Config = ReadonlyMap<string, readonly string[]>;

const DEFAULT_IDENTITIES = ['id_rsa', 'id_ecdsa', 'id_ed25519'];
const GLOBAL_KNOWN_HOSTS = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];

/** @throws HeisenwriteError `invalid-place` for a host that is reached through another one */
export function settingsFor(
  place: SftpPlace,
  environment: Environment = process.env,
  home: string = homedir(),
): SshSettings {
  const config = readConfig(place, environment, home);
  const first = (name: string) => config.get(name)?.[0];
  const hostName = first('hostname')?.replace(/%h/g, place.host).replace(/%%/g, '%');
  const host = hostName ?? place.host;
  refuseDetour(place.host, config);
  const user = place.user ?? first('user') ?? userInfo().username;
  const expand = (path: string) => expandPath(path, home, host, user);
  const only = environment.HEISENWRITE_SSH_IDENTITY;
  const named = only ? [only] : (config.get('identityfile') ?? []).map(expand);
  const ssh = (name: string) => join(home, '.ssh', name);
  return {
    host,
    port: place.port ?? Number(first('port') ?? 22),
    user,
    keyAlias: first('hostkeyalias') ?? null,
    identityFiles: named.length > 0 ? named : DEFAULT_IDENTITIES.toReversed().map(ssh),
    identitiesNamed: named.length > 0,
    identitiesOnly: only !== undefined || first('identitiesonly') === 'yes',
    agentSocket: agentOf(first('identityagent'), environment, expand),
    knownHostsFiles: environment.HEISENWRITE_SSH_KNOWN_HOSTS
      ? [environment.HEISENWRITE_SSH_KNOWN_HOSTS]
      : [
          ...(config.get('userknownhostsfile')?.map(expand) ?? [
            ssh('known_hosts'),
            ssh('known_hosts2'),
          ]),
          ...(config.get('globalknownhostsfile') ?? GLOBAL_KNOWN_HOSTS),
        ],
  };
}

/** The user's file wins over the system's; identity files of both count (ssh_config(5)). */
function readConfig(place: SftpPlace, environment: Environment, home: string): Config {
  const userBase = join(home, '.ssh');
  const files: readonly (readonly [file: string, base: string])[] =
    environment.HEISENWRITE_SSH_CONFIG
      ? [[environment.HEISENWRITE_SSH_CONFIG, userBase]]
      : [
          [join(userBase, 'config'), userBase],
          ['/etc/ssh/ssh_config', '/etc/ssh'],
        ];
  const config = new Map<string, readonly string[]>();
  for (const [file, base] of files) {
    const query = { Host: place.host, ...(place.user && { User: place.user }) };
    const text = readWithIncludes(file, base, home);
    const computed = SSHConfig.parse(text).compute(query, { ignoreCase: true });
    for (const [name, value] of Object.entries(computed)) {
      const values = typeof value === 'string' ? [value] : value;
      const before = config.get(name);
      if (name === 'identityfile') config.set(name, [...(before ?? []), ...values]);
      else if (!before) config.set(name, values);
    }
  }
  return config;
}

function refuseDetour(host: string, config: Config): void {
  for (const name of ['ProxyJump', 'ProxyCommand']) {
    const value = config.get(name.toLowerCase())?.join(' ');
    if (value === undefined || value === 'none') continue;
    throw new HeisenwriteError(
      'invalid-place',
      `the SSH configuration reaches ${host} by ${name}, which is not followed here`,
      { remedy: `forward a port (ssh -L 2222:localhost:22 ${host}) and name it in the URL` },
    );
  }
}

function agentOf(
  setting: string | undefined,
  environment: Environment,
  expand: (path: string) => string,
): string | null {
  if (setting === 'none') return null;
  const isNamed = setting !== undefined && setting !== 'SSH_AUTH_SOCK';
  const socket = isNamed ? setting : environment.SSH_AUTH_SOCK;
  if (!socket) return null;
  return socket.startsWith('$')
    ? (environment[socket.slice(1).replace(/[{}]/g, '')] ?? null)
    : expand(socket);
}

/** The tokens of ssh_config(5) that make sense in the path of a file. */
function expandPath(path: string, home: string, host: string, user: string): string {
  const tokens: Readonly<Record<string, string>> = {
    '%d': home,
    '%h': host,
    '%r': user,
    '%u': userInfo().username,
    '%%': '%',
  };
  return path.replace(/^~(?=\/)/, home).replace(/%[dhru%]/g, (token) => tokens[token] ?? token);
}
