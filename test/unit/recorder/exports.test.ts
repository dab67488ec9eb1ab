// The table and the Perfetto trace read back give the events that went in. CTF, and Perfetto by
// protoc, are opened by programs that are not ours in test/real/replay.test.ts.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { csvLines } from '../../../src/recorder/export-csv.ts';
import { perfettoTrace } from '../../../src/recorder/export-perfetto.ts';
import { openRecordings, type Recordings } from '../../../src/recorder/recordings.ts';
import { plantRecording } from './planted-recording.ts';

const EVENTS = {
  send: [
    ['id', 'u64'],
    ['event', 'text[24]'],
    ['ratio', 'f64', 'B'],
  ],
  'recv.late': [
    ['id', 'u32'],
    ['gap', 'i64', 'ns'],
  ],
} as const;
const WIDEST = 18_446_744_073_709_551_615n;

let directory = '';
let recordings: Recordings;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'heisenwrite-exports-'));
  const sent = plantRecording(directory, {
    ...{ name: 'a', events: EVENTS },
    records: [
      { timeNs: 1e9, event: 'send', values: [WIDEST, 'say "a, b"\n', 0.1] },
      { timeNs: 3e9 + 1, event: 'send', values: [7, '', -2] },
    ],
  });
  const received = plantRecording(directory, {
    ...{ name: 'b', process: 7, events: EVENTS },
    records: [{ timeNs: 3e9 + 2, event: 'recv.late', values: [7, -9_007_199_254_740_993n] }],
  });
  recordings = openRecordings([sent, received]);
});
afterAll(() => {
  recordings.close();
  rmSync(directory, { recursive: true });
});

it('makes a table that reads back to the same values', () => {
  const text = [...csvLines(recordings.headers, recordings.events())].join('\r\n');
  const rows = parse(text, { columns: true }) as Record<string, string>[];
  const none = { 'field.event': '', ratio: '', gap: '' };
  expect(rows).toEqual([
    {
      ...{ time_ns: '1000000000', writer: 'a 100', recording: '0', sequence: '0', event: 'send' },
      ...{ ...none, id: String(WIDEST), 'field.event': 'say "a, b"\n', ratio: '0.1' },
    },
    {
      ...{ time_ns: '3000000001', writer: 'a 100', recording: '0', sequence: '1', event: 'send' },
      ...{ ...none, id: '7', ratio: '-2' },
    },
    {
      ...{ time_ns: '3000000002', writer: 'b 7', recording: '1', sequence: '0' },
      ...{ ...none, event: 'recv.late', id: '7', gap: '-9007199254740993' },
    },
  ]);
});

/** Every field by its number, messages unread. */
function fieldsOf(bytes: Uint8Array): Record<number, unknown[]> {
  const reader = new BinaryReader(bytes);
  const found: Record<number, unknown[]> = {};
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    const value =
      type === WireType.Varint
        ? reader.uint64()
        : type === WireType.Bit64
          ? reader.fixed64()
          : reader.bytes();
    found[number] = [...(found[number] ?? []), value];
  }
  return found;
}

const message = (value: unknown) => fieldsOf(value as Uint8Array);
const text = (value: unknown) => new TextDecoder().decode(value as Uint8Array);

it('makes a Perfetto trace with a track for each recording and a flow for a message', () => {
  const flows = {
    sent: { event: 'send', fields: ['id'] },
    received: { event: 'recv.late', fields: ['id'] },
  };
  const pieces = [...perfettoTrace(recordings.headers, recordings.events(), flows)];
  const packets = (fieldsOf(Buffer.concat(pieces))[1] ?? []).map(message);
  // trace_packet.proto: track_descriptor 60, track_event 11, timestamp 8, sequence id 10.
  const tracks = packets.flatMap((packet) => (packet[60] ?? []).map(message));
  expect(tracks.map((track) => [track[1]?.[0], text(track[2]?.[0])])).toEqual([
    [1n, 'a 100 at test'],
    [2n, 'b 7 at test'],
  ]);
  const events = packets.filter((packet) => packet[11]);
  expect(events.map((packet) => [packet[8]?.[0], packet[10]?.[0]])).toEqual([
    [1_000_000_000n, 1n],
    [3_000_000_001n, 1n],
    [3_000_000_002n, 2n],
  ]);
  // track_event.proto: type 9 (3: instant), track_uuid 11, name 23, flow_ids 47.
  const [first, second, third] = events.map((packet) => message(packet[11]?.[0]));
  expect([first, second, third].map((one) => [one?.[9]?.[0], text(one?.[23]?.[0])])).toEqual([
    [3n, 'send'],
    [3n, 'send'],
    [3n, 'recv.late'],
  ]);
  expect(second?.[47]).toEqual(third?.[47]);
  expect(first?.[47]).not.toEqual(third?.[47]);
  // debug_annotation.proto: name 10, uint_value 3, int_value 4, double_value 5, string_value 6.
  const annotations = (first?.[4] ?? []).map(message);
  expect(annotations.map((one) => text(one[10]?.[0]))).toEqual(['id', 'event', 'ratio (B)']);
  expect(annotations[0]?.[3]).toEqual([WIDEST]);
  expect(text(annotations[1]?.[6]?.[0])).toBe('say "a, b"\n');
  expect(annotations[2]?.[5]).toHaveLength(1);
  const gap = message(third?.[4]?.[1])[4]?.[0] as bigint;
  expect(BigInt.asIntN(64, gap)).toBe(-9_007_199_254_740_993n);
});
