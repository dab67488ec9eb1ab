// The frame of a client's calls: the limit, what is late, and what comes after close.

import { expect, test } from 'vitest';
import { ClientCalls } from '../../../src/medium/client-calls.ts';

/** A call that ends when it is told to. */
function pending() {
  let end: (result: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  return { act: () => ended, end };
}

test('a call that is given up is waited for before the connection counts as ended', async () => {
  const calls = new ClientCalls({ limitMs: 20 });
  const { act, end } = pending();
  await expect(calls.run('read', '/x', act)).rejects.toMatchObject({ errno: 'ETIMEDOUT' });
  calls.close();
  let isSettled = false;
  const settled = calls.settled().then(() => {
    isSettled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isSettled).toBe(false);
  end('late');
  await settled;
});

test('a call that answers in time, well or badly, is waited for by nobody', async () => {
  const calls = new ClientCalls({ limitMs: 1000 });
  expect(await calls.run('read', '/x', async () => 'here')).toBe('here');
  const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
  await expect(calls.run('write', '/x', () => Promise.reject(full))).rejects.toMatchObject({
    operation: 'write',
    errno: 'ENOSPC',
  });
  await calls.settled();
});

test('a call that refuses before it begins is named like any other', async () => {
  const refusing = () => {
    throw Object.assign(new Error('not here'), { code: 'ENOSYS' });
  };
  await expect(new ClientCalls().run('fsync', '/x', refusing)).rejects.toMatchObject({
    operation: 'fsync',
    errno: 'ENOSYS',
  });
});

test('a late call that fails is nobody’s unhandled rejection', async () => {
  const calls = new ClientCalls({ limitMs: 5 });
  const failing = () =>
    new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error('late')), 30);
    });
  await expect(calls.run('write', '/x', failing)).rejects.toMatchObject({ errno: 'ETIMEDOUT' });
  await calls.settled();
});

test.each([
  ['x', /absolute path/],
  ['/a/../b', /absolute path/],
])('%s is no path of a client', async (path, message) => {
  await expect(new ClientCalls().run('read', path, async () => 0)).rejects.toThrow(message);
});
