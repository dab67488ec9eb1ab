// The media of a delivery: which there are besides the place, which cells can be tried on them, and
// on which of them each store is.

import { describe, expect, test } from 'vitest';
import { DIRECTORY_CAPABILITIES } from '../../../src/domain/medium.ts';
import type { PlaceCapabilities } from '../../../src/domain/workload.ts';
import { expandPlan } from '../../../src/plan/expand.ts';
import { fitCells } from '../../../src/plan/fit.ts';
import { otherMediaOf } from '../../../src/plan/other-media.ts';
import { delivery } from '../../../src/workload/delivery.ts';
import { courseOf } from '../../../src/workload/delivery-course.ts';
import { WORKLOADS } from '../../../src/workload/workloads.ts';
import { settingFor } from '../../fixtures/actors/trial-setting.ts';
import { planOf } from '../plan/workshop.ts';

const SFTP = 'sftp://me@host/drop';
const S3 = 's3://bucket/x';
const PLACE: PlaceCapabilities = { directAlignmentBytes: null, directRefusal: null, client: null };

function cellsOf(factors: Readonly<Record<string, string | number | string[]>>) {
  return expandPlan(planOf({ arms: [{ workload: 'delivery', factors }] }), WORKLOADS);
}

function fitted(
  factors: Parameters<typeof cellsOf>[0],
  others: Parameters<typeof fitCells>[4] = { [SFTP]: DIRECTORY_CAPABILITIES },
) {
  return fitCells(cellsOf(factors), WORKLOADS, { x: PLACE }, 2 ** 30, others);
}

describe('other media', () => {
  const of = (factors: Parameters<typeof cellsOf>[0]) =>
    otherMediaOf(
      cellsOf(factors).map(({ levels }) => levels),
      WORKLOADS,
    );

  test('none, where no factor names any', () => {
    expect(of({ relays: 2 })).toEqual([]);
    expect(of({ forward: 'none', origin: 'none' })).toEqual([]);
  });

  test('each once, of all cells', () => {
    expect(of({ forward: ['none', SFTP, S3], origin: ['none', S3] })).toEqual([SFTP, S3]);
  });
});

describe('fitting', () => {
  test('a medium without a second client is left out, and said', () => {
    const lacking = { ...DIRECTORY_CAPABILITIES, secondClient: false };
    const { cells, leftOut } = fitted({ forward: ['none', SFTP] }, { [SFTP]: lacking });
    expect(cells.map(({ levels }) => levels.forward)).toEqual(['none']);
    expect(leftOut).toEqual([`1 of 2 cells left out: there is no second client of ${SFTP}`]);
  });

  test('so is one of which nothing is known', () => {
    expect(fitted({ forward: ['none', SFTP] }, {}).cells).toHaveLength(1);
  });

  test('a rule that sees this host alone is left out where a relay watches a remote medium', () => {
    const rules = ['size-stable', 'close-write', 'chokidar', 'lease', 'nobody-writes'];
    const { cells, leftOut } = fitted({ rule: rules, relays: 2, forward: SFTP });
    expect(cells.map(({ levels }) => levels.rule)).toEqual(['size-stable']);
    expect(leftOut[0]).toBe(
      '1 of 5 cells left out: the rule close-write sees directories of this host alone, ' +
        `and a relay watches ${SFTP}`,
    );
    expect(leftOut).toHaveLength(4);
  });

  test('and not where the only relay watches the place, or the medium is a directory', () => {
    const rules = ['close-write', 'chokidar', 'lease', 'nobody-writes'];
    expect(fitted({ rule: rules, relays: 1, forward: SFTP }).cells).toHaveLength(4);
    const there = 'file:///srv/drop';
    const others = { [there]: DIRECTORY_CAPABILITIES };
    expect(fitted({ rule: rules, relays: 2, forward: there }, others).cells).toHaveLength(4);
    expect(fitted({ rule: rules, relays: 2 }).cells).toHaveLength(4);
  });
});

describe('stores', () => {
  const never = { call: () => Promise.reject(new Error('nobody is to act')) };
  const setting = (levels: Readonly<Record<string, string | number>>) => ({
    ...settingFor(delivery, levels, { directory: '/place/trial-1', actors: never }),
    others: {
      [SFTP]: { directory: '/beside/trial-1', medium: { url: SFTP, options: {} } },
      [S3]: { directory: '/beside/trial-1', medium: { url: S3, options: {} } },
    },
  });

  test('all on the place, where nothing else is said', () => {
    const { stores, origin } = courseOf(setting({ relays: 2 }));
    expect(stores.map(({ folder }) => folder)).toEqual(
      [0, 1, 2].map((store) => `/place/trial-1/store-${store}`),
    );
    expect(new Set(stores.map(({ medium }) => medium.url))).toEqual(new Set(['file:///']));
    expect(origin).toBeNull();
  });

  test('those behind relays elsewhere, the origin on a third medium', () => {
    const { stores, origin } = courseOf(setting({ relays: 2, forward: SFTP, origin: S3 }));
    expect(stores.map(({ medium, folder }) => [medium.url, folder])).toEqual([
      ['file:///', '/place/trial-1/store-0'],
      [SFTP, '/beside/trial-1/store-1'],
      [SFTP, '/beside/trial-1/store-2'],
    ]);
    expect(origin).toMatchObject({ medium: { url: S3 }, path: '/beside/trial-1/origin' });
  });

  test('a program copies from a file beside its store', () => {
    const { origin } = courseOf(setting({ writer: 'command', program: 'cp {from} {to}' }));
    expect(origin).toMatchObject({ medium: { url: 'file:///' }, path: '/place/trial-1/origin' });
  });

  test('a medium on which the trial has no directory is an error, and no other medium', () => {
    expect(() => courseOf(setting({ forward: 'file:///srv' }))).toThrow(
      'the trial has no directory on file:///srv',
    );
  });
});
