// SFTP against a real OpenSSH server: the contract of media, which hosts are believed, and who is
// let in by which key. What happens when the server fails is in medium-sftp-failures.test.ts.

import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { HeisenwriteError } from '../../src/domain/errors.ts';
import type { MediumConnection } from '../../src/domain/medium.ts';
import { makeKey, type Sshd, startSshd } from '../../src/fleet/sshd.ts';
import { UnreachableError } from '../../src/medium/operation-error.ts';
import { sftp } from '../../src/medium/sftp.ts';
import { mediumContract } from '../conformance/medium-contract.ts';
import { withEnvironment } from './environment.ts';
import { type Requirement, requireOrSkip } from './requirements.ts';

const NEEDS: readonly Requirement[] = ['root', 'sshd', 'ssh-keygen'];
const NO_AGENT = { SSH_AUTH_SOCK: undefined };

for (const [name, config] of [
  ['sftp', []],
  ['sftp, a key exchange after each MiB', ['RekeyLimit 1M']],
  // Without fsync it could not keep the contract: see medium-sftp-failures.test.ts.
  ['sftp without extensions', ['ForceCommand internal-sftp -P posix-rename,statvfs,limits']],
] as const) {
  mediumContract(
    name,
    async () => {
      const server = await startSshd({ config });
      const restore = withEnvironment({ ...server.environment, ...NO_AGENT });
      return {
        url: server.url,
        adapter: sftp,
        async stop() {
          restore();
          await server.stop();
        },
      };
    },
    NEEDS,
  );
}

function withServer(
  name: string,
  body: (server: Sshd) => Promise<void>,
  needs: readonly Requirement[] = NEEDS,
  config: readonly string[] = [],
): void {
  test(name, async (context) => {
    requireOrSkip(context, ...needs);
    const server = await startSshd({ config });
    const restore = withEnvironment({ ...server.environment, ...NO_AGENT });
    try {
      await body(server);
    } finally {
      restore();
      await server.stop();
    }
  });
}

/** With other variables for the time of one connection, which is closed at once. */
async function connectOnce(
  url: string,
  variables: Readonly<Record<string, string | undefined>> = {},
): Promise<MediumConnection> {
  const restore = withEnvironment(variables);
  try {
    const connection = await sftp.connect(url);
    await connection.client.close();
    return connection;
  } finally {
    restore();
  }
}

async function refusal(connecting: Promise<unknown>): Promise<HeisenwriteError> {
  const outcome = await connecting.catch((error: unknown) => error);
  if (outcome instanceof HeisenwriteError) return outcome;
  throw outcome instanceof Error ? outcome : new Error('it was let in');
}

function fingerprint(publicKey: string): string {
  const words = execFileSync('ssh-keygen', ['-l', '-f', publicKey], { encoding: 'utf8' }).split(
    ' ',
  );
  return words[1] as string;
}

