// Hunts through real brokers: each is held to its word and keeps it; one that is killed while
// messages are under way makes the trial fail, and nothing is called lost that may be in flight.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startCorosync } from '../../src/fleet/corosync.ts';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import {
  type MessageServer,
  startNats,
  startRabbit,
  startRedis,
} from '../servers/message-servers.ts';
import { heisenwrite, reportIn, started } from './command-line.ts';
import { type Requirement, requireOrSkip } from './requirements.ts';

type Factors = Readonly<Record<string, unknown>>;

function written(directory: string, factors: Factors): string {
  const arms = [{ workload: 'stream', factors }];
  const plan = { name: 'messages', arms, schedule: 'balanced' };
  writeFileSync(join(directory, 'plan.json'), JSON.stringify(plan));
  return 'plan.json';
}

/** The shapes that lost a message once: an empty last vector, and exactly full frames. */
const SHAPES: Factors = { frame: 1024, fit: ['under', 'exact'], empty: ['none', 'last'] };

/** Two senders and two receivers. */
const ACTORS = 4;

/** Established, as proc(5) has them: addresses in hexadecimal, state 01. */
function connectionsTo(url: string): number {
  const port = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, '0');
  const established = new RegExp(`^ *\\d+: \\w+:\\w+ \\w+:${port} 01 `);
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  return lines.filter((line) => established.test(line)).length;
}

async function expectKept(level: string, expected: readonly string[]): Promise<void> {
  await inDirectory(async (directory) => {
    const factors = { channel: level, count: 200, drain: '500ms', ...SHAPES };
    const plan = written(directory, factors);
    const said = await heisenwrite(['hunt', plan, '--trials', '8', '--json'], directory);
    const report = reportIn(said);
    expect(said.exitCode, said.stderr).toBe(0);
    expect(report.trials, JSON.stringify(report.unknowns)).toMatchObject({ clean: 8 });
    for (const { promises } of report.cells) {
      const held = promises.filter((each) => each.expected);
      expect(held.map(({ promise }) => promise)).toEqual(expected);
      for (const { tries, broken } of held) expect([tries > 100, broken]).toEqual([true, 0]);
    }
  });
}

const ORDERED = ['message-once', 'message-whole', 'sender-order'];

test('corosync keeps its word, in the shapes that once lost a message', async (context) => {
  requireOrSkip(context, 'corosync');
  const corosync = await startCorosync();
  try {
    await expectKept('cpg', ['message-delivered', ...ORDERED, 'total-order']);
  } finally {
    await corosync.stop();
  }
});

const BROKERS: readonly [Requirement, () => Promise<MessageServer>, readonly string[]][] = [
  ['nats-server', startNats, ORDERED],
  ['redis-server', startRedis, ['message-delivered', ...ORDERED, 'total-order']],
  ['rabbitmq-server', startRabbit, ['message-delivered', ...ORDERED]],
];

for (const [requirement, start, expected] of BROKERS) {
  test(`${requirement} keeps its word; killed, it fails, and nothing is lost`, async (context) => {
    requireOrSkip(context, requirement);
    const server = await start();
    try {
      await expectKept(server.url, expected);
      await inDirectory(async (directory) => {
        const factors = { channel: server.url, count: 2000, rate: 500, drain: '300ms' };
        const hunting = started(
          ['hunt', written(directory, factors), '--trials', '1', '--json'],
          directory,
        );
        while (connectionsTo(server.url) < ACTORS) await sleep(20);
        await sleep(1000);
        await server.kill();
        const { stdout, stderr, exitCode } = await hunting;
        const report = reportIn({ stdout, stderr, exitCode });
        expect(report.trials).toMatchObject({ damaged: 0 });
        expect([report.verdict, exitCode]).toEqual(['failed', 1]);
        expect(report.findings.filter((each) => each.expected)).toEqual([]);
      });
    } finally {
      await server.stop();
    }
  });
}

test('a server that is not there makes trials unknown, with its address', () =>
  inDirectory(async (directory) => {
    for (const url of ['nats://127.0.0.1:1', 'redis://127.0.0.1:1', 'amqp://127.0.0.1:1']) {
      const plan = written(directory, { channel: url });
      const said = await heisenwrite(['hunt', plan, '--trials', '1', '--json'], directory);
      expect(said.exitCode).toBe(3);
      expect(reportIn(said).unknowns[0]?.because).toContain(url);
    }
  }));
