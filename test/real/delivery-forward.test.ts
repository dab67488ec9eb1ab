// Deliveries over several media: who writes into one and is carried to another. An early pickup is
// found there, the safe ways stay silent, and nothing of ours stays on a medium that is no place.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { startRadosgw } from '../../src/fleet/radosgw.ts';
import { startSshd } from '../../src/fleet/sshd.ts';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { expectRefusal, heisenwrite, reportIn, started } from './command-line.ts';
import {
  expectFooled,
  expectSilent,
  FOOLED,
  hunted,
  namesThere,
  overNfs,
  overSftp,
  QUICK,
  readyOf,
} from './delivery-hunts.ts';
import { withFaultySftp } from './faulty-sftp.ts';
import { requireOrSkip } from './requirements.ts';

const OURS = /^heisenwrite-/;

/** A folder with a file of the user's in it. */
function dropIn(here: string): string {
  const drop = join(here, 'drop');
  mkdirSync(drop);
  writeFileSync(join(drop, 'precious'), 'not ours');
  return drop;
}

function huntIn(here: string): string {
  return join(here, readdirSync(here).find((name) => OURS.test(name)) as string);
}

describe('fooled', () => {
  test('S3, downloaded into SFTP, whose relay carries it into a local folder', (context) => {
    requireOrSkip(context, 'radosgw');
    return overSftp(context, async ({ place, environment }, here) => {
      const objects = await startRadosgw();
      const drop = dropIn(here);
      try {
        const all = { ...environment, ...objects.environment };
        const media = [`origin=${objects.url}`, `forward=${drop}`];
        const report = await hunted({ place, environment: all }, here, [...FOOLED, ...media], 6);
        expectFooled(report);
        const there = pathToFileURL(drop).href;
        for (const { layerBecause, levels, evidence } of report.findings) {
          expect(layerBecause).toContain(`(the bytes are on ${there})`);
          expect(levels).toMatchObject({ forward: there, origin: objects.url });
          const readme = readFileSync(join(evidence, 'README.txt'), 'utf8');
          expect(readme).toContain(`store-1/data on ${there}, read by reader-0`);
        }
        expect(readdirSync(drop)).toEqual(['precious']);
        const facts = JSON.stringify(report.facts);
        expect(facts).toContain(`${there}: protocol`);
        expect(facts).toContain(`${objects.url}: protocol`);
      } finally {
        await objects.stop();
      }
    });
  });

  test('a local folder, whose relay carries it to NFS', (context) =>
    overNfs(context, async ({ place }, here) => {
      const mine = join(here, 'mine');
      mkdirSync(mine);
      const report = await hunted({ place: mine }, here, [...FOOLED, `forward=${place}`], 6);
      expectFooled(report);
      expect(report.findings[0]?.layerBecause).toContain(`(the bytes are on ${place})`);
      expect(readdirSync(here)).toEqual(['mine']);
    }));

  test('a local folder, whose relay carries it to S3', (context) => {
    requireOrSkip(context, 'radosgw');
    return inDirectory(async (here) => {
      const { url, environment, stop } = await startRadosgw();
      try {
        const levels = [...FOOLED, `forward=${url}`];
        const report = await hunted({ place: here, environment }, here, levels, 6);
        expectFooled(report);
        expect(report.findings[0]?.layerBecause).toContain(`(the bytes are on ${url})`);
        expect(await namesThere(url, environment)).toEqual([]);
      } finally {
        await stop();
      }
    });
  });

  test('the relay that waits on the other medium, where the first one was patient', (context) => {
    requireOrSkip(context, 'sshd');
    return inDirectory((here) =>
      withFaultySftp(async ({ server, port, plant }) => {
        // The rename fools nobody; the relay copies to the final name, and its reads take time.
        plant('latency:op=read,time=1s');
        const drop = dropIn(here);
        const place = `sftp://root@127.0.0.1:${port}${server.directory}`;
        const levels = ['writer=rename', 'rule=final-name', 'relays=2', `forward=${drop}`];
        const { environment } = server;
        const report = await hunted({ place, environment }, here, levels, 4);
        expect(report.verdict, JSON.stringify(report.words)).toBe('damaged');
        // Of each trial: the first relay took the whole file, the second one did not.
        expect(readyOf(report)).toEqual({ tries: 8, broken: 4 });
        for (const { kinds, evidence } of report.findings) {
          expect(kinds[0]).toBe('early');
          const readme = readFileSync(join(evidence, 'README.txt'), 'utf8');
          expect(readme).toContain(`store-2/data on ${pathToFileURL(drop).href}`);
        }
        expect(report.trials.unknown + report.trials.failed).toBe(0);
        expect(readdirSync(drop)).toEqual(['precious']);
      }),
    );
  });
});

