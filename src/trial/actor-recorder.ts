// The flight recorder of one actor: every call on files or a medium, in a ring that outlives the
// process. A path is written once in a while and has a number between, since most of what an actor
// does, it does to one file. Where no recording can be made the actor does its work without one.

import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { monotonicNs } from '../base/clock.ts';
import type { CallRecorder } from '../base/recorded-calls.ts';
import { openRecorder } from '../recorder/recorder.ts';
import { RECORDING_ENDING } from '../recorder/recordings.ts';
import type { HuntClock } from './hunt-clock.ts';
import { copyAllSeen } from './recordings-place.ts';

/** Of 64 bytes each: what is kept of an actor is small enough to be copied beside a finding. */
const SLOTS = 4096;
/** A path is written again before the ring has forgotten it. */
const PATH_EVERY = SLOTS / 2;
const FILES_MAX = 65_535;
/** Copies of all recordings for what one role saw; as many as it keeps observations. */
const COPIES_MAX = 4;

const EVENTS = {
  /** What the actor was called for. */
  role: [['role', 'text[32]']],
  file: [
    ['file', 'u16'],
    ['path', 'text[44]'],
  ],
  /** `took` is the time of the call, which ended when it was recorded. */
  read: [
    ['file', 'u16'],
    ['bytes', 'u32', 'B'],
    ['offset', 'u64', 'B'],
    ['took', 'u32', 'ns'],
  ],
  write: [
    ['file', 'u16'],
    ['bytes', 'u32', 'B'],
    ['offset', 'u64', 'B'],
    ['took', 'u32', 'ns'],
  ],
  /** A write that has begun; of one that is over, `write` or `failed` follows. */
  begun: [
    ['file', 'u16'],
    ['bytes', 'u32', 'B'],
    ['offset', 'u64', 'B'],
  ],
  call: [
    ['file', 'u16'],
    ['name', 'text[12]'],
    ['took', 'u32', 'ns'],
  ],
  /** Of messages: `--match send:trial,from,id recv:trial,from,id` says which never came. */
  send: [
    ['from', 'u16'],
    ['id', 'u32'],
    ['bytes', 'u32', 'B'],
    ['trial', 'u32'],
  ],
  recv: [
    ['from', 'u16'],
    ['id', 'u32'],
    ['bytes', 'u32', 'B'],
    ['trial', 'u32'],
  ],
  failed: [
    ['file', 'u16'],
    ['name', 'text[12]'],
    ['errno', 'text[16]'],
    ['offset', 'u64', 'B'],
    ['took', 'u32', 'ns'],
  ],
} as const;

export interface ActorRecorder extends CallRecorder {
  /** It was called; the calls that follow are for that. */
  role(name: string): void;
  /** On another host than the hunt: what the times of the recording are from now on. */
  clock(clock: HuntClock): void;
}

/**
 * @param directory of the hunt's recordings
 * @returns null where none can be made there: no room, no shared mapping
 */
export function openActorRecorder(directory: string, name: string): ActorRecorder | null {
  const file = `${name.replaceAll(/[^\w.-]+/g, '-')}-${process.pid}-${threadId}`;
  const path = join(directory, `${file}${RECORDING_ENDING}`);
  try {
    return recorderOf(openRecorder({ path, name, slots: SLOTS, events: EVENTS }), directory);
  } catch {
    return null;
  }
}

type Recorder = ReturnType<typeof openRecorder<typeof EVENTS>>;

function recorderOf(recorder: Recorder, directory: string): ActorRecorder {
  const { record } = recorder;
  let copies = 0;
  const files = new Map<string, { readonly file: number; left: number }>();
  const fileOf = (path: string): number => {
    let known = files.get(path);
    if (known === undefined) {
      if (files.size >= FILES_MAX) files.clear();
      known = { file: files.size + 1, left: 0 };
      files.set(path, known);
    }
    if (known.left-- === 0) {
      known.left = PATH_EVERY;
      record.file(known.file, path.slice(-44));
    }
    return known.file;
  };
  return {
    role(name) {
      copies = 0;
      record.role(name);
    },
    clock(clock) {
      recorder.setClockOffset(clock);
    },
    wrongSeen() {
      if (copies++ < COPIES_MAX) copyAllSeen(directory, monotonicNs());
    },
    message(way, { sender, sequence, bytes, trial }) {
      record[way](sender, sequence, bytes, trial);
    },
    writeBegins(path, offset, bytes) {
      record.begun(fileOf(path), bytes, offset);
    },
    ended(call, path, offset, bytes, tookMs, errno) {
      const file = fileOf(path);
      const took = Math.min(0xffff_ffff, Math.round(tookMs * 1e6));
      if (errno !== null) record.failed(file, call, errno, offset, took);
      else if (call === 'read') record.read(file, bytes, offset, took);
      else if (call === 'write') record.write(file, bytes, offset, took);
      else record.call(file, call, took);
    },
  };
}
