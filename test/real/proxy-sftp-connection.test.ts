// The ends of connections through the SFTP proxy, faults that are changed while files are open, and
// what is refused: a server that is not there or not the right one, keys, ports, faults that cannot
// be.

import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { parseFault } from '../../src/domain/fault-grammar.ts';
import { ArmedFaults } from '../../src/fault/armed-faults.ts';
import { sftpProxy } from '../../src/fault/sftp-proxy/sftp-proxy.ts';
import { makeKey, startSshd } from '../../src/fleet/sshd.ts';
import { anyManner, refusal, stamped, writeWhole } from '../conformance/medium-setting.ts';
import { withEnvironment } from './environment.ts';
import { realSftp } from './faulty-sftp.ts';
import { requireOrSkip } from './requirements.ts';

const MIB = 2 ** 20;

/** Options of a proxy before `server`, with what a test wants otherwise. */
function starting(toPort: number, keys: { hostKey?: string; authorized: string; listen?: number }) {
  const proxy = sftpProxy({
    user: 'root',
    hostKeyFile: keys.hostKey ?? null,
    authorizedKeysFile: keys.authorized,
  });
  const rng = createRng('starting');
  const faults = new ArmedFaults(proxy.plantable, 'the sftp proxy', rng, undefined, proxy.admit);
  const started = proxy.start({
    listen: { host: '127.0.0.1', port: keys.listen ?? 0 },
    to: { host: '127.0.0.1', port: toPort },
    faults,
    rng,
    note: () => undefined,
  });
  return { faults, started };
}

describe('connections', () => {
  realSftp('cut, reset and half-closed: the client sees its connection lost', async (setting) => {
    for (const kind of ['cut', 'reset', 'half-close']) {
      setting.faults.clear();
      const client = await setting.connect({ limitMs: 5000 });
      setting.plant(`${kind}:op=write,skip=2,count=1`);
      const error = await refusal(writeWhole(client, `/${kind}`, stamped(1, 3 * MIB)));
      expect({ kind, errno: error.errno }).toEqual({ kind, errno: 'ECONNRESET' });
      expect(setting.receipts()).toMatchObject([{ kind, operation: 'write' }]);
      const next = await setting.connect();
      await writeWhole(next, '/after', stamped(1, 512));
    }
  });

  realSftp('cut after so many bytes, in the middle of an upload by sftp', async (setting) => {
    const local = join(setting.server.folder, 'local');
    writeFileSync(local, stamped(1, 4 * MIB));
    setting.plant('cut:op=write,bytes=1MiB');
    // One request after the other, so that the server has written some when it is cut.
    const put = await setting.sftpWith(['-R', '1'], `put ${local} ${setting.server.directory}/cut`);
    // It may die of the pipe to its ssh before it can say so.
    expect(put.exitCode).not.toBe(0);
    const { size } = statSync(join(setting.server.directory, 'cut'));
    expect(size).toBeGreaterThan(0);
    expect(size).toBeLessThanOrEqual(MIB);
  });

  realSftp('a server that dies takes its sessions with it, and comes back', async (setting) => {
    const client = await setting.connect({ limitMs: 5000 });
    await writeWhole(client, '/before', stamped(1, 512));
    await setting.server.kill();
    expect(await refusal(client.length('/before'))).toMatchObject({ errno: 'ECONNRESET' });
    const put = await setting.sftp('ls /');
    expect(put.exitCode).toBe(255);
    await setting.server.restart();
    const next = await setting.connect();
    expect(await next.length('/before')).toBe(512);
  });

  realSftp('a beginning that is not answered or cut off', async (setting) => {
    setting.plant('cut:op=connect,count=1');
    expect((await setting.sftp('ls /')).exitCode).toBe(255);
    setting.plant('dropped:op=connect,count=1');
    const late = setting.connect({ limitMs: 700 });
    await expect(late).rejects.toMatchObject({ name: 'UnreachableError' });
    setting.plant('latency:op=connect,time=300ms');
    await setting.connect();
    expect(setting.receipts()).toMatchObject([{ kind: 'latency', operation: 'connect' }]);
  });
});

