// What lies under the SFTP proxy: each cipher that it offers to OpenSSH's client, with new keys
// agreed on by either side in the middle of a transfer, and packets as long as the proxy asks for.
// Bytes that are put and got again are compared; without a fault nothing may be changed.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { type FaultySftp, withFaultySftp } from './faulty-sftp.ts';
import { requireOrSkip } from './requirements.ts';

const BYTES = 24 * 2 ** 20;

function localBytes(setting: FaultySftp): string {
  const path = join(setting.server.folder, 'bytes');
  const words = new Uint32Array(BYTES / 4);
  const rng = createRng('cipher');
  for (let index = 0; index < words.length; index++) words[index] = rng.uniform() * 2 ** 32;
  writeFileSync(path, words);
  return path;
}

async function putAndGet(setting: FaultySftp, options: readonly string[]): Promise<void> {
  const local = localBytes(setting);
  const remote = join(setting.server.directory, 'remote');
  const back = join(setting.server.folder, 'back');
  const lines = [`put ${local} ${remote}`, `get ${remote} ${back}`];
  const { exitCode, stderr } = await setting.sftpWith(options, ...lines);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  for (const copy of [remote, back]) {
    expect(readFileSync(copy).equals(readFileSync(local)), copy).toBe(true);
  }
}

for (const cipher of ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes256-ctr']) {
  test(`${cipher}, with new keys in the middle`, async (context) => {
    requireOrSkip(context, 'root', 'sshd', 'ssh-keygen');
    await withFaultySftp((setting) =>
      putAndGet(setting, ['-c', cipher, '-o', 'RekeyLimit=3M', '-B', '261120']),
    );
  });
}

test('new keys that the server asks for', async (context) => {
  requireOrSkip(context, 'root', 'sshd', 'ssh-keygen');
  await withFaultySftp((setting) => putAndGet(setting, ['-R', '100']), ['RekeyLimit 2M']);
});
