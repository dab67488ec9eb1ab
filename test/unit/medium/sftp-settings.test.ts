// How one gets to an SSH host: ssh_config as OpenSSH reads it, and the variables that name other
// files.

import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseSftpUrl } from '../../../src/medium/sftp-place.ts';
import { type SshSettings, settingsFor } from '../../../src/medium/sftp-settings.ts';
import { inDirectory, TMPFS } from '../../fixtures/actors/trial-setting.ts';

/** With a home directory of its own that holds this ssh_config. */
async function settings(
  url: string,
  config: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<SshSettings & { readonly home: string }> {
  return inDirectory(async (home) => {
    mkdirSync(join(home, '.ssh'));
    const file = join(home, '.ssh', 'config');
    writeFileSync(file, config);
    const variables = { HEISENWRITE_SSH_CONFIG: file, ...environment };
    return { ...settingsFor(parseSftpUrl(url), variables, home), home };
  }, TMPFS);
}

const CONFIG = `
IdentityFile ~/.ssh/first
Host box
  HostName %h.example.org
  Port 2222
  User deploy
  identityfile "%d/keys/%r at %h"
  UserKnownHostsFile ~/.ssh/a "/etc/my hosts"
  HostKeyAlias the-box
Host *
  User nobody
  IdentitiesOnly yes
`;

describe('the settings of a host', () => {
  test('without a file that says something, as ssh has it', async () => {
    const found = await settings('sftp://box/x', '', { SSH_AUTH_SOCK: '/run/agent' });
    const ssh = (name: string) => join(found.home, '.ssh', name);
    expect(found).toMatchObject({
      host: 'box',
      port: 22,
      user: userInfo().username,
      keyAlias: null,
      identityFiles: [ssh('id_ed25519'), ssh('id_ecdsa'), ssh('id_rsa')],
      identitiesNamed: false,
      identitiesOnly: false,
      agentSocket: '/run/agent',
    });
    expect(found.knownHostsFiles.slice(0, 2)).toEqual([ssh('known_hosts'), ssh('known_hosts2')]);
    expect(found.knownHostsFiles).toContain('/etc/ssh/ssh_known_hosts');
  });

  test('from ssh_config, with its tokens and its order', async () => {
    const found = await settings('sftp://box/x', CONFIG);
    expect(found).toMatchObject({
      host: 'box.example.org',
      port: 2222,
      user: 'deploy',
      keyAlias: 'the-box',
      identityFiles: [
        join(found.home, '.ssh/first'),
        join(found.home, 'keys/deploy at box.example.org'),
      ],
      identitiesNamed: true,
      identitiesOnly: true,
      agentSocket: null,
    });
    expect(found.knownHostsFiles.slice(0, 2)).toEqual([
      join(found.home, '.ssh/a'),
      '/etc/my hosts',
    ]);
  });

  test('the URL wins over ssh_config', async () => {
    const found = await settings('sftp://me@box:22/x', CONFIG);
    expect(found).toMatchObject({ host: 'box.example.org', port: 22, user: 'me' });
    expect(await settings('sftp://other/x', CONFIG)).toMatchObject({ user: 'nobody', port: 22 });
  });

  test('variables name other files, and then no others are looked at', async () => {
    const found = await settings('sftp://box/x', CONFIG, {
      HEISENWRITE_SSH_IDENTITY: '/my/key',
      HEISENWRITE_SSH_KNOWN_HOSTS: '/my/hosts',
    });
    expect(found).toMatchObject({ identityFiles: ['/my/key'], knownHostsFiles: ['/my/hosts'] });
    expect(found.identitiesOnly).toBe(true);
  });

  test('Include, with what follows it in the Host that stood before', () =>
    inDirectory(async (home) => {
      mkdirSync(join(home, '.ssh/more'), { recursive: true });
      const write = (name: string, text: string) => writeFileSync(join(home, '.ssh', name), text);
      write('more/1', 'Host one\n  Port 1001\n');
      write('more/2', 'Host two\n  Port 1002\nInclude config\n');
      write('mine', 'User mine\n');
      write('config', 'Include more/*\nHost one t*\n  Include "~/.ssh/mine"\n  HostName h\n');
      const of = (host: string) => {
        const variables = { HEISENWRITE_SSH_CONFIG: join(home, '.ssh/config') };
        return settingsFor(parseSftpUrl(`sftp://${host}/x`), variables, home);
      };
      expect(of('one')).toMatchObject({ port: 1001, user: 'mine', host: 'h' });
      expect(of('two')).toMatchObject({ port: 1002, user: 'mine', host: 'h' });
      expect(of('six')).toMatchObject({ port: 22, user: userInfo().username, host: 'six' });
    }, TMPFS));

  test('the agent that ssh_config names', async () => {
    const agent = async (value: string) =>
      (await settings('sftp://b/x', `IdentityAgent ${value}`, { SSH_AUTH_SOCK: '/s', MINE: '/m' }))
        .agentSocket;
    expect(await agent('none')).toBeNull();
    expect(await agent('SSH_AUTH_SOCK')).toBe('/s');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable as ssh_config has it
    expect(await agent('${MINE}')).toBe('/m');
    expect(await agent('$MINE')).toBe('/m');
    expect(await agent('/run/other')).toBe('/run/other');
  });

  test.each(['ProxyJump bastion', 'ProxyCommand nc %h %p'])(
    '%s is refused with a way out, since it is not followed',
    async (detour) => {
      const refused = settings('sftp://box/x', `Host box\n  ${detour}\n`);
      await expect(refused).rejects.toMatchObject({
        code: 'invalid-place',
        remedy: expect.stringContaining('ssh -L'),
      });
      expect((await settings('sftp://other/x', `Host box\n  ${detour}\n`)).host).toBe('other');
    },
  );
});
