// `heisenwrite replay FILE|DIR...`: what flight recordings say. Here the options become questions;
// each kind of answer has a file of its own (replay-match.ts, replay-difference.ts, ...).

import { EXIT_CLEAN, HeisenwriteError } from '../domain/errors.ts';
import type { Recordings } from '../recorder/recordings.ts';
import { openRecordings } from '../recorder/recordings.ts';
import { writeLines } from './line-output.ts';
import { commandError } from './recording-failure.ts';
import { printDifference } from './replay-difference.ts';
import { exportEvents } from './replay-export.ts';
import { printMatch } from './replay-match.ts';
import { type ReplayOptions, selectionOf, withMatchPaths } from './replay-options.ts';
import { eventOutput, jsonHeaders } from './replay-print.ts';
import type { Terminal } from './terminal.ts';

/**
 * @returns the exit code: 0 clean, 1 lost, duplicated or different, 3 nothing can be concluded
 * @throws HeisenwriteError invalid-option, no-such-file, not-readable, not-a-recording,
 *   recording-damaged, file-exists, place-not-writable
 */
export async function runReplay(
  given: readonly string[],
  options: ReplayOptions,
  terminal: Terminal,
): Promise<number> {
  try {
    if (options.diff) return await printDifference(given, options, terminal);
    const { paths, terms } = withMatchPaths(given, options);
    if (paths.length === 0) {
      throw new HeisenwriteError('invalid-option', 'no recording is given', {
        remedy: 'give files or directories of recordings: heisenwrite replay recordings/',
      });
    }
    const recordings = openRecordings(paths);
    try {
      warnOfUnreadable(recordings, terminal);
      if (options.export) return await exportEvents(recordings, terms, options, terminal);
      if (terms) return await printMatch(recordings, terms, options, terminal);
      return await printEvents(recordings, options, terminal);
    } finally {
      recordings.close();
    }
  } catch (error) {
    throw commandError(error);
  }
}

async function printEvents(
  recordings: Recordings,
  options: ReplayOptions,
  terminal: Terminal,
): Promise<number> {
  const { headers } = recordings;
  const selection = selectionOf(recordings, options);
  const output = eventOutput(headers, selection.baseNs, options);
  const events = selection.events();
  await writeLines(terminal.out, options.json ? jsonHeaders(headers) : output.heading);
  const printed = await writeLines(terminal.out, output.lines(events));
  if (printed === 0) terminal.err.write('no event fits\n');
  return EXIT_CLEAN;
}

function warnOfUnreadable({ unreadable }: Recordings, { err }: Terminal): void {
  for (const { message } of unreadable) err.write(`left out: ${message}\n`);
}
