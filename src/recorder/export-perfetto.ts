// Events as a Perfetto trace: TrackEvents in protobuf, which is what Perfetto recommends. Every
// recording is a track, every event an instant with its fields as annotations, and a message that
// was sent and received is a flow, drawn as an arrow. No packet refers to another one, so that a
// trace of any size is written in constant memory.
// Numbers of fields: protos/perfetto/trace/trace_packet.proto and track_event/*.proto of Perfetto.

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { FieldSchema } from './event-schema.ts';
import type { MatchTerm } from './message-match.ts';
import type { FieldValue, RecordedEvent } from './record-events.ts';
import type { RecordingHeader } from './recording.ts';

const TRACE = { packet: 1 } as const;
const PACKET = {
  timestamp: 8,
  trustedPacketSequenceId: 10,
  trackEvent: 11,
  sequenceFlags: 13,
  trackDescriptor: 60,
} as const;
const DESCRIPTOR = { uuid: 1, name: 2 } as const;
const EVENT = {
  debugAnnotations: 4,
  type: 9,
  trackUuid: 11,
  categories: 22,
  name: 23,
  flowIds: 47,
} as const;
const ANNOTATION = { uint: 3, int: 4, double: 5, string: 6, name: 10 } as const;
const TYPE_INSTANT = 3;
const SEQ_INCREMENTAL_STATE_CLEARED = 1;
/** Tracks are known by a number other than 0, which is the whole trace. */
const FIRST_TRACK = 1;

/** What makes a flow of two events: the same key, as in a match. */
export interface FlowTerms {
  readonly sent: MatchTerm;
  readonly received: MatchTerm;
}

/** The trace, piece by piece. @param events in any order */
export function* perfettoTrace(
  headers: readonly RecordingHeader[],
  events: Iterable<RecordedEvent>,
  flows: FlowTerms | null,
): Generator<Uint8Array> {
  for (const [recording, header] of headers.entries()) yield trackPacket(recording, header);
  const schemas = headers.map(
    (header) => new Map(header.events.map(({ name, fields }) => [name, fields])),
  );
  for (const event of events) {
    const fields = schemas[event.recording]?.get(event.event) ?? [];
    const category = headers[event.recording]?.name ?? '';
    yield eventPacket(event, fields, category, flows === null ? null : flowOf(event, flows));
  }
}

function trackPacket(recording: number, { writer, host }: RecordingHeader): Uint8Array {
  const packet = beginPacket(recording);
  packet.tag(PACKET.sequenceFlags, WireType.Varint).uint32(SEQ_INCREMENTAL_STATE_CLEARED);
  packet.tag(PACKET.trackDescriptor, WireType.LengthDelimited).fork();
  packet.tag(DESCRIPTOR.uuid, WireType.Varint).uint64(BigInt(FIRST_TRACK + recording));
  const name = host === '' ? writer : `${writer} at ${host}`;
  packet.tag(DESCRIPTOR.name, WireType.LengthDelimited).string(name);
  return packet.join().join().finish();
}

function eventPacket(
  { recording, timeNs, event, fields }: RecordedEvent,
  schema: readonly FieldSchema[],
  category: string,
  flow: bigint | null,
): Uint8Array {
  const packet = beginPacket(recording);
  packet.tag(PACKET.timestamp, WireType.Varint).uint64(timeNs);
  packet.tag(PACKET.trackEvent, WireType.LengthDelimited).fork();
  packet.tag(EVENT.type, WireType.Varint).uint32(TYPE_INSTANT);
  packet.tag(EVENT.trackUuid, WireType.Varint).uint64(BigInt(FIRST_TRACK + recording));
  packet.tag(EVENT.categories, WireType.LengthDelimited).string(category);
  packet.tag(EVENT.name, WireType.LengthDelimited).string(event);
  if (flow !== null) packet.tag(EVENT.flowIds, WireType.Bit64).fixed64(flow);
  for (const { name, type, unit } of schema) {
    const value = fields[name];
    if (value !== undefined)
      annotate(packet, unit === '' ? name : `${name} (${unit})`, type, value);
  }
  return packet.join().join().finish();
}

function beginPacket(recording: number): BinaryWriter {
  const packet = new BinaryWriter();
  packet.tag(TRACE.packet, WireType.LengthDelimited).fork();
  packet.tag(PACKET.trustedPacketSequenceId, WireType.Varint).uint32(FIRST_TRACK + recording);
  return packet;
}

function annotate(packet: BinaryWriter, name: string, type: string, value: FieldValue): void {
  packet.tag(EVENT.debugAnnotations, WireType.LengthDelimited).fork();
  packet.tag(ANNOTATION.name, WireType.LengthDelimited).string(name);
  if (typeof value === 'string') {
    packet.tag(ANNOTATION.string, WireType.LengthDelimited).string(value);
  } else if (type.startsWith('f')) {
    packet.tag(ANNOTATION.double, WireType.Bit64).double(Number(value));
  } else if (type.startsWith('u')) {
    packet.tag(ANNOTATION.uint, WireType.Varint).uint64(value);
  } else {
    packet.tag(ANNOTATION.int, WireType.Varint).int64(value);
  }
  packet.join();
}

/** A number for the key that both sides of a message have, or null where it is neither side. */
function flowOf({ event, fields }: RecordedEvent, { sent, received }: FlowTerms): bigint | null {
  const term = event === sent.event ? sent : event === received.event ? received : null;
  return term === null
    ? null
    : hash64(term.fields.map((field) => String(fields[field])).join('\0'));
}

/** FNV-1a of 64 bits, over the UTF-16 units. */
function hash64(text: string): bigint {
  let hash = 0xcbf2_9ce4_8422_2325n;
  for (let at = 0; at < text.length; at++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(at))) * 0x100_0000_01b3n);
  }
  return hash;
}
