// Captures that are ended by real servers and file systems: a full disk, a limit, an export that is
// loaded anew, servers that are killed and come back. The plain writer says how far it came, the
// resilient one goes on, and every word of what it wrote is checked.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Levels } from '../../src/domain/cell.ts';
import type { HuntReport } from '../../src/domain/hunt-report.ts';
import type { TrialOutcome } from '../../src/domain/trial.ts';
import { startSshd } from '../../src/fleet/sshd.ts';
import { nfs } from '../../src/medium/nfs.ts';
import { capture } from '../../src/workload/capture.ts';
import { InProcessActors } from '../fixtures/actors/in-process-actors.ts';
import { inDirectory, settingFor } from '../fixtures/actors/trial-setting.ts';
import { startGanesha } from '../servers/ganesha.ts';
import { withEnvironment } from './environment.ts';
import { onTmpfs } from './mounted-place.ts';
import { requireOrSkip } from './requirements.ts';

const MIB = 2 ** 20;
const IO = 65_536;
/** So slow that there is a middle in which something can happen to it. */
const SLOW: Levels = { size: 2 * MIB, io: IO, stall: 10 };

/** @param url of the medium; the directory of the trial is its root, which lies at `files` */
async function capturing(
  url: string,
  files: string,
  levels: Levels,
  inTheMiddle: () => Promise<void>,
): Promise<TrialOutcome> {
  mkdirSync(join(files, 'trial'), { recursive: true });
  const path = join(files, 'trial', 'data');
  // What an earlier capture left there is not the middle of this one.
  rmSync(path, { force: true });
  const own = { directory: '/trial', actors: new InProcessActors() };
  const medium = { url, options: { limitMs: 5000 } };
  const running = capture.run({ ...settingFor(capture, { ...SLOW, ...levels }, own), medium });
  const writtenBytes = () => (existsSync(path) ? statSync(path).size : 0);
  const ended = running.then(
    () => true,
    () => true,
  );
  while (writtenBytes() < 4 * IO) {
    if (await Promise.race([ended, sleep(2, false)])) break;
  }
  await inTheMiddle();
  return running;
}

function expectWhole(outcome: TrialOutcome, levels: Levels = SLOW): void {
  expect(outcome.failures).toEqual([]);
  expect(outcome.observations).toEqual([]);
  expect(outcome.capture).toMatchObject({
    acknowledgedBytes: levels.size,
    leftBytes: levels.size,
    savedBytes: levels.size,
  });
}

test('a full file system: how far it came, and all of that is there', async (context) => {
  requireOrSkip(context, 'root');
  await onTmpfs('size=3M', async (place) => {
    for (const writer of ['plain', 'resilient']) {
      const directory = join(place, writer);
      mkdirSync(directory);
      const levels = { size: 8 * MIB, io: IO, writer };
      const actors = new InProcessActors();
      const outcome = await capture.run(settingFor(capture, levels, { directory, actors }));
      expect(outcome.failures).toMatchObject([{ operation: 'write', errno: 'ENOSPC' }]);
      expect(outcome.observations).toEqual([]);
      const { acknowledgedBytes = 0, savedBytes } = outcome.capture ?? {};
      // The resilient one owes only what it knows to be durable, which here nobody had asked for.
      if (writer === 'plain') expect(acknowledgedBytes).toBeGreaterThan(2 * MIB);
      expect(savedBytes).toBeGreaterThanOrEqual(acknowledgedBytes);
      writeFileSync(join(directory, 'data'), '');
    }
  });
});

