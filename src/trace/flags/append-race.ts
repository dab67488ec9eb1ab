// Several processes write one file at positions of their own, without O_APPEND or only some with
// it, and one has overwritten what another wrote meanwhile. Writes at offsets that the program
// chose (pwrite, SEEK_SET), disjoint ranges, a position that is shared (fork), and writers that
// take locks are no race: they were meant so.

import { isAtPosition, isOpen, isWrite } from '../call.ts';
import { has, type OpenFile, type TrackedFile } from '../open-file.ts';
import type { SeenCall } from '../scene.ts';
import { flagOf, type JudgeMaker } from './flag.ts';

interface Range {
  from: number;
  to: number;
  /** How often the file had been opened when it was written. */
  readonly epoch: number;
}

interface Writer {
  readonly open: OpenFile;
  readonly process: number;
  readonly ranges: Range[];
  accused: boolean;
}

interface Contended {
  epoch: number;
  readonly writers: Map<OpenFile, Writer>;
}

/** Older ones are forgotten: what they say is that a file is written in many pieces. */
const RANGES_MAX = 1000;

export const judgeAppendRace: JudgeMaker = (raise) => {
  const files = new WeakMap<TrackedFile, Contended>();
  const epochs = new WeakMap<OpenFile, number>();
  const placed = new WeakSet<OpenFile>();
  const contended = (file: TrackedFile): Contended => {
    const known = files.get(file) ?? { epoch: 0, writers: new Map() };
    files.set(file, known);
    return known;
  };
  return {
    see(seen) {
      const { call, open, file } = seen;
      if (isOpen(call.name) && file && call.result !== null) contended(file).epoch++;
      if (open === null || open.kind !== 'file' || open.file === null) return;
      if (call.name === 'lseek' && call.result !== null) {
        if (has(call.given.flags, 'SEEK_SET')) placed.add(open);
        else if (has(call.given.flags, 'SEEK_END')) placed.delete(open);
      }
      if (!isWrite(call.name) || call.result === null || call.result === 0) return;
      const { epoch, writers } = contended(open.file);
      if (!epochs.has(open)) epochs.set(open, epoch);
      if (seen.at === null) return;
      const writer = writerOf(writers, seen);
      const range = { from: seen.at, to: seen.at + call.result, epoch };
      const isMeant = open.append || !isAtPosition(call.name) || placed.has(open) || open.locked;
      const since = epochs.get(open) as number;
      const other = isMeant ? null : overwritten(writers, writer, range, since);
      if (other !== null && !writer.accused) {
        writer.accused = true;
        raise(flagOf('append-race', seen, raceWords(seen, range, other)));
      }
      note(writer.ranges, range);
    },
  };
};

function writerOf(writers: Map<OpenFile, Writer>, { open, process }: SeenCall): Writer {
  const key = open as OpenFile;
  const known = writers.get(key);
  if (known) return known;
  for (const each of writers.keys()) if (each.holders === 0) writers.delete(each);
  const writer: Writer = { open: key, process: process.id, ranges: [], accused: false };
  writers.set(key, writer);
  return writer;
}

/** Another process's writer, that has the file open and wrote there since this one opened it. */
function overwritten(
  writers: Map<OpenFile, Writer>,
  own: Writer,
  { from, to }: Range,
  since: number,
): Writer | null {
  for (const writer of writers.values()) {
    const { open, process, ranges } = writer;
    if (writer === own || process === own.process || open.holders === 0 || open.locked) continue;
    if (ranges.some((range) => range.epoch >= since && range.from < to && from < range.to)) {
      return writer;
    }
  }
  return null;
}

function note(ranges: Range[], range: Range): void {
  const last = ranges.at(-1);
  if (last && last.to === range.from && last.epoch === range.epoch) last.to = range.to;
  else if (ranges.push(range) > RANGES_MAX) ranges.shift();
}

function raceWords({ process }: SeenCall, { from, to }: Range, other: Writer): string {
  const how = other.open.append ? 'with O_APPEND' : 'without O_APPEND';
  return (
    `process ${process.id} wrote bytes ${from} to ${to} without O_APPEND, over what process ` +
    `${other.process} (${how}) had written there while both had the file open`
  );
}
