// The flight recorder of one actor: every call on files or a medium, in a ring that outlives the
// process. A path is written once in a while and has a number between, since most of what an actor
// does, it does to one file. Where no recording can be made the actor does its work without one.

import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { monotonicNs } from '../base/clock.ts';
import type { CallRecorder } from '../base/recorded-calls.ts';
import { openRecorder } from '../recorder/recorder.ts';
import { copyRecording } from '../recorder/recording-copy.ts';
import { RECORDING_ENDING } from '../recorder/recordings.ts';

/** Of 64 bytes each: what is kept of an actor is small enough to be copied beside a finding. */
const SLOTS = 4096;
/** A path is written again before the ring has forgotten it. */
const PATH_EVERY = SLOTS / 2;
const FILES_MAX = 65_535;
/** Copies of all recordings for what one role saw; as many as it keeps observations. */
const COPIES_MAX = 4;
/** Of the directories of these copies, followed by the time. */
export const SEEN_PREFIX = 'seen-';

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
}

/**
 * @param directory of the hunt's recordings
 * @returns null where none can be made there: no room, no shared mapping
 */
export function openActorRecorder(directory: string, name: string): ActorRecorder | null {
  const path = join(directory, `${name}-${process.pid}-${threadId}${RECORDING_ENDING}`);
  try {
    const { record } = openRecorder({ path, name, slots: SLOTS, events: EVENTS });
    return recorderOf(record, directory);
  } catch {
    return null;
  }
}

type Record = ReturnType<typeof openRecorder<typeof EVENTS>>['record'];

function recorderOf(record: Record, directory: string): ActorRecorder {
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
    wrongSeen() {
      if (copies++ < COPIES_MAX) copyAll(directory);
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

/** Of all actors of this host: what they did meanwhile is what one wants to see beside it. */
function copyAll(directory: string): void {
  const copies = join(directory, `${SEEN_PREFIX}${monotonicNs()}`);
  try {
    mkdirSync(copies);
    for (const name of readdirSync(directory)) {
      if (name.endsWith(RECORDING_ENDING)) copyRecording(join(directory, name), join(copies, name));
    }
  } catch {
    // No room for it, or the hunt has ended: the finding has no recording then.
  }
}
