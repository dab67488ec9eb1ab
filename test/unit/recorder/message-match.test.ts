// Matches on planted recordings: what is lost, twice there, late or out of order is found, a clean
// run stays clean, and what a ring has forgotten or a recording ended before is never called lost.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MatchResult } from '../../../src/recorder/match-result.ts';
import { type MatchOptions, matchMessages } from '../../../src/recorder/message-match.ts';
import { openRecordings } from '../../../src/recorder/recordings.ts';
import { type Planted, type PlantedEvent, plantRecording } from './planted-recording.ts';

const MS = 1e6;
const EVENTS = {
  send: [
    ['from', 'u32'],
    ['id', 'u64'],
  ],
  recv: [
    ['from', 'u32'],
    ['id', 'u32'],
  ],
  idle: [],
} as const;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'heisenwrite-match-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Message `id` of sender `from`, at `ms`. */
const send = (ms: number, id: number, from = 1): PlantedEvent => ({
  ...{ timeNs: 1e12 + ms * MS, event: 'send', values: [from, id] },
});
const recv = (ms: number, id: number, from = 1): PlantedEvent => ({
  ...send(ms, id, from),
  event: 'recv',
});
const idle = (ms: number): PlantedEvent => ({ timeNs: 1e12 + ms * MS, event: 'idle', values: [] });

const ids = (count: number) => Array.from({ length: count }, (_, id) => id);

type Side = Partial<Planted> & Pick<Planted, 'records'>;

let files = 0;
function match(sides: readonly Side[], options: Partial<MatchOptions> = {}): MatchResult {
  const paths = sides.map((side) =>
    plantRecording(directory, { events: EVENTS, name: `r${files}`, process: files++, ...side }),
  );
  const recordings = openRecordings(paths);
  try {
    return matchMessages(recordings, {
      sent: { event: 'send', fields: ['from', 'id'] },
      received: { event: 'recv', fields: ['from', 'id'] },
      ...{ delivery: null, lateNs: null, underWayNs: null, findingsMax: 10 },
      ...options,
    });
  } finally {
    recordings.close();
  }
}

const none = { lost: 0, duplicated: 0, neverSent: 0, reordered: 0, late: 0 };
const known = { underWay: 0, overwritten: 0, torn: 0, sendNotThere: 0 };

it('is silent when every message came once', () => {
  const result = match([
    { records: ids(5000).map((id) => send(id, id)) },
    { records: ids(5000).map((id) => recv(id + 0.5, id)) },
  ]);
  expect(result).toMatchObject({ sent: 5000, delivered: 5000, ...none, unknown: known });
  expect(result.gapNs).toMatchObject({ least: 0.5 * MS, median: 0.5 * MS, longest: 0.5 * MS });
  expect(result.findings).toEqual([]);
});

it('finds the one message that later ones overtook', () => {
  const result = match([
    { records: ids(100).map((id) => send(id, id)) },
    { records: ids(100).flatMap((id) => (id === 98 ? [] : [recv(id + 1, id)])) },
  ]);
  expect(result).toMatchObject({ ...none, lost: 1, delivered: 99, unknown: known });
  expect(result.findings).toEqual([
    expect.objectContaining({
      ...{ kind: 'lost', key: 'from=1 id=98', timeNs: BigInt(1e12 + 98 * MS) },
      sent: expect.objectContaining({ sequence: 98 }),
      because: expect.stringContaining('received later ones of the same sender'),
    }),
  ]);
});

it('does not call lost what may be under way at the end', () => {
  const sent = ids(100).map((id) => send(id, id));
  const received = ids(99).map((id) => recv(id + 1, id));
  expect(match([{ records: sent }, { records: received }])).toMatchObject({
    ...{ ...none, delivered: 99, unknown: { ...known, underWay: 1 } },
  });
  // The receiver recorded on, but for less than ten times the longest gap, or 100 ms.
  const short = [...received, idle(190)];
  expect(match([{ records: sent }, { records: short }]).unknown.underWay).toBe(1);
  const long = [...received, idle(300)];
  expect(match([{ records: sent }, { records: long }])).toMatchObject({ lost: 1, unknown: known });
  const options = { underWayNs: 500 * MS };
  expect(match([{ records: sent }, { records: long }], options).unknown.underWay).toBe(1);
});

it('does not call lost what a ring of a receiver has forgotten', () => {
  const records = ids(1000).flatMap((id) => (id === 500 || id === 950 ? [] : [recv(id + 1, id)]));
  const result = match([{ records: ids(1000).map((id) => send(id, id)) }, { records, slots: 100 }]);
  expect(result).toMatchObject({ ...none, lost: 1, delivered: 100 });
  expect(result.findings[0]?.key).toBe('from=1 id=950');
  // Sent before the oldest receipt that is there, 899 at 900 ms.
  expect(result.unknown).toEqual({ ...known, overwritten: 899 });
});

