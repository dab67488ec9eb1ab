// A search over columns finds what the query finds event by event, whatever the types.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fitsQuery, parseQuery } from '../../../src/recorder/event-query.ts';
import { searchEvents } from '../../../src/recorder/event-search.ts';
import { openRecordings, type Recordings } from '../../../src/recorder/recordings.ts';
import { type PlantedEvent, plantRecording } from './planted-recording.ts';

const EVENTS = {
  send: [
    ['id', 'u64'],
    ['size', 'u32', 'B'],
    ['name', 'text[8]'],
    ['drift', 'i64'],
  ],
  recv: [
    ['id', 'u32'],
    ['ratio', 'f64'],
    ['step', 'i32'],
  ],
} as const;
/** More than are gathered: the search must stream. */
const MANY = 60_000;

let directory = '';
let recordings: Recordings;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'heisenwrite-search-'));
  const sent = Array.from({ length: MANY }, (_, id): PlantedEvent => {
    const values = [id, id % 1500, id % 3 === 0 ? 'frag' : 'whole', -id];
    return { timeNs: 1000 * id, event: 'send', values };
  });
  const received = Array.from({ length: 300 }, (_, id): PlantedEvent => {
    return { timeNs: 1000 * id + 500, event: 'recv', values: [id, id / 8, id - 150] };
  });
  recordings = openRecordings([
    plantRecording(directory, { name: 'a', events: EVENTS, records: sent }),
    plantRecording(directory, { name: 'b', process: 7, events: EVENTS, records: received }),
  ]);
});
afterAll(() => {
  recordings.close();
  rmSync(directory, { recursive: true });
});

const schemas = () => recordings.headers.flatMap(({ events }) => events);

it.each([
  'id = 42',
  'id != 42 and size = 7',
  'id > 59990',
  'drift <= -59990',
  'drift > -3.5',
  'ratio < 1.25',
  'ratio = 0.125',
  'step < -145',
  'size = 7 and name = frag',
  'name ~ ra and id < 40',
  'recv.id >= 297',
  'event = recv and step = 0',
  'event != send and sequence >= 298',
  'writer = "b 7" and sequence = 3',
  'id = 18446744073709551615',
  'id >= 0',
])('%s', (text) => {
  const clauses = parseQuery(text, schemas());
  const expected = [...recordings.events()].filter((event) => fitsQuery(clauses, event));
  const found = searchEvents(recordings, { names: [], clauses, range: {} });
  expect([...found]).toEqual(expected);
});

it('takes names and ranges into account', () => {
  const clauses = parseQuery('id < 5', schemas());
  const words = (names: string[], range: { from?: bigint; to?: bigint }) =>
    [...searchEvents(recordings, { names, clauses, range })].map(
      ({ event, sequence }) => `${event} ${sequence}`,
    );
  expect(words(['recv'], {})).toEqual(['recv 0', 'recv 1', 'recv 2', 'recv 3', 'recv 4']);
  expect(words([], { from: 1500n, to: 2500n })).toEqual(['recv 1', 'send 2', 'recv 2']);
  expect(words(['send'], { from: 4000n })).toEqual(['send 4']);
});
