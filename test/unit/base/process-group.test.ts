// A program in its own group: what it says and how it ends, and that nothing of it lives on.

import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ProgramRequest, runProgram } from '../../../src/base/process-group.ts';

const shell = (text: string, more: Partial<ProgramRequest> = {}) =>
  runProgram({
    words: ['/bin/sh', '-c', text],
    directory: '/',
    limitMs: 30_000,
    keptBytes: 16,
    ...more,
  });

test('status, output and errors are kept, the start of one and the end of the other', async () => {
  const end = await shell('printf 0123456789abcdefXYZ; printf 0123456789abcdefXYZ >&2; exit 7');
  expect(end).toMatchObject({ status: 7, signal: null, refused: null, timedOut: false });
  expect(end).toMatchObject({ stdout: '0123456789abcdef', stdoutBytes: 19 });
  expect(end.stderr).toBe('3456789abcdefXYZ');
});

test('all of the output goes by, in order', async () => {
  const pieces: Uint8Array[] = [];
  const onOutput = (piece: Uint8Array) => void pieces.push(piece.slice());
  await shell('seq 1 50000', { onOutput });
  const numbers = Buffer.concat(pieces).toString().trim().split('\n');
  expect(numbers.length).toBe(50_000);
  expect(numbers.at(-1)).toBe('50000');
});

test('one that is not there, and one that is killed', async () => {
  const request = { words: ['/no/such'], directory: '/', limitMs: 1000, keptBytes: 16 };
  expect(await runProgram(request)).toMatchObject({ refused: 'ENOENT', status: null });
  expect(await shell('kill -SEGV $$')).toMatchObject({ status: null, signal: 'SIGSEGV' });
});

test('after its limit all of it is gone, also what ignores SIGTERM', async () => {
  const end = await shell("trap '' TERM; sleep 100 & echo $!; wait; sleep 100", { limitMs: 1000 });
  expect(end).toMatchObject({ timedOut: true, signal: 'SIGKILL' });
  // Init collects what we killed, in its own time.
  await expect.poll(() => existsSync(`/proc/${end.stdout.trim()}`), { timeout: 5000 }).toBe(false);
});

test('what it leaves running in its group is ended with it', async () => {
  const end = await shell('sleep 100 & echo $!');
  expect(end).toMatchObject({ status: 0, timedOut: false });
  await expect.poll(() => existsSync(`/proc/${end.stdout.trim()}`), { timeout: 5000 }).toBe(false);
});

test('one that left the group with our pipes in its hands is not waited for', async () => {
  const end = await shell('setsid sleep 3 & echo done');
  expect(end).toMatchObject({ status: 0, stdout: 'done\n' });
  expect(end.durationMs).toBeLessThan(2900);
});
