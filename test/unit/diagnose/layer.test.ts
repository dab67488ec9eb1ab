// The layer follows from the looks, and only from looks that are beyond doubt.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layerOf } from '../../../src/diagnose/layer.ts';
import { LAYERS } from '../../../src/domain/damage.ts';
import type { Reread } from '../../../src/domain/observation.ts';
import { encodeBlocks } from '../../../src/stamp/reference.ts';
import { BLOCKS_OF_7, flippedBit, look, STREAM, seen, torn, unit, unitBetween } from './looks.ts';

const RIGHT = unit(7);
const WRONG = flippedBit(RIGHT);
const OTHER = flippedBit(RIGHT, 2000);

describe('the layer of blocks that are not being rewritten', () => {
  const layer = (rereads: readonly Reread[]) => layerOf(seen(WRONG, BLOCKS_OF_7, rereads));

  it('is the source when its own buffer was wrong, whatever the looks say', () => {
    const rereads = [look('same-descriptor', RIGHT)];
    const observation = seen(WRONG, BLOCKS_OF_7, rereads, { sourceIntact: false });
    expect(layerOf(observation).layer).toBe('source');
  });

  it('is transient when every look is right', () => {
    const rereads = [
      look('same-descriptor', RIGHT),
      look('cache-dropped', RIGHT),
      look('direct', RIGHT),
    ];
    expect(layer(rereads).layer).toBe('transient');
  });

  it('is the cache of the reader when only its own descriptor stays wrong', () => {
    const dropped = [look('same-descriptor', WRONG), look('cache-dropped', RIGHT)];
    expect(layer([...dropped, look('direct', RIGHT)]).layer).toBe('reader-cache');
    expect(layer([...dropped, look('direct', null, 'refused')]).layer).toBe('reader-cache');
    const direct = [look('same-descriptor', WRONG), look('cache-dropped', WRONG)];
    expect(layer([...direct, look('direct', RIGHT)]).layer).toBe('reader-cache');
  });

  it('is persisted when all looks show the same wrong bytes', () => {
    const rereads = [
      look('same-descriptor', WRONG),
      look('cache-dropped', WRONG),
      look('direct', WRONG),
    ];
    expect(layer(rereads).layer).toBe('persisted');
    expect(layer([...rereads, look('second-client', WRONG)]).layer).toBe('persisted');
  });

  it('is undetermined when a second client contradicts', () => {
    const rereads = [look('same-descriptor', WRONG), look('direct', WRONG)];
    const found = layer([...rereads, look('second-client', RIGHT)]);
    expect(found.layer).toBe('undetermined');
    expect(found.because).toContain('right from a second client');
  });

  it('is undetermined when the looks contradict each other or change', () => {
    expect(layer([look('same-descriptor', RIGHT), look('direct', WRONG)]).layer).toBe(
      'undetermined',
    );
    expect(layer([look('same-descriptor', WRONG), look('direct', OTHER)]).layer).toBe(
      'undetermined',
    );
  });

  it('does not count a cache drop that is in doubt, and says so', () => {
    const note = '1 of 1 pages stayed in the cache';
    for (const bytes of [RIGHT, WRONG]) {
      const found = layer([
        look('same-descriptor', WRONG),
        look('cache-dropped', bytes, note),
        look('direct', null, 'the file system refuses O_DIRECT (EINVAL)'),
      ]);
      expect(found.layer).toBe('undetermined');
      expect(found.because).toContain(note);
      expect(found.because).toContain('refuses O_DIRECT');
    }
    const byName = look('cache-dropped', RIGHT, 'opened again by name');
    expect(layer([look('same-descriptor', WRONG), byName]).layer).toBe('reader-cache');
  });

  it('is undetermined without looks, or with none that was possible', () => {
    expect(layer([]).because).toContain('not read again');
    expect(layer([look('direct', null, 'ENOENT')]).because).toContain('ENOENT');
    expect(layer([look('direct', RIGHT)]).layer).toBe('undetermined');
  });

  it('compares the length of the file too', () => {
    const longer = look('same-descriptor', RIGHT, undefined, 8192);
    expect(layer([longer]).layer).toBe('undetermined');
  });

  it('is transient when an absent file is there in the next moment', () => {
    const rereads = [
      look('same-descriptor', null, 'the file was not open'),
      look('cache-dropped', RIGHT),
      look('direct', RIGHT),
    ];
    const absent = seen(new Uint8Array(0), BLOCKS_OF_7, rereads, { returned: -1, fileBytes: -1 });
    expect(layerOf(absent).layer).toBe('transient');
  });
});

