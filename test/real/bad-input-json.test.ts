// With --json, standard output has one document that says what was wrong, beside what a person
// reads on standard error.

import { expect, test } from 'vitest';
import { expectRefusal, heisenwrite } from './command-line.ts';

test.each(['verify', 'hunt'])('%s of nothing', async (command) => {
  expectRefusal(await heisenwrite([command, 'absent', '--json']), 2, /absent/);
});

test('an option that there is not', async () => {
  const { exitCode, stdout } = await heisenwrite(['hunt', '--json', '--fro', '3s']);
  expect(exitCode).toBe(2);
  const { schema, error } = JSON.parse(stdout);
  expect(schema).toBe('heisenwrite.error/1');
  expect(error).toMatchObject({ code: 'usage', message: expect.stringContaining('--fro') });
});

test('an option of the program that is recorded is not ours', async () => {
  const { exitCode, stdout } = await heisenwrite(['record', '--fro', '--', 'true', '--json']);
  expect(exitCode).toBe(2);
  expect(stdout).toBe('');
});

test('what is asked for help is no error', async () => {
  const { exitCode, stdout } = await heisenwrite(['verify', '--json', '--help']);
  expect(exitCode).toBe(0);
  expect(stdout).not.toContain('heisenwrite.error');
});
