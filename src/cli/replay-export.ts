// `replay --export FORMAT`: events for other programs, into a file or directory that is new.

import { closeSync, openSync, writeSync } from 'node:fs';
import { EXIT_CLEAN } from '../domain/errors.ts';
import { csvLines } from '../recorder/export-csv.ts';
import { writeCtf } from '../recorder/export-ctf.ts';
import { perfettoTrace } from '../recorder/export-perfetto.ts';
import type { RecordedEvent } from '../recorder/record-events.ts';
import type { RecordingHeader } from '../recorder/recording.ts';
import { fileFailure } from '../recorder/recording-error.ts';
import type { Recordings } from '../recorder/recordings.ts';
import { writeLines } from './line-output.ts';
import { invalid, parseTerm, type ReplayOptions, selectionOf } from './replay-options.ts';
import { eventJson, jsonHeaders } from './replay-print.ts';
import type { Terminal } from './terminal.ts';

/** @returns the exit code, 0 */
export async function exportEvents(
  recordings: Recordings,
  terms: readonly [string, string] | null,
  options: ReplayOptions,
  terminal: Terminal,
): Promise<number> {
  const { export: format, output } = options;
  const { headers } = recordings;
  const events = selectionOf(recordings, options).events();
  if (terms && format !== 'perfetto') {
    throw invalid(`--match draws arrows in a Perfetto trace; it does not go with ${format}`);
  }
  if (format === 'csv' || format === 'json') {
    const lines = format === 'csv' ? csvLines(headers, events) : jsonLines(headers, events);
    if (output === undefined) await writeLines(terminal.out, lines);
    else writePieces(output, withEnds(lines));
    return EXIT_CLEAN;
  }
  if (output === undefined) throw invalid(`--export ${format} needs --output PATH`);
  if (format === 'ctf') {
    const written = writeCtf(output, headers, events);
    terminal.err.write(`${written} events in ${output}; open it with: babeltrace2 ${output}\n`);
    return EXIT_CLEAN;
  }
  const flows = terms && {
    sent: parseTerm(terms[0], headers),
    received: parseTerm(terms[1], headers),
  };
  const packets = writePieces(output, perfettoTrace(headers, events, flows));
  const count = packets - headers.length;
  terminal.err.write(`${count} events in ${output}; open it at ui.perfetto.dev\n`);
  return EXIT_CLEAN;
}

function* jsonLines(
  headers: readonly RecordingHeader[],
  events: Iterable<RecordedEvent>,
): Generator<string> {
  yield* jsonHeaders(headers);
  for (const event of events) yield eventJson(event);
}

function* withEnds(lines: Iterable<string>): Generator<Uint8Array> {
  for (const line of lines) yield Buffer.from(`${line}\n`);
}

const GATHER_BYTES = 2 ** 18;

/** @returns the number of pieces. @throws RecordingError where the file cannot be written */
function writePieces(path: string, pieces: Iterable<Uint8Array>): number {
  let fd: number | null = null;
  try {
    fd = openSync(path, 'wx');
    let gathered: Uint8Array[] = [];
    let [bytes, count] = [0, 0];
    for (const piece of pieces) {
      gathered.push(piece);
      bytes += piece.length;
      count++;
      if (bytes < GATHER_BYTES) continue;
      writeAll(fd, Buffer.concat(gathered));
      [gathered, bytes] = [[], 0];
    }
    writeAll(fd, Buffer.concat(gathered));
    return count;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw fileFailure(error, path, true);
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}