describe('which hosts are believed', () => {
  withServer('an unknown one is refused, with the command that accepts it', async (server) => {
    writeFileSync(server.knownHosts, '');
    const refused = await refusal(sftp.connect(server.url));
    expect(refused.code).toBe('host-key-unknown');
    expect(refused.message).toContain(fingerprint(join(server.folder, 'host-key.pub')));
    const command = /ssh-keyscan .*$/.exec(refused.message)?.[0] ?? '';
    expect(command).toBe(`ssh-keyscan -p ${server.port} 127.0.0.1 >> ${server.knownHosts}`);
    execFileSync('sh', ['-c', command], { stdio: 'pipe' });
    await connectOnce(server.url);
    expect(server.log()).not.toMatch(/Accepted.*\n.*Accepted/);
  });

  withServer('one that is known by a hash alone', async (server) => {
    execFileSync('ssh-keygen', ['-H', '-f', server.knownHosts], { stdio: 'pipe' });
    expect(readFileSync(server.knownHosts, 'utf8')).toMatch(/^\|1\|/);
    await connectOnce(server.url);
  });

  withServer('one that shows another key is refused more sternly', async (server) => {
    const other = join(server.folder, 'other');
    makeKey(other);
    const known = readFileSync(`${other}.pub`, 'utf8');
    writeFileSync(server.knownHosts, `# mine\n[127.0.0.1]:${server.port} ${known}`);
    const refused = await refusal(sftp.connect(server.url));
    expect(refused.code).toBe('host-key-unknown');
    expect(refused.message).toContain('HAS CHANGED');
    expect(refused.message).toContain(`${server.knownHosts}:2`);
    expect(refused.message).toContain(fingerprint(`${other}.pub`));
    expect(refused.message).not.toContain('ssh-keyscan');
    expect(refused.remedy).toContain(`ssh-keygen -R '[127.0.0.1]:${server.port}'`);
    expect(server.log()).not.toContain('Accepted');
  });

  withServer('one whose key is revoked', async (server) => {
    const key = readFileSync(join(server.folder, 'host-key.pub'), 'utf8');
    writeFileSync(server.knownHosts, `[127.0.0.1]:${server.port} ${key}@revoked * ${key}`);
    const refused = await refusal(sftp.connect(server.url));
    expect(refused).toMatchObject({ code: 'host-key-unknown' });
    expect(refused.message).toContain('REVOKED');
  });

  for (const type of ['rsa', 'ecdsa']) {
    withServer(`one that has several keys and is known by its ${type} key`, async (server) => {
      await server.kill();
      const key = join(server.folder, type);
      makeKey(key, '', type);
      const config = join(server.folder, 'config');
      writeFileSync(config, `${readFileSync(config, 'utf8')}HostKey ${key}\n`);
      await server.restart();
      const name = `[127.0.0.1]:${server.port}`;
      writeFileSync(server.knownHosts, `${name} ${readFileSync(`${key}.pub`, 'utf8')}`);
      const { facts } = await connectOnce(server.url);
      expect(facts['host key']).toContain(fingerprint(`${key}.pub`));
    });
  }
});

describe('who is let in', () => {
  withServer('nobody with a wrong key, whatever is tried', async (server) => {
    const wrong = join(server.folder, 'wrong');
    makeKey(wrong);
    const refused = await refusal(connectOnce(server.url, { HEISENWRITE_SSH_IDENTITY: wrong }));
    expect(refused.code).toBe('not-authenticated');
    expect(refused.message).toContain('let root in');
    expect(refused.message).toContain(wrong);
  });

  withServer('not a user that the server does not know', async (server) => {
    const refused = await refusal(sftp.connect(server.urlOf('', 'nobody-of-that-name')));
    expect(refused.code).toBe('not-authenticated');
    expect(refused.message).toContain('nobody-of-that-name');
  });

  for (const type of ['rsa', 'ecdsa']) {
    withServer(`by a key file of type ${type}`, async (server) => {
      const key = join(server.folder, type);
      makeKey(key, '', type);
      writeFileSync(join(server.folder, 'authorized'), readFileSync(`${key}.pub`));
      await connectOnce(server.url, { HEISENWRITE_SSH_IDENTITY: key });
    });
  }

  withServer('by ssh_config alone: alias, port, user and key', async (server) => {
    const config = join(server.folder, 'ssh-config');
    const lines = [
      'Host the-alias',
      'HostName 127.0.0.1',
      `Port ${server.port}`,
      'User root',
      `IdentityFile ${server.identity}`,
    ];
    writeFileSync(config, lines.join('\n'));
    await connectOnce(`sftp://the-alias${server.directory}`, {
      HEISENWRITE_SSH_CONFIG: config,
      HEISENWRITE_SSH_IDENTITY: undefined,
    });
  });

  withServer('nobody who has no key at all', async (server) => {
    const absent = { HEISENWRITE_SSH_IDENTITY: join(server.folder, 'absent') };
    const refused = await refusal(connectOnce(server.url, absent));
    expect(refused.code).toBe('not-authenticated');
    expect(refused.message).toContain('absent (ENOENT)');
  });
});