it('takes a coarse clock of the receiver for what it is', () => {
  const sent = ids(100).map((id) => send(id, id));
  const records = ids(100).flatMap((id) => (id === 60 ? [] : [recv(id + 1, id)]));
  // The oldest that is there says 52 ms, and happened up to 20 ms later.
  const side = { records, slots: 48 };
  expect(match([{ records: sent }, side])).toMatchObject({ lost: 1 });
  expect(match([{ records: sent }, { ...side, resolutionNs: 20 * MS }])).toMatchObject({ lost: 0 });
});

it('does not accuse of a message whose send was overwritten, only of one never sent', () => {
  const received = [...ids(1000).map((id) => recv(id + 1, id)), recv(1002, 5000), idle(2000)];
  const sent = [...ids(1000).map((id) => send(id, id)), idle(3000)];
  const whole = match([{ records: sent }, { records: received }]);
  expect(whole).toMatchObject({ ...none, neverSent: 1, delivered: 1000, unknown: known });
  expect(whole.findings[0]).toMatchObject({
    kind: 'never-sent',
    key: 'from=1 id=5000',
    sent: null,
  });
  const ring = match([{ records: sent, slots: 101 }, { records: received }]);
  expect(ring).toMatchObject({ ...none, delivered: 100, unknown: { ...known, sendNotThere: 901 } });
  // A sender that was killed after its call and before its record.
  const killed = match([{ records: sent.slice(0, 1000) }, { records: received }]);
  expect(killed).toMatchObject({ ...none, unknown: { ...known, sendNotThere: 1 } });
});

it('finds duplicates, and matches keys that were sent again in order', () => {
  const sent = ids(10).map((id) => send(id, id));
  const twice = [...ids(10).map((id) => recv(id + 1, id)), recv(20, 4)];
  const result = match([{ records: sent }, { records: twice }]);
  expect(result).toMatchObject({ ...none, duplicated: 1, duplicatedElsewhere: 0, delivered: 10 });
  expect(result.findings[0]).toMatchObject({
    kind: 'duplicated',
    key: 'from=1 id=4',
    gapNs: 16 * MS,
  });
  const sentAgain = { records: [...sent, ...ids(10).map((id) => send(1000 + id, id))] };
  const first = ids(10).map((id) => recv(id + 1, id));
  const second = ids(10).map((id) => recv(1001 + id, id));
  const again = match([sentAgain, { records: [...first, ...second] }]);
  expect(again).toMatchObject({ ...none, delivered: 20, gapNs: { longest: MS } });
  // Out of order, so that keys are looked up: each receipt still belongs to its own send.
  const swapped = match([sentAgain, { records: [...first, ...second.toReversed()] }]);
  expect(swapped).toMatchObject({ ...none, delivered: 20, reordered: 9, reusedKeys: 10 });
  const some = [...first.slice(0, 3), ...second.slice(3), idle(30_000)];
  const missing = match([sentAgain, { records: some }]);
  expect(missing).toMatchObject({ lost: 10, delivered: 10 });
});

it('finds which of two messages with the same key was lost', () => {
  const sent = [send(0, 7), send(1000, 7), send(2000, 8)];
  const result = match([{ records: sent }, { records: [recv(1001, 7), recv(2001, 8)] }]);
  expect(result).toMatchObject({ lost: 1, delivered: 2 });
  // Which one cannot be told from a key alone; that one is missing can.
  expect(result.gapNs?.longest).toBe(1001 * MS);
});

it('finds messages out of order and late ones, as measured against the sender', () => {
  const sent = ids(10).map((id) => send(id, id));
  const order = [0, 1, 2, 4, 5, 3, 6, 7, 8, 9].map((id, index) => recv(index + 1, id));
  const result = match([{ records: sent }, { records: order }], { lateNs: 2 * MS });
  expect(result).toMatchObject({ ...none, reordered: 1, late: 1, delivered: 10 });
  expect(result.findings.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
    'reordered from=1 id=3',
    'late from=1 id=3',
  ]);
});

it('proves nothing by overtaking where messages overtake each other', () => {
  const sent = ids(10).map((id) => send(id, id));
  // 1 came 7 ms after it was sent; 8 was sent 3 ms before the end.
  const order = [0, 2, 3, 4, 5, 6, 1, 7, 9].map((id, index) => recv(index + 2, id));
  expect(match([{ records: sent }, { records: order }])).toMatchObject({
    ...{ lost: 0, reordered: 1, unknown: { ...known, underWay: 1 } },
  });
});

it('does not call lost what may be in a torn record', () => {
  const records = ids(100).map((id) => ({ ...recv(id + 1, id), torn: id === 50 }));
  const sent = ids(100).map((id) => send(id, id));
  expect(match([{ records: sent }, { records }])).toMatchObject({
    ...{ ...none, unknown: { ...known, torn: 1 } },
  });
  const two = records.filter((_, id) => id !== 20);
  expect(match([{ records: sent }, { records: two }])).toMatchObject({
    lost: 2,
    lostUnlessTorn: 1,
  });
});