test('a limit of the process: EFBIG, in words', async () => {
  await inDirectory(async (base) => {
    const place = join(base, 'place');
    mkdirSync(place);
    const arms = [{ workload: 'capture', factors: { size: '8MiB' } }];
    const plan = { name: 'limited', arms, stop: { trials: 2 } };
    writeFileSync(join(base, 'plan.json'), JSON.stringify(plan));
    const root = resolve(import.meta.dirname, '../..');
    const node = join(root, 'node_modules/node/bin/node');
    const main = join(root, 'src/cli/main.ts');
    const words = [node, main, 'hunt', join(base, 'plan.json'), place, '--json'];
    const ran = spawnSync('prlimit', [`--fsize=${4 * MIB}`, ...words], { encoding: 'utf8' });
    expect(ran.status, ran.stderr).toBe(1);
    const report = JSON.parse(ran.stdout) as HuntReport;
    expect(report.failures).toMatchObject([{ operation: 'write', errno: 'EFBIG', count: 2 }]);
    const bytes = { min: 4 * MIB, max: 4 * MIB };
    expect(report.captures).toMatchObject({
      captures: 2,
      complete: 0,
      ended: [
        {
          errno: 'EFBIG',
          acknowledgedBytes: bytes,
          leftBytes: bytes,
          savedBytes: bytes,
          lostBytesMax: 0,
        },
      ],
    });
  });
});

test('an export that becomes read-only for a moment', async (context) => {
  requireOrSkip(context, 'root', 'ganesha');
  const server = await startGanesha();
  const { client } = await nfs.connect(server.url, { limitMs: 5000 });
  const isRefused = () =>
    client.create('/probe', { stability: 'any', upload: 'any', totalBytes: 0 }).then(
      (file) => file.close().then(() => false),
      ({ errno }) => errno === 'NFS3ERR_ROFS',
    );
  // Ganesha takes the signal up in its own time.
  const reloads = async () => {
    await server.setAccess('read-only');
    await expect.poll(isRefused, { timeout: 20_000, interval: 10 }).toBe(true);
    await sleep(200);
    await server.setAccess('read-write');
  };
  try {
    const plain = await capturing(server.url, server.exported, { stall: 40 }, reloads);
    expect(plain.failures).toMatchObject([{ operation: 'WRITE', errno: 'NFS3ERR_ROFS' }]);
    const { acknowledgedBytes = 0, leftBytes, savedBytes } = plain.capture ?? {};
    expect(acknowledgedBytes).toBeGreaterThanOrEqual(3 * IO);
    expect(acknowledgedBytes).toBeLessThan(2 * MIB);
    expect([leftBytes, savedBytes]).toEqual([acknowledgedBytes, acknowledgedBytes]);
    const resilient = { writer: 'resilient', sync: MIB, stall: 40 };
    const outlasting = await capturing(server.url, server.exported, resilient, reloads);
    expectWhole(outlasting);
    expect(outlasting.capture?.outages).toBeGreaterThan(0);
  } finally {
    await client.close();
    await server.stop();
  }
});

test('an NFS server that is killed, and comes back with another verifier', async (context) => {
  requireOrSkip(context, 'root', 'ganesha');
  const server = await startGanesha();
  try {
    const resilient = { writer: 'resilient', stability: 'unstable' };
    const outcome = await capturing(server.url, server.exported, resilient, async () => {
      await server.kill();
      // A restart in the second of the start is not seen in ganesha's verifier.
      await sleep(1100);
      await server.restart();
    });
    expectWhole(outcome);
    expect(outcome.capture?.outages).toBeGreaterThan(0);
  } finally {
    await server.stop();
  }
});

test('an SFTP server that is killed and comes back', async (context) => {
  requireOrSkip(context, 'root', 'sshd', 'ssh-keygen');
  const server = await startSshd();
  const restore = withEnvironment(server.environment);
  const dies = async () => {
    await server.kill();
    await sleep(200);
    await server.restart();
  };
  try {
    const plain = await capturing(server.url, server.directory, {}, dies);
    expect(plain.failures).toMatchObject([{ operation: 'write', errno: 'ECONNRESET' }]);
    expect(plain.capture?.savedBytes).toBeGreaterThanOrEqual(3 * IO);
    expect(plain.capture?.savedBytes).toBeLessThan(2 * MIB);
    const resilient = await capturing(server.url, server.directory, { writer: 'resilient' }, dies);
    expectWhole(resilient);
    expect(resilient.capture?.outages).toBeGreaterThan(0);
  } finally {
    restore();
    await server.stop();
  }
});
