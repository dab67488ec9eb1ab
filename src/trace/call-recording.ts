// A trace as a recording: one event per kind of call, so that `replay` can ask for `write` or
// `rename` by name. Times are those at which calls returned, from the tracer, not those at which we
// came to know of them.

import { type FieldDeclaration, openRecorder } from '../recorder/index.ts';
import type { OtherEvent, TraceListener } from './analysis.ts';
import { isRename } from './call.ts';
import type { Flag } from './flags/flag.ts';
import { type SeenCall, subjectOf } from './scene.ts';
import { TRACED_CALLS } from './strace-calls.ts';

const WHO = [
  ['process', 'u32'],
  ['thread', 'u32'],
] as const satisfies readonly FieldDeclaration[];

/** Absent numbers are -1. Texts that are too long keep their ends. */
const CALL = [
  ['took', 'u64', 'ns'],
  ['result', 'i64'],
  ['asked', 'i64', 'bytes'],
  ['offset', 'i64', 'bytes'],
  ...WHO,
  ['fd', 'i32'],
  ['errno', 'text[16]'],
  ['path', 'text[172]'],
] as const satisfies readonly FieldDeclaration[];

const RENAME = [
  ['took', 'u64', 'ns'],
  ...WHO,
  ['errno', 'text[16]'],
  ['from', 'text[104]'],
  ['to', 'text[104]'],
] as const satisfies readonly FieldDeclaration[];

const OTHERS = {
  exit: [...WHO, ['status', 'i32'], ['signal', 'text[16]'], ['command', 'text[16]']],
  signal: [...WHO, ['name', 'text[16]']],
  probe: [
    ...WHO,
    ...(['v0', 'v1', 'v2', 'v3', 'v4', 'v5'] as const).map((name) => [name, 'u64'] as const),
    ['function', 'text[128]'],
  ],
  lost: [['events', 'u64']],
  flag: [
    ...WHO,
    ['kind', 'text[24]'],
    ['call', 'text[20]'],
    ['errno', 'text[16]'],
    ['path', 'text[172]'],
  ],
} as const satisfies Readonly<Record<string, readonly FieldDeclaration[]>>;

export interface CallRecording {
  readonly listener: Required<TraceListener>;
  readonly path: string;
  events: number;
  close(): void;
}

/** @throws RecordingError */
export function openCallRecording(path: string, slots: number, name: string): CallRecording {
  const isPlain = (call: string) => !isRename(call);
  const events: Record<string, readonly FieldDeclaration[]> = { ...OTHERS };
  for (const call of TRACED_CALLS) events[call] = isPlain(call) ? CALL : RENAME;
  let timeNs = 0n;
  const readClockNs = () => timeNs;
  const recorder = openRecorder({ path, events, slots, name, readClockNs });
  const record = recorder.record as Record<string, (...values: unknown[]) => void>;
  const recording: CallRecording = {
    path,
    events: 0,
    close: () => recorder.close(),
    listener: {
      call: (seen) => put(seen.call.name, endOf(seen), callValues(seen)),
      event: (event, process) => {
        const values = otherValues(event, process?.id ?? 0, process?.command ?? '');
        put(event.kind, atOf(event, timeNs), values);
      },
      flag: (flag) => put('flag', flag.atNs, flagValues(flag)),
    },
  };
  // A tracer tells of threads in the order in which it looked at them, which is not quite that of
  // time; the records of one file are in order.
  function put(event: string, atNs: bigint, values: readonly unknown[]): void {
    if (atNs > timeNs) timeNs = atNs;
    record[event]?.(...values);
    recording.events++;
  }
  return recording;
}

const endOf = ({ call }: SeenCall): bigint => call.beganNs + BigInt(call.tookNs ?? 0);

function atOf(event: OtherEvent, last: bigint): bigint {
  if (event.kind === 'lost') return last;
  if (event.kind === 'exit') return event.exit.atNs;
  return event.kind === 'probe' ? event.probe.atNs : event.atNs;
}

function callValues(seen: SeenCall): readonly unknown[] {
  const { call, process, at } = seen;
  const { tookNs, errno, given, result, thread } = call;
  const took = tookNs ?? 0;
  if (isRename(call.name)) {
    const [from, to] = [seen.path ?? '', seen.toPath ?? ''];
    return [took, process.id, thread, errno ?? '', ending(from, 104), ending(to, 104)];
  }
  return [
    took,
    result ?? -1,
    given.bytes ?? -1,
    at ?? given.offset ?? -1,
    process.id,
    thread,
    given.fd ?? (call.name.startsWith('open') ? (result ?? -1) : -1),
    errno ?? '',
    ending(subjectOf(seen) ?? given.address ?? '', 172),
  ];
}

function otherValues(event: OtherEvent, process: number, command: string): readonly unknown[] {
  if (event.kind === 'lost') return [event.events];
  if (event.kind === 'signal') return [process, event.thread, event.name];
  if (event.kind === 'exit') {
    const { thread, status, signal } = event.exit;
    return [process, thread, status ?? -1, signal ?? '', command];
  }
  const { thread, values, probe } = event.probe;
  const six = Array.from({ length: 6 }, (_, index) => values[index] ?? 0n);
  return [event.probe.process, thread, ...six, ending(probe, 128)];
}

function flagValues({ process, thread, kind, call, errno, path }: Flag): readonly unknown[] {
  return [process, thread, kind, call, errno ?? '', ending(path ?? '', 172)];
}

/** The end of a path tells more than its beginning. */
function ending(text: string, bytes: number): string {
  const all = Buffer.from(text);
  if (all.length <= bytes) return text;
  let from = all.length - (bytes - 3);
  // Not in the middle of a character.
  while (((all[from] ?? 0) & 0xc0) === 0x80) from++;
  return `…${all.toString('utf8', from)}`;
}
