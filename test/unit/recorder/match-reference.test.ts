// A match against the plain way to do it, with lists and no arrays of numbers: messages of two
// senders that are lost, doubled, shuffled and invented.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { matchMessages } from '../../../src/recorder/message-match.ts';
import { openRecordings } from '../../../src/recorder/recordings.ts';
import { type PlantedEvent, plantRecording } from './planted-recording.ts';

const MS = 1_000_000;
const END_MS = 1e6;
const EVENTS = { send: [['id', 'i32']], recv: [['id', 'f64']], idle: [] } as const;

interface Course {
  /** By sender, the keys that it sent, in order. */
  readonly sent: readonly (readonly number[])[];
  /** Keys in the order in which they came. */
  readonly received: readonly number[];
}

const key = fc.integer({ min: -4, max: 60 });
const course: fc.Arbitrary<Course> = fc
  .tuple(fc.uniqueArray(key, { maxLength: 60 }), fc.nat(60))
  .chain(([keys, first]) => {
    const sent = [keys.slice(0, first), keys.slice(first)];
    const ordered = fc.subarray(keys);
    const received = fc.oneof(fc.shuffledSubarray(keys), ordered, fc.array(key, { maxLength: 80 }));
    return fc.record({ sent: fc.constant(sent), received });
  });

function reference({ sent, received }: Course) {
  const messages = sent.flatMap((ids, from) => ids.map((id, at) => ({ id, from, at, got: false })));
  const newest = sent.map(() => -1);
  const found = { delivered: 0, duplicated: 0, neverSent: 0, reordered: 0, lost: 0 };
  for (const id of received) {
    const same = messages.filter((message) => message.id === id);
    const waiting = same.find(({ got }) => !got);
    if (!waiting) {
      found[same.length > 0 ? 'duplicated' : 'neverSent']++;
      continue;
    }
    waiting.got = true;
    found.delivered++;
    if (waiting.at < (newest[waiting.from] as number)) found.reordered++;
    else newest[waiting.from] = waiting.at;
  }
  found.lost = messages.filter(({ got }) => !got).length;
  return found;
}

it('finds what a plain search finds', () => {
  fc.assert(
    fc.property(course, ({ sent, received }) => {
      const directory = mkdtempSync(join(tmpdir(), 'heisenwrite-reference-'));
      const last: PlantedEvent = { timeNs: END_MS * MS, event: 'idle', values: [] };
      const events = (event: string, ids: readonly number[], fromMs: number): PlantedEvent[] =>
        ids.map((id, at) => ({ timeNs: (fromMs + at) * MS, event, values: [id] }));
      const plant = (name: string, records: PlantedEvent[]) =>
        plantRecording(directory, { name, events: EVENTS, records: [...records, last] });
      const paths = [
        ...sent.map((ids, from) => plant(`sender-${from}`, events('send', ids, 1))),
        plant('receiver', events('recv', received, 1000)),
      ];
      const recordings = openRecordings(paths);
      try {
        const result = matchMessages(recordings, {
          sent: { event: 'send', fields: ['id'] },
          received: { event: 'recv', fields: ['id'] },
          ...{ delivery: null, lateNs: null, underWayNs: null, findingsMax: 1000 },
        });
        expect(result).toMatchObject({
          ...reference({ sent, received }),
          sent: sent.flat().length,
        });
      } finally {
        recordings.close();
        rmSync(directory, { recursive: true });
      }
    }),
    { numRuns: 150 },
  );
}, 60_000);
