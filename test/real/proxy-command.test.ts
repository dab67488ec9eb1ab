// `heisenwrite proxy sftp` and `proxy s3` as commands: they say where they listen, are changed
// while they run, end in order, are in nobody's way when they are killed, and refuse what cannot be
// with the exit code of its kind.

import { appendFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { type Sshd, startSshd } from '../../src/fleet/sshd.ts';
import { sftp } from '../../src/medium/sftp.ts';
import { anyManner, refusal, stamped, writeWhole } from '../conformance/medium-setting.ts';
import { type Environment, expectRefusal, heisenwrite, started } from './command-line.ts';
import { withEnvironment } from './environment.ts';
import { requireOrSkip } from './requirements.ts';

interface Said {
  readonly event: string;
  readonly name?: string;
  readonly listen?: string;
  readonly text?: string;
  readonly kind?: string;
  readonly counts?: Readonly<Record<string, number>>;
  readonly faults?: readonly unknown[];
}

/** Starts one and reads what it says, line by line. */
function running(words: readonly string[], environment: Environment) {
  const child = started(['proxy', ...words, '--json'], '/', environment);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const said: Said[] = [];
  return {
    child,
    said,
    async until(event: string): Promise<Said> {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`it ended without ${event}: ${JSON.stringify(said)}`);
        said.push(JSON.parse(value));
        if (said.at(-1)?.event === event) return said.at(-1) as Said;
      }
    },
  };
}

async function withSshd(body: (server: Sshd, words: readonly string[]) => Promise<void>) {
  const server = await startSshd();
  const restore = withEnvironment({ ...server.environment, SSH_AUTH_SOCK: undefined });
  const to = ['sftp', '--to', `127.0.0.1:${server.port}`, '--user', 'root'];
  try {
    await body(server, [...to, '--authorized-keys', `${server.identity}.pub`]);
  } finally {
    restore();
    await server.stop();
  }
}

test('sftp: from start to Ctrl-C, with faults that come and go', async (context) => {
  requireOrSkip(context, 'root', 'sshd', 'ssh-keygen');
  await withSshd(async (server, words) => {
    const fault = 'errno:op=write,errno=EIO,count=1';
    const proxy = running([...words, '--fault', fault, '--seed', '7'], server.environment);
    const { listen = '', name = '' } = await proxy.until('listening');
    expect(name).toBe(`sftp:${listen.split(':')[1]}`);
    const hostKey = /known_hosts: (.*)/.exec(proxy.said[0]?.text ?? '')?.[1];
    appendFileSync(server.knownHosts, `${hostKey}\n`);
    const { client } = await sftp.connect(server.url.replace(/127\.0\.0\.1:\d+/, listen));
    const error = await refusal(writeWhole(client, '/file', stamped(1, 512)));
    expect(error.errno).toBe('SSH_FX_FAILURE');
    expect(await proxy.until('receipt')).toMatchObject({ kind: 'errno' });
    const set = await heisenwrite([
      ...['fault', 'set', name],
      ...['--fault', 'lost:op=write,count=1'],
    ]);
    expect({ exitCode: set.exitCode, stderr: set.stderr }).toEqual({ exitCode: 0, stderr: '' });
    const file = await client.create('/file', anyManner(512));
    await file.write(0, stamped(1, 512));
    await file.close();
    expect(await client.length('/file')).toBe(0);
    const refused = await heisenwrite(['fault', 'set', name, '--fault', 'verifier']);
    expect(refused.exitCode).toBe(2);
    await client.close();
    proxy.child.kill('SIGINT');
    const ended = await proxy.until('ended');
    expect(ended.counts).toMatchObject({ connections: 1, sessions: 1 });
    expect(ended.faults).toMatchObject([{ fired: 1 }, { fired: 1 }]);
    expect((await proxy.child).exitCode).toBe(0);
  });
});

test("killed, it is in nobody's way", async (context) => {
  requireOrSkip(context, 'root', 'sshd', 'ssh-keygen');
  await withSshd(async (server, words) => {
    const environment = { ...server.environment, TMPDIR: server.directory };
    const killed = running(words, environment);
    const { listen = '' } = await killed.until('listening');
    killed.child.kill('SIGKILL');
    await killed.child;
    // The directory of control sockets, of which a dead one is free.
    expect(readdirSync(server.directory)).toEqual(['heisenwrite-0']);
    const next = running([...words, '--listen', listen], environment);
    expect(await next.until('listening')).toMatchObject({ listen });
    next.child.kill('SIGTERM');
    await next.until('ended');
    expect((await next.child).exitCode).toBe(0);
    expect(readdirSync(join(server.directory, 'heisenwrite-0'))).toEqual([]);
  });
});

test('what is refused, each with the exit code of its kind', async (context) => {
  requireOrSkip(context, 'root', 'sshd', 'ssh-keygen');
  const free = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => free.once('listening', resolve));
  const { port } = free.address() as { port: number };
  await new Promise((resolve) => free.close(resolve));
  await withSshd(async (server, words) => {
    const said = (...more: readonly string[]) =>
      heisenwrite(['proxy', ...more], tmpdir(), server.environment);
    const dead = `127.0.0.1:${port}`;
    expectRefusal(await said('s3', '--to', dead), 3, /cannot be reached: ECONNREFUSED/);
    const sftpWords = words.map((word) => (word === words[2] ? dead : word));
    expectRefusal(await said(...sftpWords), 3, /cannot be reached/);
    expectRefusal(await said('s3', '--to', dead, '--user', 'x'), 2, /--user is not for the s3/);
    expectRefusal(await said('gopher', '--to', dead), 2, /no proxy for "gopher"/);
    expectRefusal(await said(...words, '--fault', 'flop'), 2, /no fault "flop"/);
    expectRefusal(await said(...words, '--fault', 'flip:probability=0'), 2, /not a probability/);
    expectRefusal(await said(...words, '--fault', 'body'), 2, /cannot plant body/);
    expectRefusal(await said(...words, '--listen', '127.0.0.1:x'), 2, /not HOST:PORT/);
    const none = join(server.folder, 'none');
    const keyless = [...words.slice(0, 5), '--authorized-keys', none];
    expectRefusal(await said(...keyless), 2, /cannot be read \(ENOENT\)/);
    const unsigned = { AWS_ACCESS_KEY_ID: '', AWS_EC2_METADATA_DISABLED: 'true', HOME: none };
    const to = `127.0.0.1:${server.port}`;
    const signing = heisenwrite(['proxy', 's3', '--to', to, '--sign'], tmpdir(), unsigned);
    expectRefusal(await signing, 2, /--sign/);
  });
});
