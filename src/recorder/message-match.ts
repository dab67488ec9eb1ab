// Which message that was sent was never received? Sends go into a hash by their key, then every
// receipt looks its send up; what is left is lost, unless a ring has forgotten the receipt or ended
// before it could come (match-fate.ts). Two passes over columns: no merge by time, no objects.

import type { FieldSchema } from './event-schema.ts';
import { batchReader } from './match-batch.ts';
import { type BoundedRecording, mayHaveForgotten, recordedTimes } from './match-bounds.ts';
import { judgeSent } from './match-fate.ts';
import type { MatchFinding, MatchResult } from './match-result.ts';
import { keyText, type TextNumbers } from './message-key.ts';
import { valuesAtRanks } from './rank-values.ts';
import { Receipts } from './receipts.ts';
import type { Columns } from './record-scan.ts';
import type { RecordingHeader } from './recording.ts';
import { RecordingError } from './recording-error.ts';
import type { Recordings } from './recordings.ts';
import { SentMessages } from './sent-messages.ts';

/** An event, and the fields of it that identify a message. */
export interface MatchTerm {
  readonly event: string;
  readonly fields: readonly string[];
}

/** `once`: one of the receivers is to get a message; `each`: every one of them. */
export type Delivery = 'once' | 'each';

export interface MatchOptions {
  readonly sent: MatchTerm;
  /** As many fields as `sent` has, in the same order; their names may differ. */
  readonly received: MatchTerm;
  /** Null: not said, which is enough with one receiver. */
  readonly delivery: Delivery | null;
  /** A receipt longer after its send is late, ns; null: none is. */
  readonly lateNs: number | null;
  /**
   * What was sent less than this before a receiver's recording ends may still be under way, ns.
   * Null: ten times the longest gap that was seen, at least 100 ms.
   */
  readonly underWayNs: number | null;
  /** Findings that are listed; all are counted. */
  readonly findingsMax: number;
}

/** What a match has read, before anything is judged. */
export interface MatchGround {
  readonly options: MatchOptions;
  readonly messages: SentMessages;
  readonly senders: readonly BoundedRecording[];
  readonly receivers: readonly BoundedRecording[];
  /** Records that could not be read of the senders' rings, whatever they were. */
  readonly sendersHidden: number;
  /** The time that all others are relative to, ns. */
  readonly baseNs: bigint;
  readonly keyOf: (words: Int32Array, at: number) => string;
}

/** @throws RecordingError `no-such-event`, `invalid-option`, and those of reading */
export function matchMessages(recordings: Recordings, options: MatchOptions): MatchResult {
  const { headers } = recordings;
  checkTerm(headers, options.sent);
  checkTerm(headers, options.received);
  if (options.sent.fields.length !== options.received.fields.length) {
    const said = 'both sides of a match need the same number of fields, in the same order';
    throw new RecordingError('invalid-option', null, said);
  }
  const bounded = boundRecordings(headers);
  const { baseNs } = bounded;
  const texts: TextNumbers = new Map();
  const messages = new SentMessages(2 * options.sent.fields.length);
  const senders = active(recordings, bounded.all, options.sent);
  let sendersHidden = 0;
  for (const sender of senders) {
    const account = readSent(recordings, sender, baseNs, options, messages, texts);
    sendersHidden += account.torn + account.overtaken;
  }
  const ground: MatchGround = {
    ...{ options, messages, sendersHidden, baseNs },
    senders: afterReading(recordings, senders, baseNs),
    receivers: active(recordings, bounded.all, options.received),
    keyOf: keyReader(headers, options.sent, texts),
  };
  return judgeReceivers(recordings, ground, texts);
}