describe('who is let in by the agent', () => {
  withServer(
    'an encrypted key only through the agent, which may hold others too',
    async (server) => {
      const key = join(server.folder, 'encrypted');
      makeKey(key, 'a passphrase');
      writeFileSync(join(server.folder, 'authorized'), readFileSync(`${key}.pub`));
      const identity = { HEISENWRITE_SSH_IDENTITY: key };
      const refused = await refusal(connectOnce(server.url, identity));
      expect(refused.code).toBe('not-authenticated');
      expect(refused.message).toContain(`ssh-add ${key}`);
      const socket = join(server.folder, 'agent');
      const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
      try {
        const environment = {
          ...process.env,
          SSH_AUTH_SOCK: socket,
          DISPLAY: ':0',
          SSH_ASKPASS: askpass(server.folder),
          SSH_ASKPASS_REQUIRE: 'force',
        };
        const add = (file: string) =>
          execFileSync('ssh-add', ['-q', file], { env: environment, stdio: 'pipe' });
        await until(() => agent.exitCode !== null || isSocket(socket));
        // More than the six tries that sshd allows, all wrong, and before the right one.
        for (let index = 0; index < 8; index++) {
          const other = join(server.folder, `other-${index}`);
          makeKey(other);
          add(other);
        }
        add(key);
        await connectOnce(server.url, { ...identity, SSH_AUTH_SOCK: socket });
        // Without a word on which is the right one, as ssh itself.
        const many = { HEISENWRITE_SSH_IDENTITY: undefined, SSH_AUTH_SOCK: socket };
        const tooMany = await refusal(connectOnce(server.url, many));
        expect(tooMany.code).toBe('not-authenticated');
        expect(tooMany.message).toContain('9 of the SSH agent');
      } finally {
        const ended = new Promise((resolve) => agent.once('exit', resolve));
        if (agent.kill()) await ended;
      }
      const gone = await refusal(connectOnce(server.url, { ...identity, SSH_AUTH_SOCK: socket }));
      expect(gone.code).toBe('not-authenticated');
      expect(gone.message).toContain('agent');
    },
    [...NEEDS, 'ssh-agent'],
  );
});

describe('an agent that does not answer', () => {
  withServer('ends with the limit, and in words', async (server) => {
    const silent = createServer(() => undefined);
    const socket = join(server.folder, 'silent');
    await new Promise<void>((resolve) => silent.listen(socket, resolve));
    const restore = withEnvironment({ SSH_AUTH_SOCK: socket });
    try {
      const connecting = sftp.connect(server.url, { limitMs: 300 });
      await expect(connecting).rejects.toThrow('asking the SSH agent');
    } finally {
      restore();
      silent.close();
    }
  });
});

describe('places that are not there', () => {
  withServer('no directory, or a file', async (server) => {
    writeFileSync(join(server.directory, 'plain'), '');
    expect((await refusal(sftp.connect(server.urlOf('/absent')))).code).toBe('no-such-place');
    expect((await refusal(sftp.connect(server.urlOf('/plain')))).code).toBe('no-such-place');
  });

  withServer('no server', async (server) => {
    await server.kill();
    await expect(sftp.connect(server.url)).rejects.toThrow(UnreachableError);
    await expect(sftp.connect('sftp://no-such-host.invalid/x')).rejects.toThrow(UnreachableError);
  });

  withServer(
    'a server without SFTP',
    async (server) => {
      expect((await refusal(sftp.connect(server.url))).code).toBe('missing-component');
    },
    NEEDS,
    ['ForceCommand /bin/false'],
  );
});

function askpass(folder: string): string {
  const file = join(folder, 'askpass');
  writeFileSync(file, '#!/bin/sh\necho a passphrase\n', { mode: 0o700 });
  return file;
}

function isSocket(path: string): boolean {
  return readFileSync('/proc/net/unix', 'utf8').includes(path);
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(20);
}
