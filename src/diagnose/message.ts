// One delivery that is no message of the trial: `truncated` (bytes of its one message are missing),
// `merged` (it holds more than one message), `altered` (as long as its message, with other bytes).
// Every word of a message says whose it is and where it belongs, so that a delivery is read from
// any byte on.

import { formatCount } from '../base/quantities.ts';
import type { Damage, WordSample } from '../domain/damage.ts';
import { type MessageStream, messageName } from '../domain/message-stream.ts';
import type { Expected, Observation } from '../domain/observation.ts';
import { type MessagePart, messageBytes, messageParts } from '../stamp/message.ts';

type MessageExpected = Extract<Expected, { shape: 'message' }>;

const PARTS_TOLD = 4;
const SAMPLES_MAX = 8;
/** Right bytes between two wrong ones that may be a coincidence. */
const COINCIDENCE_BYTES = 7;
const FOREIGN_BYTES_MIN = 8;

export function diagnoseMessage(
  { bytes, asked }: Observation,
  { stream }: MessageExpected,
): Damage[] {
  if (bytes.length === 0) return [emptyDelivery(stream)];
  const parts = messageParts(stream, bytes);
  const [first] = parts;
  if (!first) return [nobodys(bytes)];
  if (areSeveral(parts)) return [mergedDelivery(parts, asked, stream)];
  const { number } = first;
  if (asked < stream.lengthBytes) return [truncatedMessage(first, asked, stream)];
  const meant = messageBytes(stream, number);
  const altered = alteredRanges(meant, bytes.subarray(0, meant.length), number, stream);
  if (asked === stream.lengthBytes) return altered;
  const because = `the delivery goes on for ${formatCount(asked - meant.length)} bytes after it`;
  const range = { offset: meant.length, length: asked - meant.length };
  return [...altered, { kind: 'extra', ...range, ...named(stream, [number]), because }];
}

/** The message that the delivery begins with; null where it is nobody's. */
export function meantMessage({ bytes }: Observation, { stream }: MessageExpected) {
  const [first] = messageParts(stream, bytes);
  return first ? messageBytes(stream, first.number) : null;
}

function named(stream: MessageStream, numbers: readonly number[]): Pick<Damage, 'messages'> {
  return { messages: [...new Set(numbers)].map((number) => messageName(stream, number)) };
}

function words(stream: MessageStream, number: number): string {
  const { sender, sequence } = messageName(stream, number);
  return `message ${sequence} of sender-${sender}`;
}

function emptyDelivery({ lengthBytes }: MessageStream): Damage {
  const because = `an empty delivery, where each message has ${formatCount(lengthBytes)} bytes`;
  return { kind: 'truncated', offset: 0, length: lengthBytes, because };
}

function nobodys(bytes: Uint8Array): Damage {
  const range = { offset: 0, length: bytes.length };
  const because = 'no byte of it is of a message of this trial';
  const kind = bytes.length >= FOREIGN_BYTES_MIN ? 'foreign' : 'unexplained';
  return { kind, ...range, because };
}

/** More than one message, or one that begins twice. */
function areSeveral(parts: readonly MessagePart[]): boolean {
  const begins = parts.filter(({ inside }) => inside === 0).length;
  return begins > 1 || new Set(parts.map(({ number }) => number)).size > 1;
}

function mergedDelivery(
  parts: readonly MessagePart[],
  lengthBytes: number,
  stream: MessageStream,
): Damage {
  const told = parts.slice(0, PARTS_TOLD).map(({ number, from, to, inside }) => {
    const all = inside === 0 && to - from === stream.lengthBytes;
    const how = all ? 'all' : `bytes ${inside} to ${inside + to - from}`;
    return `${how} of ${words(stream, number)} from byte ${formatCount(from)} on`;
  });
  const more = parts.length > PARTS_TOLD ? ` and ${parts.length - PARTS_TOLD} more` : '';
  return {
    kind: 'merged',
    offset: 0,
    length: lengthBytes,
    ...named(
      stream,
      parts.map(({ number }) => number),
    ),
    because: `one delivery of ${formatCount(lengthBytes)} bytes holds ${told.join(', ')}${more}`,
  };
}

function truncatedMessage(
  { number, from, to, inside }: MessagePart,
  there: number,
  stream: MessageStream,
): Damage {
  const missing = stream.lengthBytes - there;
  const begins = from === 0 && inside > 0;
  const holed = to < there && !begins;
  const offset = begins ? 0 : holed ? to : there;
  const count = `${formatCount(missing)} bytes`;
  const what = holed
    ? `${count} inside of it are missing`
    : `its ${begins ? 'first' : 'last'} ${count} are missing`;
  const because = `of ${words(stream, number)} ${formatCount(there)} bytes came: ${what}`;
  return { kind: 'truncated', offset, length: missing, ...named(stream, [number]), because };
}

function alteredRanges(
  meant: Uint8Array,
  found: Uint8Array,
  number: number,
  stream: MessageStream,
): Damage[] {
  const ranges: { from: number; to: number }[] = [];
  for (let at = 0; at < found.length; at++) {
    if (meant[at] === found[at]) continue;
    const last = ranges.at(-1);
    if (last && at - last.to <= COINCIDENCE_BYTES) last.to = at + 1;
    else ranges.push({ from: at, to: at + 1 });
  }
  return ranges.map(({ from, to }) => ({
    kind: 'altered',
    offset: from,
    length: to - from,
    ...named(stream, [number]),
    samples: samplesOf(meant, found, from, to),
    because: `bytes ${from} to ${to} of ${words(stream, number)} are not those that were sent`,
  }));
}

function samplesOf(meant: Uint8Array, found: Uint8Array, from: number, to: number): WordSample[] {
  const samples: WordSample[] = [];
  for (let at = from - (from % 8); at < to && samples.length < SAMPLES_MAX; at += 8) {
    if (at + 8 > found.length) break;
    samples.push({ offset: at, expected: wordAt(meant, at), observed: wordAt(found, at) });
  }
  return samples;
}

function wordAt(bytes: Uint8Array, at: number): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return view.getBigUint64(at, true).toString(16).padStart(16, '0');
}
