// Provocations of devices and networks: what they do while a trial runs, what is restored, and what
// is refused with which reason.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allGone, killHunt, longHunt, provokedHunt, refused, seen } from './provoked-hunt.ts';
import { requireOrSkip } from './requirements.ts';

let place = '';

beforeEach((context) => {
  requireOrSkip(context, 'root');
  place = mkdtempSync('/var/tmp/heisenwrite-test-');
});

afterEach(() => rmSync(place, { recursive: true, force: true }));

describe('slow-device', () => {
  test('direct writes come at the rate, and are refused on tmpfs', async () => {
    const limits = ['--trials', '2', '--factor', 'time=1s'];
    const { report, receipts } = await provokedHunt(place, ['slow-device=write=64KiB'], limits);
    expect(report.trials.clean).toBe(2);
    const [first] = receipts[0] ?? [];
    expect(first?.what).toMatch(/^64KiB\/s to \d+:\d+$/);
    // 16 writes of 4 KiB a second; the kernel lets a first slice pass.
    expect(report.opportunities.bytesWritten / report.seconds).toBeLessThan(2 * 65_536);
    const disk = place;
    place = mkdtempSync('/dev/shm/heisenwrite-test-');
    try {
      await refused(place, 'slow-device=write=64KiB', /is on no block device of its own/);
    } finally {
      rmSync(place, { recursive: true });
      place = disk;
    }
  });
});

describe('network', () => {
  const namespace = `hw-test-${process.pid}`;
  const disciplines = () =>
    spawnSync('tc', ['-n', namespace, 'qdisc', 'show', 'dev', 'lo'], { encoding: 'utf8' }).stdout;

  beforeEach(() => {
    spawnSync('ip', ['netns', 'add', namespace]);
    spawnSync('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
  });
  afterEach(() => void spawnSync('ip', ['netns', 'del', namespace]));

  test('cut and restored; restored, too, when the hunt is killed', async () => {
    const level = `network=cut dev=lo netns=${namespace} every=100ms for=50ms`;
    const { report, receipts } = await provokedHunt(place, [level]);
    expect(report.verdict).toBe('clean');
    expect(receipts.flat()[0]?.what).toBe(`cut on lo of ${namespace}`);
    expect(disciplines()).toMatch(/^qdisc noqueue/);
    const hunt = longHunt(place, [level.replace('every=100ms for=50ms', 'every=9s for=8s')]);
    await seen('the cut', () => disciplines().includes('blackhole'));
    await allGone(await killHunt(hunt));
    await seen('the restored interface', () => /^qdisc noqueue/.test(disciplines()));
  });

  test('refused: the loopback of everybody, a namespace that is not there', async () => {
    await refused(
      place,
      'network=cut dev=lo every=1s for=10ms',
      /lo is the loopback of the whole host/,
    );
    await refused(place, 'network=cut dev=lo netns=no-such every=1s for=10ms', /no-such/);
    await refused(place, `network=cut dev=x9 netns=${namespace} every=1s for=10ms`, /x9/);
  });

  test('delay, where the kernel has netem; else refused with what tc says', async (context) => {
    const level = `network=delay=5ms dev=lo netns=${namespace} every=100ms for=50ms`;
    const words = ['-n', namespace, 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '1ms'];
    const hasNetem = spawnSync('tc', words).status === 0;
    spawnSync('tc', ['-n', namespace, 'qdisc', 'del', 'dev', 'lo', 'root']);
    if (!hasNetem) {
      await refused(place, level, /qdisc add dev lo root netem delay 5ms: .*unknown/);
      context.skip('this kernel has no netem: only the refusal was tried');
    }
    const { report, receipts } = await provokedHunt(place, [level]);
    expect(report.verdict).toBe('clean');
    expect(receipts.flat().length).toBeGreaterThan(0);
  });
});
