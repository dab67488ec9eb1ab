// The control socket, with real sockets: who may own a name, what each request changes, and that a
// refused fault leaves everything as it was.

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import { ArmedFaults } from '../../../src/fault/armed-faults.ts';
import { askControl, liveServers } from '../../../src/fault/control-client.ts';
import { type ControlServer, serveControl } from '../../../src/fault/control-server.ts';
import { controlPath } from '../../../src/fault/control-socket.ts';

const WRITE = { operation: 'write', path: '/a', offset: 0, length: 8 } as const;

describe('the control socket', () => {
  const before = process.env.XDG_RUNTIME_DIR;
  const servers: ControlServer[] = [];
  let directory: string;
  let faults: ArmedFaults;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'control-'));
    process.env.XDG_RUNTIME_DIR = directory;
    faults = new ArmedFaults({ errno: ['write'], lost: ['write'] }, 'a mount', createRng('1'));
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
    rmSync(directory, { recursive: true });
    if (before === undefined) delete process.env.XDG_RUNTIME_DIR;
    else process.env.XDG_RUNTIME_DIR = before;
  });
  const serve = async (name: string) => {
    const server = await serveControl(faults, { server: 'mount', name, at: '/srv' });
    servers.push(server);
    return server;
  };

  it('sets, lists and clears, and says what is set after each', async () => {
    await serve('nfs:2049');
    const set = await askControl('nfs:2049', {
      ask: 'set',
      faults: ['errno:errno=EIO', 'lost:count=1'],
    });
    expect(set).toMatchObject({ changed: 2, about: { name: 'nfs:2049', pid: process.pid } });
    faults.firing(WRITE);
    expect((await askControl('nfs:2049', { ask: 'list' })).faults).toEqual([
      { number: 1, text: 'errno:errno=EIO', matched: 1, fired: 1 },
      // The first has refused the call: there is nothing left to lose.
      { number: 2, text: 'lost:count=1', matched: 0, fired: 0 },
    ]);
    const cleared = await askControl('nfs:2049', { ask: 'clear', number: 1 });
    expect(cleared).toMatchObject({ changed: 1, faults: [{ number: 2 }] });
    expect(await askControl('nfs:2049', { ask: 'clear' })).toMatchObject({
      changed: 1,
      faults: [],
    });
    expect(faults.quiet).toBe(true);
  });

  it('sets none of several where one is refused, and says which', async () => {
    await serve('nfs:2049');
    const asked = askControl('nfs:2049', { ask: 'set', faults: ['lost', 'torn:bytes=4'] });
    await expect(asked).rejects.toMatchObject({
      code: 'invalid-fault',
      message: expect.stringContaining('a mount cannot plant torn'),
    });
    expect(faults.list()).toEqual([]);
  });

  it('wakes what waits for a signal and hands out receipts once', async () => {
    await serve('nfs:2049');
    await askControl('nfs:2049', { ask: 'set', faults: ['lost:signal=SIGHUP'] });
    expect(faults.firing(WRITE)).toEqual([]);
    const woken = await askControl('nfs:2049', { ask: 'signal', signal: 'SIGHUP' });
    expect(woken.changed).toBe(1);
    for (const armed of faults.firing(WRITE)) faults.receipt(armed, WRITE, 'lost');
    const first = await askControl('nfs:2049', { ask: 'receipts' });
    expect(first.receipts).toMatchObject([{ fault: 1, kind: 'lost', path: '/a', what: 'lost' }]);
    expect((await askControl('nfs:2049', { ask: 'receipts' })).receipts).toEqual([]);
  });

  it('finds a mount by another path to the same place', async () => {
    await serve(directory);
    symlinkSync(directory, join(directory, 'link'));
    expect((await askControl(join(directory, 'link'), { ask: 'list' })).about.name).toBe(directory);
  });

  it('lists every live server by name, and none that is gone', async () => {
    await serve('tcp:99');
    await serve('nfs:2049');
    const gone = await serve('s3:1');
    await gone.close();
    expect((await liveServers()).map(({ about }) => about.name)).toEqual(['nfs:2049', 'tcp:99']);
  });

  it('refuses a second server of a name, and replaces the socket of a dead one', async () => {
    await serve('nfs:2049');
    await expect(serve('nfs:2049')).rejects.toMatchObject({
      code: 'invalid-option',
      message: 'nfs:2049 is served already',
    });
    expect(await askControl('nfs:2049', { ask: 'list' })).toMatchObject({ ok: true });

    const left = controlPath('tcp:7');
    const script =
      `require('node:net').createServer().listen(process.argv[1], ` +
      `() => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script, left]);
    expect(existsSync(left)).toBe(true);
    await serve('tcp:7');
    expect((await askControl('tcp:7', { ask: 'list' })).about.name).toBe('tcp:7');
  });

  it('says that nothing serves a name, and how to see what does', async () => {
    await expect(askControl('nfs:1', { ask: 'list' })).rejects.toMatchObject({
      code: 'no-fault-server',
      message: 'nothing serves nfs:1',
      exitCode: 2,
      remedy: expect.stringContaining('fault list'),
    });
  });

  it('is for this user alone, and is not made where others may enter', async () => {
    await serve('nfs:2049');
    const made = dirname(controlPath('nfs:2049'));
    expect(statSync(made).mode & 0o777).toBe(0o700);
    chmodSync(made, 0o755);
    await expect(serve('tcp:1')).rejects.toMatchObject({
      code: 'invalid-option',
      message: `${made} is not for this user alone`,
    });
    chmodSync(made, 0o700);
  });

  it('answers what it does not understand with a refusal, and goes on', async () => {
    await serve('nfs:2049');
    // Typed past the client's own check, as another version would ask.
    const asked = askControl('nfs:2049', { ask: 'explode' } as never);
    await expect(asked).rejects.toMatchObject({ message: 'the server does not know this request' });
    expect(await askControl('nfs:2049', { ask: 'list' })).toMatchObject({ ok: true });
  });

  it('calls a server that hangs up without an answer none', async () => {
    const mute = createServer((socket) => void socket.destroy());
    await new Promise<void>((resolve) => mute.listen(controlPath('tcp:5'), resolve));
    await expect(askControl('tcp:5', { ask: 'list' })).rejects.toMatchObject({
      code: 'no-fault-server',
    });
    await new Promise((resolve) => mute.close(resolve));
  });
});
