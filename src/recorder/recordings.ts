// Several recordings, read as one: files and directories of them, merged by time. A file that
// somebody named must be a recording; in a directory, what is none is passed over, and a broken
// recording is set aside with its reason, so that it does not hide the others.

import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MAGIC } from './layout.ts';
import { type RecordedEvent, recordedEvents, type TimeRange } from './record-events.ts';
import { type Columns, type ScanAccount, scanRecording } from './record-scan.ts';
import { Recording, type RecordingHeader } from './recording.ts';
import { fileFailure, RecordingError } from './recording-error.ts';

/** The ending of recordings; in directories, files with it are expected to be some. */
export const RECORDING_ENDING = '.hwrec';

export interface Recordings {
  /** In the order of the paths, those of a directory by name. Counts are those of this moment. */
  readonly headers: readonly RecordingHeader[];
  /** Files of directories that should be recordings and cannot be read, and why. */
  readonly unreadable: readonly RecordingError[];
  /**
   * All records, by time, with the offsets that the recordings state; of one time, in the order of
   * the recordings. What is recorded after it began is not among them.
   * @throws RecordingError while going on, where a file is shortened meanwhile
   */
  events(range?: TimeRange): Iterable<RecordedEvent>;
  /**
   * All records of one event of one recording, as columns, a batch at a time; `visit` ends it by
   * returning false. The columns are those of the fields in `wanted`; without it, of all.
   * @throws RecordingError `no-such-event`, `truncated`
   */
  scan(
    recording: number,
    event: string,
    visit: (columns: Columns) => unknown,
    wanted?: readonly string[],
  ): ScanAccount;
  close(): void;
}

/** Opens files, and the recordings of directories. @throws RecordingError */
export function openRecordings(paths: readonly string[]): Recordings {
  const opened: Recording[] = [];
  const unreadable: RecordingError[] = [];
  try {
    for (const path of paths) openPath(path, opened, unreadable);
  } catch (error) {
    for (const recording of opened) recording.close();
    throw error;
  }
  return {
    get headers() {
      return opened.map((recording) => recording.header);
    },
    unreadable,
    events: (range = {}) => ({ [Symbol.iterator]: () => mergedEvents(opened, range) }),
    scan: (index, event, visit, wanted) => {
      const recording = opened[index];
      if (recording) return scanRecording(recording, event, visit, wanted);
      throw new RangeError(`no recording ${index}, of ${opened.length}`);
    },
    close: () => {
      for (const recording of opened.splice(0)) recording.close();
    },
  };
}

function openPath(path: string, opened: Recording[], unreadable: RecordingError[]): void {
  let names: readonly string[];
  try {
    const found = statSync(path);
    if (!found.isDirectory()) {
      // Opening a pipe would wait for its writer.
      if (!found.isFile()) throw new RecordingError('not-a-recording', path, 'is no regular file');
      opened.push(new Recording(path));
      return;
    }
    names = readdirSync(path).sort();
  } catch (error) {
    throw error instanceof RecordingError ? error : fileFailure(error, path, false);
  }
  const before = opened.length + unreadable.length;
  for (const file of names.map((name) => join(path, name)).filter(isExpected)) {
    try {
      opened.push(new Recording(file));
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      unreadable.push(error);
    }
  }
  if (opened.length + unreadable.length > before) return;
  throw new RecordingError('not-a-recording', path, 'holds no recording');
}

/** By its ending or by its first bytes. */
function isExpected(path: string): boolean {
  try {
    if (!statSync(path).isFile()) return false;
    if (path.endsWith(RECORDING_ENDING)) return true;
    const fd = openSync(path, 'r');
    try {
      const magic = Buffer.alloc(MAGIC.length);
      return readSync(fd, magic) === magic.length && magic.toString('latin1') === MAGIC;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

interface Head {
  readonly recording: number;
  readonly rest: Iterator<RecordedEvent>;
  event: RecordedEvent;
}

/** A heap of the next event of each recording. */
function* mergedEvents(
  recordings: readonly Recording[],
  range: TimeRange,
): Generator<RecordedEvent, void, undefined> {
  const heap: Head[] = [];
  recordings.forEach((recording, index) => {
    const rest = recordedEvents(recording, index, range);
    const first = rest.next();
    if (!first.done) heap.push({ recording: index, rest, event: first.value });
  });
  for (let at = heap.length >> 1; at >= 0; at--) sink(heap, at);
  for (let head = heap[0]; head !== undefined; head = heap[0]) {
    yield head.event;
    const next = head.rest.next();
    if (!next.done) head.event = next.value;
    else {
      const last = heap.pop() as Head;
      if (heap.length > 0) heap[0] = last;
    }
    sink(heap, 0);
  }
}

function sink(heap: Head[], from: number): void {
  let at = from;
  for (;;) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && comesBefore(heap[child] as Head, heap[least] as Head)) {
        least = child;
      }
    }
    if (least === at) return;
    [heap[at], heap[least]] = [heap[least] as Head, heap[at] as Head];
    at = least;
  }
}

function comesBefore(one: Head, other: Head): boolean {
  if (one.event.timeNs !== other.event.timeNs) return one.event.timeNs < other.event.timeNs;
  return one.recording < other.recording;
}