describe('silent', () => {
  test('a rename into a local folder, carried to SFTP', (context) =>
    overSftp(context, async ({ place, environment = {} }, here) => {
      const levels = ['writer=rename', 'rule=size-stable,final-name', 'stall=60ms'];
      const media = [`forward=none,${place}`];
      expectSilent(await hunted({ place: here, environment }, here, [...levels, ...media], 40), 40);
    }));

  test('holes that nobody carries, since each relay waits for the marker', (context) =>
    overNfs(context, async ({ place }, here) => {
      const mine = join(here, 'mine');
      mkdirSync(mine);
      const writers = 'writer=out-of-order,preallocated,trailer';
      const levels = [writers, 'rule=marker-present,manifest-complete', 'stall=60ms', 'relays=2'];
      const report = await hunted({ place: mine }, here, [...levels, `forward=${place}`], 24);
      expectSilent(report, 48);
      expect(readdirSync(here)).toEqual(['mine']);
    }));

  test('the folder of the hunt itself as the other medium, and its evidence stays', () =>
    inDirectory(async (here) => {
      const levels = ['writer=rename', 'rule=final-name', `forward=${here}`];
      expectSilent(await hunted({ place: here }, here, levels, 8), 8);
      expect(readdirSync(here)).toHaveLength(1);
      expect(readdirSync(huntIn(here))).toContain('evidence.sqlite');
    }));

  test('what a killed trial has left on either medium, once the hunt is resumed', () =>
    inDirectory(async (here) => {
      const drop = dropIn(here);
      const [place, there] = [join(here, 'place'), pathToFileURL(drop).href];
      mkdirSync(place);
      const levels = ['writer=rename', 'rule=marker-present', 'relays=2', `forward=${there}`];
      expectSilent(await hunted({ place: pathToFileURL(place).href }, here, levels, 2), 4);
      const name = readdirSync(here).find((each) => OURS.test(each)) as string;
      for (const store of [
        join(place, name, 'trial-3/store-0'),
        `${drop}/${name}-beside/trial-3/store-1`,
      ]) {
        mkdirSync(store, { recursive: true });
        for (const each of ['data', 'data.ready']) writeFileSync(join(store, each), 'half of it');
      }
      const said = await heisenwrite(['hunt', '--resume', '--trials', '4', '--json'], here);
      expectSilent(reportIn(said), 8);
      expect(readdirSync(drop)).toEqual(['precious']);
      expect(readdirSync(place)).toEqual([]);
    }));
});

describe('near misses', () => {
  test('what the other medium spoils is not the fault of a rule that was hasty', (context) => {
    requireOrSkip(context, 'sshd');
    return inDirectory((here) =>
      withFaultySftp(async ({ server, port, plant }) => {
        plant('flip:op=write,mask=0x1');
        const place = `sftp://root@127.0.0.1:${port}${server.directory}`;
        // Once it is renamed it is whole, and whoever sees that name does so before the marker.
        const levels = ['writer=rename', 'rule=final-name', 'size=32MiB', 'part=4MiB', 'pace=0ms'];
        const { environment } = server;
        const all = [...levels, `forward=${place}`];
        const report = await hunted({ place: here, environment }, here, all, 4);
        expect(report.verdict).toBe('damaged');
        for (const { kinds, promise, layer, layerBecause } of report.findings) {
          expect([kinds, promise, layer]).toEqual([['flipped'], 'read-back', 'persisted']);
          expect(layerBecause).toContain(`(the bytes are on ${place})`);
        }
        expect(readyOf(report)).toEqual({ tries: 4, broken: 0 });
        expect(report.deliveries).toMatchObject({ pickups: 4, whole: 4, early: [] });
      }),
    );
  });
});

describe('where the other medium is not there', () => {
  const words = ['hunt', '.', '--preset', 'delivery', '--trials', '2', '--json'];
  const forward = (url: string, ...more: readonly string[]) => [
    ...words,
    ...more.flatMap((level) => ['--factor', level]),
    ...['--factor', `forward=${url}`],
  ];

  test.each([
    ['sftp://root@127.0.0.1:9/drop', /127\.0\.0\.1.*(ECONNREFUSED|refused)/, 3],
    ['/no/such/folder', /there is no directory \/no\/such\/folder/, 2],
    ['ftp://host/x', /ftp: is not a medium here/, 2],
    ['drop', /"drop" is neither none nor an absolute path nor an URL/, 2],
    ['sftp://me:open-sesame@host/drop', /a secret \(a password\)/, 2],
  ])('%s is refused before anything is made', (url, message, exitCode) =>
    inDirectory(async (here) => {
      const said = await heisenwrite(forward(url), here);
      expectRefusal(said, exitCode, message);
      expect(said.stderr).not.toContain('open-sesame');
      expect(readdirSync(here)).toEqual([]);
    }),
  );

  test('a rule that sees this host alone has nothing to watch there', (context) =>
    overSftp(context, async ({ place, environment }, here) => {
      const said = await heisenwrite(
        forward(place, 'rule=close-write', 'relays=2'),
        here,
        environment,
      );
      expectRefusal(said, 2, /the rule close-write sees directories of this host alone/);
      expect(readdirSync(here)).toEqual([]);
    }));

  test('of a server that goes away, trials are failed or unknown, and say why', (context) => {
    requireOrSkip(context, 'sshd');
    return inDirectory(async (here) => {
      const server = await startSshd();
      try {
        const quick = [...QUICK, 'stall=3s', 'writer=sequential', 'rule=marker-present'];
        const hunt = started(forward(server.url, ...quick), here, server.environment);
        const isUnderWay = () => readdirSync(server.directory).some((name) => OURS.test(name));
        await expect.poll(isUnderWay, { timeout: 60_000, interval: 20 }).toBe(true);
        await server.kill();
        const { stdout, stderr } = await hunt;
        const report = reportIn({ stdout, stderr, exitCode: 0 });
        expect(['failed', 'unknown']).toContain(report.verdict);
        expect([report.trials.clean, report.trials.damaged]).toEqual([0, 0]);
        expect(report.trials.unknown).toBeGreaterThan(0);
        expect(JSON.stringify(report.unknowns)).toMatch(/127\.0\.0\.1:\d+/);
        expect(stderr).toMatch(/-beside on sftp:\S+ could not be cleared/);
      } finally {
        await server.stop();
      }
    });
  });
});
