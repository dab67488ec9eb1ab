// Standing actors: they answer, they stay up between calls, and one that dies or hangs is given up
// without taking the hunt with it.

import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import type { ActorHost } from '../../../src/domain/workload.ts';
import { ActorLostError, ActorPool } from '../../../src/trial/actor-pool.ts';
import { createUnitBoard } from '../../../src/workload/unit-board.ts';

const HOSTS: readonly ActorHost[] = ['thread', 'process'];
let pool = new ActorPool();

afterEach(() => {
  pool.close();
  pool = new ActorPool();
});

/** Of this process; actors are the only children that these tests start. */
function childPids(): number[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8');
  return children.trim().split(/\s+/).filter(Boolean).map(Number);
}

/** A role that returns at once without doing anything. */
function ping(host: ActorHost): Promise<object> {
  return pool.call('actor', 'roundtrip-release', {}, host);
}

/** Waits for a board that nobody sets to running. */
function hang(): Promise<object> {
  const assignment = { board: createUnitBoard(1), regions: [] };
  return pool.call('actor', 'mailbox-read', { ...assignment, unitBytes: 512 });
}

describe.each(HOSTS)('an actor in a %s', (host) => {
  test('answers, again and again', async () => {
    for (let call = 0; call < 3; call++) expect(await ping(host)).toEqual({});
  });

  test('an unknown role is an error, and the actor lives on', async () => {
    await expect(pool.call('actor', 'dance', {}, host)).rejects.toThrow(/no role dance/);
    expect(await ping(host)).toEqual({});
  });

  test('an error in a role is the error of its call alone', async () => {
    await expect(pool.call('actor', 'append-check', {}, host)).rejects.toThrow(TypeError.name);
    expect(await ping(host)).toEqual({});
  });

  test('calls of one actor do not mix up their answers', async () => {
    const [good, bad] = await Promise.allSettled([ping(host), pool.call('actor', 'x', {}, host)]);
    expect([good.status, bad.status]).toEqual(['fulfilled', 'rejected']);
  });
});

test('a process that is killed loses its call, and the next call starts another', async () => {
  await ping('process');
  const [pid] = childPids();
  expect(pid).toBeGreaterThan(0);
  process.kill(pid as number, 'SIGSTOP');
  const lost = ping('process');
  process.kill(pid as number, 'SIGKILL');
  await expect(lost).rejects.toThrow(ActorLostError);
  await expect(lost).rejects.toThrow(/actor ended with SIGKILL/);
  expect(await ping('process')).toEqual({});
  expect(childPids()).not.toContain(pid);
});

test('a thread that hangs is given up, and the next call starts another', async () => {
  pool.limit(200);
  await expect(hang()).rejects.toThrow(/actor did not answer within 200 ms \(mailbox-read\)/);
  pool.limit(60_000);
  expect(await ping('thread')).toEqual({});
});

test('close ends what is under way and leaves no process', async () => {
  await pool.call('other', 'roundtrip-release', {}, 'process');
  const [pid] = childPids();
  const waiting = hang();
  pool.close();
  await expect(waiting).rejects.toThrow(ActorLostError);
  await expect.poll(childPids).not.toContain(pid);
});
