// Hunts with a writer that writes its marker before its last part, into a file that has its length
// already: who only looks for the marker is fooled on each medium, and who compares the content
// with it is not.

import { describe, expect, test } from 'vitest';
import { startRadosgw } from '../../src/fleet/radosgw.ts';
import { startSshd } from '../../src/fleet/sshd.ts';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { startGanesha } from '../servers/ganesha.ts';
import { type Environment, heisenwrite, reportIn } from './command-line.ts';
import { requireOrSkip } from './requirements.ts';

const QUICK = ['size=128KiB', 'part=16KiB', 'pace=2ms', 'settle=40ms', 'poll=4ms', 'marker=true'];
const EARLY = ['writer=early-marker', 'stall=100ms'];

interface Place {
  readonly place: string;
  readonly environment?: Environment;
}

async function hunted(
  { place, environment }: Place,
  here: string,
  levels: readonly string[],
  trials: number,
) {
  const factors = [...QUICK, ...levels].flatMap((level) => ['--factor', level]);
  const words = ['hunt', place, '--preset', 'delivery', '--seed', 'm', '--trials', String(trials)];
  const report = reportIn(await heisenwrite([...words, ...factors, '--json'], here, environment));
  const ready = report.cells
    .flatMap(({ promises }) => promises)
    .filter(({ promise }) => promise === 'ready-whole');
  const sum = (of: 'tries' | 'broken') => ready.reduce((all, each) => all + each[of], 0);
  return { report, verdict: report.verdict, tries: sum('tries'), broken: sum('broken') };
}

/** @param pickups that the comparing rule makes without one that is early */
async function expectComparedOnly(place: Place, here: string, pickups: number): Promise<void> {
  const fooled = await hunted(place, here, [...EARLY, 'rule=marker-present'], 3);
  expect(fooled).toMatchObject({ verdict: 'damaged', tries: 3, broken: 3 });
  const kinds = new Set(fooled.report.findings.flatMap((finding) => finding.kinds));
  expect([...kinds].toSorted()).toEqual(['early', 'zeroed']);
  // As long as the whole file: by the length nobody sees it.
  expect(fooled.report.deliveries?.early).toMatchObject([
    { rule: 'marker-present', count: 3, sameLength: 3 },
  ]);
  const compared = await hunted(place, here, [...EARLY, 'rule=manifest-complete'], pickups);
  expect(compared, JSON.stringify(compared.report.words)).toMatchObject({
    ...{ verdict: 'clean', tries: pickups, broken: 0 },
  });
  expect(compared.report.findings).toEqual([]);
}

describe('a marker that is written before the last part fools marker-present alone', () => {
  test('in a directory', () =>
    inDirectory((here) => expectComparedOnly({ place: here }, here, 60)));

  test('over NFS', (context) => {
    requireOrSkip(context, 'ganesha');
    return inDirectory(async (here) => {
      const server = await startGanesha(here);
      try {
        await expectComparedOnly({ place: server.url }, here, 20);
      } finally {
        await server.stop();
      }
    });
  });

  test('over SFTP, whose times are whole seconds', (context) => {
    requireOrSkip(context, 'sshd');
    return inDirectory(async (here) => {
      const server = await startSshd();
      const { url: place, environment } = server;
      try {
        // Each waits until the second of the last write is over.
        await expectComparedOnly({ place, environment }, here, 10);
      } finally {
        await server.stop();
      }
    });
  });
});

describe('manifest-complete is silent', () => {
  test('whatever the writer', () =>
    inDirectory(async (here) => {
      const writers = 'writer=out-of-order,preallocated,append,sparse,trailer,rename';
      const levels = [writers, 'rule=manifest-complete', 'stall=60ms'];
      const { verdict, tries, broken } = await hunted({ place: here }, here, levels, 60);
      expect([verdict, tries, broken]).toEqual(['clean', 60, 0]);
    }));

  test.each(['marker-present', 'manifest-complete'])('behind a relay, too: %s', (rule) =>
    inDirectory(async (here) => {
      const levels = ['writer=sequential,rename', `rule=${rule}`, 'relays=2', 'stall=60ms'];
      const found = await hunted({ place: here }, here, levels, 20);
      expect(found).toMatchObject({ verdict: 'clean', tries: 40, broken: 0 });
      expect(found.report.trials).toMatchObject({ clean: 20, unknown: 0 });
    }),
  );

  test('and picks up a completed upload on S3', (context) => {
    requireOrSkip(context, 'radosgw');
    return inDirectory(async (here) => {
      const server = await startRadosgw();
      const { url: place, environment } = server;
      // A part of S3 has 5 MiB at least.
      const sizes = ['size=10MiB', 'part=5MiB', 'stall=60ms'];
      const levels = ['writer=multipart', 'rule=manifest-complete', ...sizes];
      try {
        const found = await hunted({ place, environment }, here, levels, 10);
        expect(found).toMatchObject({ verdict: 'clean', tries: 10, broken: 0 });
      } finally {
        await server.stop();
      }
    });
  });
});