function judgeReceivers(
  recordings: Recordings,
  ground: MatchGround,
  texts: TextNumbers,
): MatchResult {
  const { options, receivers } = ground;
  const hasReceipts = receivers.filter((receiver) => holds(recordings, receiver, options.received));
  const groups =
    options.delivery === 'each' && hasReceipts.length > 0
      ? hasReceipts.map((receiver) => [receiver])
      : [receivers];
  const parts = groups.map((group) => {
    const receipts = new Receipts(ground);
    for (const receiver of group) readReceipts(recordings, receiver, ground, receipts, texts);
    const read = afterReading(recordings, group, ground.baseNs);
    return { receipts, fate: judgeSent(ground, read, receipts) };
  });
  return summarise(ground, hasReceipts, parts);
}

interface Part {
  readonly receipts: Receipts;
  readonly fate: ReturnType<typeof judgeSent>;
}

function summarise(
  { options, messages, baseNs, senders }: MatchGround,
  receivers: readonly BoundedRecording[],
  parts: readonly Part[],
): MatchResult {
  const sum = (count: (part: Part) => number) => parts.reduce((all, part) => all + count(part), 0);
  const findings: MatchFinding[] = parts
    .flatMap(({ receipts, fate }) => [...fate.findings, ...receipts.findings])
    .sort((one, other) => (one.timeNs < other.timeNs ? -1 : one.timeNs > other.timeNs ? 1 : 0));
  return {
    sent: messages.count,
    reusedKeys: messages.reused,
    senders: senders.map(({ header }) => header.writer),
    receivers: receivers.map(({ header }) => header.writer),
    delivery: options.delivery,
    expected: messages.count * parts.length,
    delivered: sum(({ receipts }) => receipts.delivered),
    lost: sum(({ fate }) => fate.lost),
    lostUnlessTorn: sum(({ fate }) => fate.lostUnlessTorn),
    duplicated: sum(({ receipts }) => receipts.duplicated),
    duplicatedElsewhere: sum(({ receipts }) => receipts.duplicatedElsewhere),
    neverSent: sum(({ receipts }) => receipts.neverSent),
    reordered: sum(({ receipts }) => receipts.reordered),
    late: sum(({ receipts }) => receipts.late),
    unknown: {
      underWay: sum(({ fate }) => fate.underWay),
      overwritten: sum(({ fate }) => fate.overwritten),
      torn: sum(({ fate }) => fate.torn),
      sendNotThere: sum(({ receipts }) => receipts.sendNotThere),
    },
    underWayNs: Math.max(0, ...parts.map(({ fate }) => fate.underWayNs)),
    gapNs: gapSummary(parts.map(({ receipts }) => receipts.takeGaps())),
    baseNs,
    findings: findings.slice(0, options.findingsMax),
  };
}

function gapSummary(parts: readonly Float64Array[]): MatchResult['gapNs'] {
  const count = parts.reduce((all, { length }) => all + length, 0);
  if (count === 0) return null;
  const ranks = [0, 0.5, 0.99, 1].map((share) => Math.min(count - 1, Math.floor(share * count)));
  const [least, median, p99, longest] = valuesAtRanks(parts, ranks) as [
    number,
    number,
    number,
    number,
  ];
  return { least, median, p99, longest };
}

function checkTerm(headers: readonly RecordingHeader[], { event, fields }: MatchTerm): void {
  const schemas = headers.flatMap(({ events }) => events.filter(({ name }) => name === event));
  if (schemas.length === 0) {
    const known = [...new Set(headers.flatMap(({ events }) => events.map(({ name }) => name)))];
    const said = `no recording has the event "${event}"; there are ${known.join(', ')}`;
    throw new RecordingError('no-such-event', null, said);
  }
  for (const schema of schemas) {
    const names = schema.fields.map(({ name }) => name);
    const wrong = fields.find((field) => !names.includes(field));
    if (wrong === undefined) continue;
    const said = `the event "${event}" has no field "${wrong}"; it has ${names.join(', ')}`;
    throw new RecordingError('invalid-option', null, said);
  }
}