describe('faults that come and go', () => {
  realSftp('a file that was opened before a fault was set is known to it', async (setting) => {
    const client = await setting.connect();
    const file = await client.create('/open', anyManner(MIB));
    await file.write(0, stamped(1, MIB));
    setting.plant('errno:op=write,errno=EACCES,path=*/open,count=1', 'delayed:path=*/other');
    expect(await refusal(file.write(0, stamped(1, 512)))).toMatchObject({
      errno: 'SSH_FX_PERMISSION_DENIED',
    });
    const other = await client.create('/other', anyManner(512));
    await other.write(0, stamped(1, 512));
    setting.faults.clear();
    // What was put off is owed also after the fault is gone.
    await other.close();
    expect(statSync(join(setting.server.directory, 'other')).size).toBe(512);
    await file.write(0, stamped(2, MIB));
    await file.close();
  });

  realSftp('set and cleared under load: nothing is lost or mixed up', async (setting) => {
    const client = await setting.connect();
    let isOver = false;
    const toggling = (async () => {
      while (!isOver) {
        setting.plant('latency:op=write,time=2ms,probability=0.1', 'reorder:probability=0.1');
        await new Promise((resolve) => setTimeout(resolve, 3));
        setting.faults.clear();
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
    })();
    const content = stamped(1, 8 * MIB);
    for (const name of ['/a', '/b', '/c']) await writeWhole(client, name, content);
    isOver = true;
    await toggling;
    for (const name of ['a', 'b', 'c']) {
      const found = readFileSync(join(setting.server.directory, name));
      expect(found.equals(content)).toBe(true);
    }
  });
});

describe('what is refused', () => {
  realSftp('a client whose key is not in the file', async (setting) => {
    const before = join(setting.server.folder, 'before');
    copyFileSync(setting.server.identity, before);
    makeKey(setting.server.identity);
    const refused = setting.connect();
    await expect(refused).rejects.toMatchObject({ code: 'not-authenticated' });
  });

  realSftp('faults that cannot be, before anything passes', async (setting) => {
    const refusalOf = (text: string) => () => setting.faults.set(parseFault(text));
    for (const [text, words] of [
      ['verifier', 'cannot plant verifier'],
      ['late:op=read,errno=EIO', 'cannot plant late in read'],
      ['errno:op=write,errno=ENOSUCH', 'there is no error ENOSUCH'],
      ['flip:probability=2', 'not a probability'],
      ['flop', 'there is no fault "flop"'],
      ['rate:bytes=0B', 'nothing would ever pass'],
    ] as const) {
      expect(refusalOf(text)).toThrow(words);
    }
  });

  test('a server that is not there or not the right one, and bad keys', async (context) => {
    requireOrSkip(context, 'root', 'sshd', 'ssh-keygen');
    const server = await startSshd();
    const restore = withEnvironment({ ...server.environment, SSH_AUTH_SOCK: undefined });
    const authorized = `${server.identity}.pub`;
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port: takenPort } = taken.address() as { port: number };
    try {
      const { port } = server;
      const failing = (to: number, keys: Parameters<typeof starting>[1], code: string) =>
        expect(starting(to, keys).started).rejects.toMatchObject({ code });
      await failing(port, { authorized, listen: takenPort }, 'invalid-option');
      await failing(port, { authorized: '/dev/null' }, 'invalid-option');
      await failing(port, { authorized: join(server.folder, 'absent') }, 'invalid-option');
      await failing(port, { authorized, hostKey: authorized }, 'invalid-option');
      await failing(port, { authorized, hostKey: '/dev/null' }, 'invalid-option');
      writeFileSync(`${server.folder}/options`, `from="10.0.0.1" ${readFileSync(authorized)}`);
      await failing(port, { authorized: `${server.folder}/options` }, 'invalid-option');
      const known = readFileSync(server.knownHosts, 'utf8');
      writeFileSync(server.knownHosts, '');
      await failing(port, { authorized }, 'host-key-unknown');
      const own = readFileSync(authorized, 'utf8');
      writeFileSync(server.knownHosts, `[127.0.0.1]:${port} ${own}`);
      await failing(port, { authorized }, 'host-key-unknown');
      writeFileSync(server.knownHosts, known);
      await (await starting(port, { authorized }).started).close();
      await server.kill();
      await failing(port, { authorized }, 'unreachable');
    } finally {
      taken.close();
      restore();
      await server.stop();
    }
  });
});
