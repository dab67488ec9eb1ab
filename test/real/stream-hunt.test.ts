// Messages end to end through the command line: channels that need no server, each held to its own
// word; a hunt that is resumed, shrunk and proven; and actors that are stopped, which lose nothing.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HuntReport } from '../../src/domain/hunt-report.ts';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { heisenwrite, reportIn } from './command-line.ts';

type Factors = Readonly<Record<string, unknown>>;

const SMALL: Factors = { count: 200, drain: '200ms' };
/** More than the socket of a receiver holds comes at once, so that some are lost. */
const LOSING: Factors = { channel: 'udp:?buffer=2048', size: '1KiB', senders: 1, receivers: 1 };

function written(directory: string, factors: Factors, more: object = {}): string {
  const arms = [{ workload: 'stream', factors: { ...SMALL, ...factors } }];
  const plan = { name: 'messages', arms, schedule: 'balanced', ...more };
  writeFileSync(join(directory, 'plan.json'), JSON.stringify(plan));
  return 'plan.json';
}

const promiseIn = (report: HuntReport, cell: number, promise: string) =>
  report.cells[cell]?.promises.find((each) => each.promise === promise);

describe('channels that need no server', () => {
  test('each is held to what it promises itself, and no more', () =>
    inDirectory(async (directory) => {
      const plan = written(directory, { channel: ['local', 'udp', 'tcp'], size: ['0B', '1472B'] });
      const said = await heisenwrite(['hunt', plan, '--trials', '12', '--json'], directory);
      const report = reportIn(said);
      expect(said.exitCode, said.stderr).toBe(0);
      expect(report.trials).toEqual({ clean: 12, damaged: 0, failed: 0, unknown: 0 });
      expect(report.plan.expectations).toEqual([]);
      for (const { levels, promises } of report.cells) {
        const expected = promises.filter((each) => each.expected).map(({ promise }) => promise);
        const whole = ['message-delivered', 'message-once', 'message-whole'];
        const order = levels.size === 0 ? [] : ['sender-order'];
        if (levels.channel === 'udp') expect(expected).toEqual(['message-whole']);
        if (levels.channel === 'tcp') expect(expected).toEqual([...whole, ...order]);
        if (levels.channel === 'local' && levels.size !== 0) {
          expect(expected).toEqual([...whole, ...order, 'total-order']);
        }
      }
    }));

  test('a loss that nobody promised away is described, and damage where it is expected', () =>
    inDirectory(async (directory) => {
      const plan = written(directory, LOSING);
      const words = ['hunt', plan, '--trials', '3', '--json'];
      const described = await heisenwrite(words, directory);
      const report = reportIn(described);
      expect(described.exitCode).toBe(0);
      expect(promiseIn(report, 0, 'message-delivered')).toMatchObject({ expected: false });
      expect(promiseIn(report, 0, 'message-delivered')?.broken).toBeGreaterThan(0);
      expect(report.words[0]).toContain('messages through udp:?buffer=2048 can be lost');
      const accused = await heisenwrite([...words, '--expect', 'message-delivered'], directory);
      expect(accused.exitCode).toBe(1);
      const { findings, signature, words: lines } = reportIn(accused);
      expect(lines[0]).toMatch(/^DAMAGED: messages that were accepted were lost \(lost\)/);
      expect(signature?.kinds).toEqual(['lost']);
      const [finding] = findings;
      expect(finding).toMatchObject({ kinds: ['lost'], layer: 'in-flight', expected: true });
      expect(finding?.damage[0]?.messages?.[0]).toMatchObject({ sender: 0 });
      const folder = finding?.evidence as string;
      const files = readdirSync(folder);
      expect(files).toContain('deliveries.csv');
      expect(files).not.toContain('observed.bin');
      const rows = readFileSync(join(folder, 'deliveries.csv'), 'utf8').trimEnd().split('\n');
      const came = new Set(rows.slice(1).map((row) => Number(row.split(',')[2])));
      for (const { sequence } of finding?.damage[0]?.messages ?? []) {
        expect(came).not.toContain(sequence);
      }
      const match = ['--match', 'send:trial,from,id', 'recv:trial,from,id'];
      const replayed = await heisenwrite(['replay', folder, ...match], directory);
      const lost = finding?.damage.flatMap(({ messages = [] }) => messages) ?? [];
      expect(replayed.exitCode, replayed.stderr).toBe(1);
      for (const { sequence } of lost.slice(0, 5)) {
        expect(replayed.stdout).toMatch(new RegExp(`LOST trial=\\d+ from=0 id=${sequence}:`));
      }
      expect(finding?.lastCalls?.calls.map(({ call }) => call)).toContain('send');
      expect(readFileSync(join(folder, 'README.txt'), 'utf8')).toContain('never delivered');
    }));

  test('what the plan says wrong is refused with the likely mistake', () =>
    inDirectory(async (directory) => {
      for (const [channel, message] of [
        ['upd', /there is no channel "upd" \(channels: local, udp/],
        ['udp:?bufer=1', /udp has no option "bufer" \(options: buffer\)/],
        ['tcp://me:secret@host', /a password in an URL would be kept/],
      ] as const) {
        const said = await heisenwrite(['hunt', written(directory, { channel })], directory);
        expect(said.exitCode).toBe(2);
        expect(said.stderr).toMatch(message);
      }
      const large = written(directory, { channel: 'udp', size: '128KiB' });
      const said = await heisenwrite(['hunt', large], directory);
      expect(said.stderr).toContain('udp takes at most 65507 bytes');
    }));
});

describe('as with any workload', () => {
  test('a hunt goes on, its failure is shrunk, and a fix is proven', () =>
    inDirectory(async (directory) => {
      const channels = [LOSING.channel, 'tcp'];
      const more = { expect: [{ promise: 'message-delivered' }], schedule: 'adaptive' };
      const plan = written(directory, { ...LOSING, channel: channels }, more);
      await heisenwrite(['hunt', plan, '--trials', '4', '--json'], directory);
      const until = ['--until-isolated', '--for', '90s', '--trials', '400'];
      const resumed = await heisenwrite(['hunt', '--resume', ...until, '--json'], directory);
      const report = reportIn(resumed);
      expect(report.trials.damaged).toBeGreaterThan(1);
      expect(report.trials).toMatchObject({ failed: 0, unknown: 0 });
      expect(report.isolation?.claim, resumed.stderr).toBe('needs');
      expect(report.isolation?.needs).toEqual([{ factor: 'channel', levels: [channels[0]] }]);
      const shrunk = await heisenwrite(
        ['hunt', '--shrink', report.directory, '--for', '20s', '--json'],
        directory,
      );
      expect(shrunk.exitCode, shrunk.stderr).toBe(1);
      const proof = await heisenwrite(
        ['prove', report.directory, '--fixed', 'channel=tcp', '--under', '50%', '--json'],
        directory,
      );
      expect(JSON.parse(proof.stdout).words[0], proof.stderr).toMatch(/^PROVEN: with channel=tcp/);
      const page = join(directory, 'page.html');
      await heisenwrite(['report', report.directory, '--html', page], directory);
      expect(readFileSync(page, 'utf8')).toContain('message-delivered');
    }));

  test('actors in processes that are stopped again and again lose nothing', () =>
    inDirectory(async (directory) => {
      const stop = 'all every=400ms for=300ms';
      const factors = { channel: ['local', 'tcp'], count: 300, rate: 1000, stop };
      const plan = written(directory, factors);
      const said = await heisenwrite(['hunt', plan, '--trials', '4', '--json'], directory);
      expect(reportIn(said).trials, said.stderr).toEqual({
        clean: 4,
        damaged: 0,
        failed: 0,
        unknown: 0,
      });
      expect(said.exitCode).toBe(0);
    }));
});
