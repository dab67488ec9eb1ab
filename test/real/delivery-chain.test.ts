// A delivery whose stores lie on three media, one behind another: an early pickup is found on each
// of them, a relay that waits for the marker stays silent, and nothing of ours stays there.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, type TestContext, test } from 'vitest';
import type { HuntReport } from '../../src/domain/hunt-report.ts';
import { startRadosgw } from '../../src/fleet/radosgw.ts';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { expectRefusal, heisenwrite } from './command-line.ts';
import {
  expectSilent,
  FOOLED,
  hunted,
  namesThere,
  overSftp,
  QUICK,
  readyOf,
} from './delivery-hunts.ts';
import { requireOrSkip } from './requirements.ts';

interface Chain {
  /** URL of the folder behind the first relay. */
  readonly drop: string;
  /** URL behind the second one. */
  readonly bucket: string;
  hunt(levels: readonly string[], trials: number): Promise<HuntReport>;
}

/** The place is over SFTP; behind it a local folder, and behind that a bucket. */
function overThree(context: TestContext, body: (chain: Chain) => Promise<void>): Promise<void> {
  requireOrSkip(context, 'radosgw');
  return overSftp(context, async ({ place, environment = {} }, here) => {
    const objects = await startRadosgw();
    const folder = join(here, 'drop');
    mkdirSync(folder);
    writeFileSync(join(folder, 'precious'), 'not ours');
    const [drop, bucket] = [pathToFileURL(folder).href, objects.url];
    const all = { ...environment, ...objects.environment };
    const media = [`forward=${folder} -> ${bucket}`, 'relays=2'];
    try {
      await body({
        ...{ drop, bucket },
        hunt: (levels, trials) =>
          hunted({ place, environment: all }, here, [...levels, ...media], trials),
      });
      expect(readdirSync(folder)).toEqual(['precious']);
      expect(await namesThere(bucket, all)).toEqual([]);
    } finally {
      await objects.stop();
    }
  });
}

/** Where the bytes of each finding were, as its evidence says. */
const storesOf = (report: HuntReport): string[] =>
  report.findings.map(({ evidence }) => {
    const readme = readFileSync(join(evidence, 'README.txt'), 'utf8');
    return /store-\d\/data(?: on [^,]+)?/.exec(readme)?.[0] ?? readme;
  });

test('what the first relay took too early lies in the folder', (context) =>
  overThree(context, async ({ hunt, drop, bucket }) => {
    const report = await hunt(FOOLED, 6);
    expect(report.verdict).toBe('damaged');
    expect(readyOf(report).broken).toBeGreaterThan(2);
    expect(report.deliveries?.early[0]?.rule).toBe('size-stable');
    expect(report.trials.unknown + report.trials.failed).toBe(0);
    for (const store of storesOf(report)) expect(store).toBe(`store-1/data on ${drop}`);
    for (const { replay, levels } of report.findings) {
      expect(levels.forward).toBe(`${drop} -> ${bucket}`);
      expect(replay).toContain(`'forward=${drop} -> ${bucket}'`);
    }
  }));

test('what the second relay took too early lies in the bucket', (context) =>
  overThree(context, async ({ hunt, bucket }) => {
    // The writer renames; the first relay copies to the final name, which fools the second one.
    const report = await hunt(['writer=rename', 'rule=final-name', 'size=8MiB', 'part=1MiB'], 12);
    expect(report.verdict).toBe('damaged');
    const { tries, broken } = readyOf(report);
    expect(tries).toBe(24);
    expect(broken).toBeGreaterThan(0);
    for (const store of storesOf(report)) expect(store).toBe(`store-2/data on ${bucket}`);
    expect(report.trials.unknown + report.trials.failed).toBe(0);
  }));

test('silent where each relay waits for the marker', (context) =>
  overThree(context, async ({ hunt }) => {
    const levels = ['writer=out-of-order', 'rule=marker-present', 'stall=60ms'];
    expectSilent(await hunt(levels, 10), 20);
  }));

test('more media than relays have stores for', () =>
  inDirectory(async (here) => {
    const levels = [...QUICK, 'relays=1', `forward=${here} -> ${here}`];
    const words = ['hunt', '.', '--preset', 'delivery', '--trials', '2', '--json'];
    const factors = levels.flatMap((level) => ['--factor', level]);
    const said = await heisenwrite([...words, ...factors], here);
    expectRefusal(said, 2, /forward names 2 media, and relays=1 has fewer stores behind/);
    expect(readdirSync(here)).toEqual([]);
  }));
