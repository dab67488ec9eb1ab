// What is asked of a real machine, also about a process that has gone since.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { machineWorld } from '../../../src/trace/world.ts';

test('descriptors, family, names and files of this machine', () => {
  const directory = mkdtempSync(join(tmpdir(), 'heisenwrite-world-'));
  try {
    symlinkSync(directory, join(directory, 'link'));
    const file = join(directory, 'file');
    const fd = openSync(file, 'a');
    const world = machineWorld();
    expect(world.descriptor(process.pid, fd)).toEqual({ subject: file, flags: ['O_APPEND'] });
    closeSync(fd);
    expect(world.descriptor(process.pid, fd)?.subject).not.toBe(file);
    expect(world.family(process.pid)).toEqual({ process: process.pid, parent: process.ppid });
    expect(world.file(file)?.bytes).toBe(0);
    expect(world.file(directory)).toBeNull();
    expect(world.file(join(directory, 'none'))).toBeNull();
    expect(world.realPath(join(directory, 'link', 'file'))).toBe(file);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a process that was attached to is known when it has gone, another is not', async () => {
  const child = spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore'], cwd: '/' });
  await once(child, 'spawn');
  const pid = child.pid as number;
  const [attached, other] = [machineWorld(pid), machineWorld()];
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(attached.descriptor(pid, 1)).toEqual({ subject: '/dev/null', flags: [] });
  expect(attached.descriptor(pid, 99)).toBeNull();
  expect(attached.command(pid)).toBe('sleep');
  expect([other.descriptor(pid, 1), other.command(pid), other.family(pid)]).toEqual([
    null,
    '',
    null,
  ]);
});
