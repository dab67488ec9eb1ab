// What a guard undoes, and when: on release nothing, at the end and on SIGKILL what is left.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Guard } from '../../../src/base/guard.ts';

const GUARD = JSON.stringify(fileURLToPath(new URL('../../../src/base/guard.ts', import.meta.url)));

describe('a guard', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'guard-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const mark = (name: string) => join(directory, name);

  it('runs what was not released when it is stopped, and nothing that was', async () => {
    const guard = await Guard.start();
    const release = await guard.undo(['touch', mark('released')]);
    await guard.undo(['touch', mark('left')]);
    release();
    await guard.stop();
    expect([existsSync(mark('released')), existsSync(mark('left'))]).toEqual([false, true]);
  });

  it('undoes the newest first, and goes on where a command fails', async () => {
    const guard = await Guard.start();
    await guard.undo(['rmdir', mark('outer')]);
    await guard.undo(['no-such-program-at-all']);
    await guard.undo(['mkdir', mark('outer')]);
    await guard.stop();
    expect(existsSync(mark('outer'))).toBe(false);
  });

  it('acts when the process that it guards is killed with SIGKILL', async () => {
    const script =
      `const { Guard } = await import(${GUARD});` +
      `const guard = await Guard.start();` +
      `await guard.undo(['touch', ${JSON.stringify(mark('undone'))}]);` +
      `process.stdout.write('armed'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(existsSync(mark('undone'))).toBe(false);
    child.kill('SIGKILL');
    for (let waited = 0; waited < 5000 && !existsSync(mark('undone')); waited += 20)
      await sleep(20);
    expect(existsSync(mark('undone'))).toBe(true);
  });

  it('keeps no process alive that has nothing else to do', async () => {
    const script = `const { Guard } = await import(${GUARD}); await Guard.start();`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect(code).toBe(0);
  });
});
