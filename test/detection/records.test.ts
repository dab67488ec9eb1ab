// Appended records: lost, twice, mixed with another, out of their writer's order, and damaged.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Observation, StampStream } from '../../src/domain/observation.ts';
import {
  damageOf,
  encoded,
  joined,
  kindsOf,
  placesOf,
  streams,
  unitObservation,
} from './planting.ts';

interface Journal {
  readonly stream: StampStream;
  readonly recordsOfWriter: readonly number[];
  readonly records: readonly Uint8Array[];
}

/** The records of all writers, interleaved as they might come. */
const journals = fc
  .tuple(
    streams('stamp', [512, 4096]),
    fc.array(fc.integer({ min: 3, max: 9 }), { minLength: 1, maxLength: 4 }),
    fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
  )
  .map(([stream, recordsOfWriter, turns]): Journal => {
    const next = recordsOfWriter.map(() => 0);
    const records: Uint8Array[] = [];
    for (let turn = 0; records.length < total(recordsOfWriter); turn++) {
      const open = recordsOfWriter.flatMap((count, w) => ((next[w] as number) < count ? [w] : []));
      const writer = open[(turns[turn] as number) % open.length] as number;
      next[writer] = (next[writer] as number) + 1;
      const number = total(recordsOfWriter.slice(0, writer)) + (next[writer] as number) - 1;
      records.push(encoded({ ...stream, writer }, number, 1, next[writer] as number));
    }
    return { stream, recordsOfWriter, records };
  });

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function seen({ stream, recordsOfWriter }: Journal, bytes: Uint8Array): Observation {
  const unit = unitObservation(stream, bytes, { block: 0, acknowledged: 0, started: 0 });
  return {
    ...unit,
    asked: bytes.length,
    fileBytes: bytes.length,
    expected: { shape: 'records', stream, recordsOfWriter },
  };
}

describe('planted', () => {
  it('a record lost: missing', () => {
    fc.assert(
      fc.property(journals, fc.nat(), (journal, n) => {
        const records = journal.records.filter((_, index) => index !== n % journal.records.length);
        const damage = damageOf(seen(journal, joined(...records)));
        expect(kindsOf(damage)).toEqual(['missing']);
        expect(damage).toHaveLength(1);
        expect(damage[0]?.length).toBe(journal.stream.blockBytes);
      }),
    );
  });

  it('a record twice: duplicated, at the second place', () => {
    fc.assert(
      fc.property(journals, fc.nat(), (journal, n) => {
        const which = n % journal.records.length;
        const records = [...journal.records, journal.records[which] as Uint8Array];
        const damage = damageOf(seen(journal, joined(...records)));
        const size = journal.stream.blockBytes;
        expect(placesOf(damage)).toEqual([['duplicated', journal.records.length * size, size]]);
      }),
    );
  });

  it('two records of one writer exchanged: reordered', () => {
    fc.assert(
      fc.property(journals, fc.nat(), (journal, n) => {
        const writer = n % journal.recordsOfWriter.length;
        const own = journal.records.flatMap((record, index) =>
          record[24] === writer ? [index] : [],
        );
        const first = n % (own.length - 1);
        const records = [...journal.records];
        const [a, b] = [own[first] as number, own[first + 1] as number];
        [records[a], records[b]] = [records[b] as Uint8Array, records[a] as Uint8Array];
        const damage = damageOf(seen(journal, joined(...records)));
        expect(kindsOf(damage)).toEqual(['reordered']);
      }),
    );
  });

  it('two records mixed: torn', () => {
    fc.assert(
      fc.property(journals, fc.nat(), fc.nat(), (journal, n, where) => {
        const size = journal.stream.blockBytes;
        const a = n % (journal.records.length - 1);
        const tear = 64 + 8 * (2 + (where % ((size - 96) / 8)));
        const [one, two] = [journal.records[a], journal.records[a + 1]] as [Uint8Array, Uint8Array];
        const records = [...journal.records];
        records[a] = joined(one.subarray(0, tear), two.subarray(tear));
        records[a + 1] = joined(two.subarray(0, tear), one.subarray(tear));
        const damage = damageOf(seen(journal, joined(...records)));
        expect(kindsOf(damage)).toEqual(['torn']);
      }),
    );
  });

  it('a bit of a record flipped', () => {
    fc.assert(
      fc.property(journals, fc.nat(), fc.nat(7), (journal, n, bit) => {
        const bytes = joined(...journal.records);
        const size = journal.stream.blockBytes;
        const at = Math.floor((n % bytes.length) / size) * size + 64 + (n % (size - 64));
        bytes[at] = (bytes[at] as number) ^ (1 << bit);
        expect(placesOf(damageOf(seen(journal, bytes)))).toEqual([['flipped', at, 1]]);
      }),
    );
  });
});

describe('records that nobody counts on', () => {
  it('one that was written and never acknowledged is extra, not misdirected', () => {
    fc.assert(
      fc.property(journals, (journal) => {
        const { stream, recordsOfWriter } = journal;
        const count = recordsOfWriter[0] as number;
        const record = encoded({ ...stream, writer: 0 }, count, 1, count + 1);
        const before = joined(...journal.records);
        const damage = damageOf(seen(journal, joined(before, record)));
        expect(placesOf(damage)).toEqual([['extra', before.length, stream.blockBytes]]);
        expect(damage[0]?.because).toContain('never acknowledged');
      }),
    );
  });

  it('the last records of a writer lost together are one range', () => {
    fc.assert(
      fc.property(journals, (journal) => {
        const { stream, recordsOfWriter } = journal;
        const last = recordsOfWriter.length - 1;
        const kept = journal.records.filter((one) => one[24] !== last || (one[40] as number) < 2);
        const damage = damageOf(seen(journal, joined(...kept)));
        const lost = ((recordsOfWriter[last] as number) - 1) * stream.blockBytes;
        expect(damage.map(({ kind, length }) => [kind, length])).toEqual([['missing', lost]]);
      }),
    );
  });
});

describe('clean', () => {
  it('every interleaving is right', () => {
    fc.assert(
      fc.property(journals, (journal) => {
        expect(damageOf(seen(journal, joined(...journal.records)))).toEqual([]);
      }),
    );
  });
});
