// Hunts with a writer that writes its marker before its last part, into a file that has its length
// already: who only looks for the marker is fooled on each medium, and who compares the content
// with it is not.

import { describe, expect, test } from 'vitest';
import { startRadosgw } from '../../src/fleet/radosgw.ts';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import {
  expectSilent,
  type HuntedPlace,
  hunted,
  overNfs,
  overSftp,
  readyOf,
} from './delivery-hunts.ts';
import { requireOrSkip } from './requirements.ts';

const EARLY = 'writer=early-marker';
/** How long its last part is late: to be fooled takes a copy of the rest within it. */
const [LONG, SHORT] = ['stall=1s', 'stall=100ms'];

/** @param pickups that the comparing rule makes without one that is early */
async function expectComparedOnly(
  place: HuntedPlace,
  here: string,
  pickups: number,
): Promise<void> {
  const fooled = await hunted(place, here, [EARLY, LONG, 'rule=marker-present'], 3);
  expect(fooled.verdict).toBe('damaged');
  expect(readyOf(fooled)).toEqual({ tries: 3, broken: 3 });
  const kinds = new Set(fooled.findings.flatMap((finding) => finding.kinds));
  expect([...kinds].toSorted()).toEqual(['early', 'zeroed']);
  // As long as the whole file: by the length nobody sees it.
  expect(fooled.deliveries?.early).toMatchObject([
    { rule: 'marker-present', count: 3, sameLength: 3 },
  ]);
  const compared = await hunted(place, here, [EARLY, SHORT, 'rule=manifest-complete'], pickups);
  expectSilent(compared, pickups);
}

describe('a marker that is written before the last part fools marker-present alone', () => {
  test('in a directory', () =>
    inDirectory((here) => expectComparedOnly({ place: here }, here, 60)));

  test('over NFS', (context) =>
    overNfs(context, (place, here) => expectComparedOnly(place, here, 20)));

  // Each waits until the second of the last write is over.
  test('over SFTP, whose times are whole seconds', (context) =>
    overSftp(context, (place, here) => expectComparedOnly(place, here, 10)));
});

describe('manifest-complete is silent', () => {
  test('whatever the writer', () =>
    inDirectory(async (here) => {
      const writers = 'writer=out-of-order,preallocated,append,sparse,trailer,rename';
      const levels = [writers, 'rule=manifest-complete', 'stall=60ms'];
      expectSilent(await hunted({ place: here }, here, levels, 60), 60);
    }));

  test.each(['marker-present', 'manifest-complete'])('behind a relay, too: %s', (rule) =>
    inDirectory(async (here) => {
      const levels = ['writer=sequential,rename', `rule=${rule}`, 'relays=2', 'stall=60ms'];
      const found = await hunted({ place: here }, here, levels, 20);
      expectSilent(found, 40);
      expect(found.trials).toMatchObject({ clean: 20, unknown: 0 });
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
        expectSilent(await hunted({ place, environment }, here, levels, 10), 10);
      } finally {
        await server.stop();
      }
    });
  });
});