describe('the layer of a unit that is being rewritten', () => {
  const layer = (rereads: readonly Reread[]) =>
    layerOf(seen(torn(9, 8), unitBetween(8, 9), rereads)).layer;

  it('is transient when a later look finds it whole and not older', () => {
    expect(layer([look('same-descriptor', unit(9)), look('direct', torn(12, 11))])).toBe(
      'transient',
    );
    expect(layer([look('same-descriptor', unit(30)), look('direct', unit(31))])).toBe('transient');
  });

  it('is undetermined when it is whole again but of the older generation', () => {
    expect(layer([look('same-descriptor', unit(8)), look('direct', unit(8))])).toBe('undetermined');
  });

  it('is undetermined when it was torn again', () => {
    expect(layer([look('same-descriptor', torn(10, 9)), look('direct', unit(10))])).toBe(
      'undetermined',
    );
  });

  it('is never persisted: what did not move within a trial may have been on its way', () => {
    for (const half of [torn(9, 8), new Uint8Array(0), torn(9, 8).subarray(0, 512)]) {
      for (const expected of [unitBetween(8, 9), unitBetween(9, 9)]) {
        const rereads = [look('same-descriptor', half), look('direct', half)];
        const found = layerOf(seen(half, expected, rereads));
        expect(found.layer).toBe('undetermined');
        expect(found.because).toContain('being rewritten');
      }
    }
  });

  it('sees the cache when no writer was at work', () => {
    const stale = seen(unit(7), unitBetween(9, 9), [
      look('same-descriptor', unit(7)),
      look('cache-dropped', unit(9)),
      look('direct', unit(9)),
    ]);
    expect(layerOf(stale).layer).toBe('reader-cache');
  });
});

describe('the layer of appended records', () => {
  const record = (writer: number, number: number, sequence: number) =>
    encodeBlocks({ ...STREAM, writer }, number, 1, sequence, 0n);
  const whole = Buffer.concat([record(1, 2, 1), record(0, 0, 1), record(0, 1, 2)]);
  const swapped = Buffer.concat([record(1, 2, 1), record(0, 1, 2), record(0, 0, 1)]);
  const expected = { shape: 'records', stream: STREAM, recordsOfWriter: [2, 1] } as const;
  const layer = (again: Uint8Array) =>
    layerOf(
      seen(swapped, expected, [
        look('same-descriptor', again, undefined, again.length),
        look('direct', again, undefined, again.length),
      ]),
    ).layer;

  it('is transient when all records are there in order at the next look', () => {
    expect(layer(whole)).toBe('transient');
  });

  it('is persisted when they stay out of order', () => {
    expect(layer(swapped)).toBe('persisted');
  });

  it('is not right with a record too few or a bit wrong', () => {
    expect(layer(whole.subarray(0, 8192))).toBe('undetermined');
    expect(layer(flippedBit(whole, 5000))).toBe('undetermined');
  });
});

it('names a known layer and a reason for any bytes and looks', () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 5000 }), fc.constantFrom(RIGHT, WRONG, OTHER));
  const looks = fc.array(
    fc
      .tuple(
        fc.constantFrom('same-descriptor', 'cache-dropped', 'direct', 'second-client'),
        fc.option(bytes),
        fc.option(fc.string(), { nil: undefined }),
      )
      .map(([how, again, note]) => look(how as Reread['how'], again, note)),
    { maxLength: 4 },
  );
  const shape = fc.constantFrom(BLOCKS_OF_7, unitBetween(6, 8), {
    shape: 'records',
    stream: STREAM,
    recordsOfWriter: [1, 1],
  } as const);
  fc.assert(
    fc.property(bytes, shape, looks, (first, expected, rereads) => {
      const { layer, because } = layerOf(seen(first, expected, rereads));
      expect(LAYERS).toContain(layer);
      expect(because.length).toBeGreaterThan(10);
    }),
    { numRuns: 100 },
  );
});