/** Times are relative to the oldest of all, so that they fit into a number. */
function boundRecordings(headers: readonly RecordingHeader[]) {
  const times = headers.map(({ path }) => recordedTimes(path));
  const first = times.flatMap((one) => one?.firstNs ?? []);
  const baseNs = first.sort((one, other) => (one < other ? -1 : 1))[0] ?? 0n;
  const all = headers.map((header, index): BoundedRecording => {
    const one = times[index];
    if (!one) {
      return {
        ...{ index, header },
        ...{ firstNs: Number.POSITIVE_INFINITY, lastNs: Number.NEGATIVE_INFINITY },
      };
    }
    const relative = (ns: bigint) => Number(ns - baseNs);
    return { index, header, firstNs: relative(one.firstNs), lastNs: relative(one.lastNs) };
  });
  return { all, baseNs };
}

/**
 * A ring that is still written may have come round while others were read, so what it forgot is
 * asked again after it was read; up to when it recorded stays as it was before.
 */
function afterReading(
  recordings: Recordings,
  some: readonly BoundedRecording[],
  baseNs: bigint,
): BoundedRecording[] {
  const { headers } = recordings;
  return some.map((one) => {
    const times = recordedTimes(one.header.path);
    const firstNs = times ? Number(times.firstNs - baseNs) : one.firstNs;
    return { ...one, header: headers[one.index] ?? one.header, firstNs };
  });
}

function readSent(
  recordings: Recordings,
  sender: BoundedRecording,
  baseNs: bigint,
  { sent }: MatchOptions,
  messages: SentMessages,
  texts: TextNumbers,
) {
  messages.expect(sender.header.counts.written - sender.header.counts.overwritten);
  const readBatch = batchReader(sent.fields, baseNs, texts);
  const visit = (columns: Columns) => {
    const { words, times } = readBatch(columns);
    messages.add(columns.length, words, sender.index, columns.sequence, times);
  };
  return recordings.scan(sender.index, sent.event, visit, sent.fields);
}

function readReceipts(
  recordings: Recordings,
  receiver: BoundedRecording,
  { options, baseNs }: MatchGround,
  receipts: Receipts,
  texts: TextNumbers,
): void {
  const { event, fields } = options.received;
  receipts.begin(receiver);
  const readBatch = batchReader(fields, baseNs, texts);
  const visit = (columns: Columns) => {
    const { words, times } = readBatch(columns);
    receipts.take(columns.length, columns.sequence, words, times);
  };
  const account = recordings.scan(receiver.index, event, visit, fields);
  receipts.hidden += account.torn + account.overtaken;
}

/**
 * Recordings that have the event, or may have had it; where there are none, those that declare it.
 * Programs often declare the events of both sides, and record those of one.
 */
function active(
  recordings: Recordings,
  all: readonly BoundedRecording[],
  term: MatchTerm,
): readonly BoundedRecording[] {
  const declaring = all.filter(({ header }) => declares(header, term.event));
  const some = declaring.filter(
    (one) => mayHaveForgotten(one.header) || holds(recordings, one, term),
  );
  return some.length > 0 ? some : declaring;
}

function declares({ events }: RecordingHeader, event: string): boolean {
  return events.some(({ name }) => name === event);
}

/** Whether the recording has at least one of the event. */
function holds(recordings: Recordings, { index }: BoundedRecording, { event }: MatchTerm): boolean {
  let found = false;
  const visit = ({ length }: Columns) => {
    found = length > 0;
    return !found;
  };
  recordings.scan(index, event, visit, []);
  return found;
}

function keyReader(
  headers: readonly RecordingHeader[],
  { event, fields }: MatchTerm,
  texts: TextNumbers,
): MatchGround['keyOf'] {
  const schema = headers.flatMap(({ events }) => events.filter(({ name }) => name === event))[0];
  const declared = fields.map((name) => schema?.fields.find((field) => field.name === name));
  return (words, at) => keyText(declared as FieldSchema[], texts, words, at);
}