it('matches several senders by a key of two fields', () => {
  const result = match([
    { records: ids(50).map((id) => send(id, id, 1)) },
    { records: ids(50).map((id) => send(id + 0.1, id, 2)) },
    {
      records: ids(50).flatMap((id) => [
        recv(id + 1, id, 1),
        ...(id === 9 ? [] : [recv(id + 1, id, 2)]),
      ]),
    },
  ]);
  expect(result).toMatchObject({ ...none, sent: 100, delivered: 99, lost: 1 });
  expect(result.findings[0]).toMatchObject({ key: 'from=2 id=9', missingIn: [2] });
});

it('holds each receiver of a group to all messages, and any of them where one is to get it', () => {
  const sides = [
    { records: ids(50).map((id) => send(id, id)) },
    { records: ids(50).map((id) => recv(id + 1, id)) },
    { records: ids(50).flatMap((id) => (id === 30 ? [] : [recv(id + 1, id)])) },
  ];
  const each = match(sides, { delivery: 'each' });
  expect(each).toMatchObject({ ...none, lost: 1, expected: 100, delivered: 99 });
  expect(each.findings[0]).toMatchObject({ kind: 'lost', key: 'from=1 id=30', missingIn: [2] });
  const once = match(sides, { delivery: 'once' });
  expect(once).toMatchObject({ ...none, delivered: 50, duplicated: 49, duplicatedElsewhere: 49 });
});

it('says nothing of clocks that are not related', () => {
  const sent = ids(100).map((id) => send(id, id));
  const records = ids(100).flatMap((id) => (id === 60 ? [] : [recv(id - 5000, id)]));
  const apart = { records, domain: 'boot-2' };
  // By order alone: a later one came.
  expect(match([{ records: sent }, apart])).toMatchObject({ lost: 1, delivered: 99 });
  expect(match([{ records: sent }, { ...apart, slots: 50 }])).toMatchObject({
    ...{ lost: 0, unknown: { overwritten: 50 } },
  });
  const offset = { ns: BigInt(5001 * MS), uncertaintyNs: BigInt(MS) };
  expect(match([{ records: sent }, { ...apart, slots: 50, offset }])).toMatchObject({ lost: 1 });
});

it('names what there is when an event or a field is not', () => {
  const sides = [{ records: [send(0, 1)] }, { records: [recv(1, 1)] }];
  const received = { event: 'receive', fields: ['id'] };
  expect(() => match(sides, { received })).toThrow(/no recording has the event "receive".*recv/);
  const wrong = { event: 'recv', fields: ['from', 'idd'] };
  expect(() => match(sides, { received: wrong })).toThrow(/has no field "idd"; it has from, id/);
  const fewer = { event: 'recv', fields: ['id'] };
  expect(() => match(sides, { received: fewer })).toThrow(/same number of fields/);
});

it('says of no message from before the end of a pause that it was lost, and of later ones', () => {
  const sent = { records: ids(300).map((id) => send(id, id)) };
  const missing = new Set([40, 59, 150]);
  const records = ids(300).flatMap((id) => (missing.has(id) ? [] : [recv(id + 0.5, id)]));
  const until = (ms: number) => BigInt(1e12 + ms * MS);
  expect(match([sent, { records }]).lost).toBe(3);
  const once = match([sent, { records, pausedUntilNs: until(100) }]);
  expect(once).toMatchObject({ ...none, lost: 1, unknown: { ...known, overwritten: 2 } });
  expect(once.findings.map(({ key }) => key)).toEqual(['from=1 id=150']);
  const still = match([sent, { records, pausedUntilNs: 0xffff_ffff_ffff_ffffn }]);
  expect(still).toMatchObject({ ...none, unknown: { ...known, overwritten: 3 } });
  // With the offset of its clock: it was later, by ours.
  const offset = { ns: BigInt(100 * MS), uncertaintyNs: 0n };
  const earlier = records.map((one) => ({ ...one, timeNs: Number(one.timeNs) - 100 * MS }));
  const apart = match([sent, { records: earlier, offset, pausedUntilNs: until(49) }]);
  expect(apart).toMatchObject({ lost: 1, unknown: { ...known, overwritten: 2 } });
  expect(match([sent, { records: earlier, offset, pausedUntilNs: until(-50) }]).lost).toBe(2);
});

it('says of no message that it was never sent where a sender has paused', () => {
  const records = ids(300).flatMap((id) => (id === 50 ? [] : [send(id, id)]));
  const received = { records: ids(300).map((id) => recv(id + 0.5, id)) };
  expect(match([{ records }, received]).neverSent).toBe(1);
  const paused = match([{ records, pausedUntilNs: BigInt(1e12 + 60 * MS) }, received]);
  expect(paused).toMatchObject({ ...none, unknown: { ...known, sendNotThere: 1 } });
});

it('counts a receiver in that was in a pause all the time', () => {
  const sent = { records: ids(100).map((id) => send(id, id)) };
  const other = { records: ids(100).flatMap((id) => (id % 2 ? [recv(id + 0.5, id)] : [])) };
  const paused = { records: [idle(0)], pausedUntilNs: 0xffff_ffff_ffff_ffffn };
  expect(match([sent, other], { delivery: 'once' }).lost).toBeGreaterThan(40);
  expect(match([sent, other, paused], { delivery: 'once' })).toMatchObject(none);
});
