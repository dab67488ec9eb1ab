// The user's commands: what is put in place of their placeholders, how they are started, and what
// the way in which they ended means for a trial.

import { readFileSync } from 'node:fs';
import { monotonicNs } from '../base/clock.ts';
import { type ProgramEnd, runProgram } from '../base/process-group.ts';
import { commandWords, shellWord, type ValueFor } from '../domain/command-text.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { OperationFailure } from '../domain/observation.ts';
import type { ProgramRun } from '../domain/trial.ts';

/** What may stand in braces; `here` is filled in where the plan is read. */
export const PLACEHOLDERS = ['canary', 'out', 'dir', 'seed', 'trial', 'here', 'build:'] as const;
/** A level that says that there is no such command, or no such file. */
export const NONE = 'none';
/** Kept of what a program says. */
const KEPT_BYTES = 4096;
/** Exit statuses of a shell, XCU 2.8.2: found and not executable, not found. */
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

/** Of a part of a pipeline the status is not that of the whole; dash and bash say it so. */
const OF_A_PART = /^\/bin\/sh: (line )?\d+: .*not found$/m;

export interface ProgramOrder {
  readonly as: ProgramRun['as'];
  /** As the user wrote it. */
  readonly command: string;
  readonly valueFor: ValueFor;
  readonly directory: string;
  readonly limitMs: number;
  readonly onOutput?: (piece: Uint8Array) => void;
}

/**
 * Runs it to its end, or to the end of its time.
 * @throws HeisenwriteError `no-such-program` where it is not there or may not be executed
 */
export async function runCommand(order: ProgramOrder): Promise<ProgramRun> {
  const { as, command, valueFor, directory, limitMs, onOutput } = order;
  const words = commandWords(command, valueFor);
  const request = { words, directory, limitMs, keptBytes: KEPT_BYTES };
  const end = await runProgram({ ...request, ...(onOutput && { onOutput }) });
  refuseAbsent(command, words, end);
  const { refused: _refused, ...ended } = end;
  return { as, command: words.map(shellWord).join(' '), ...ended };
}

function refuseAbsent(command: string, words: readonly string[], end: ProgramEnd): void {
  const isShell = words[0] === '/bin/sh';
  const [file] = isShell ? [command] : words;
  const said = isShell ? lastLine(end.stderr) : '';
  const because = said === '' ? '' : ` (${said})`;
  const inShell = isShell && OF_A_PART.test(end.stderr);
  if (end.refused === 'ENOENT' || end.status === NOT_FOUND || inShell) {
    throw new HeisenwriteError('no-such-program', `"${file}" is not there${because}`);
  }
  if (end.refused === 'EACCES' || end.status === NOT_EXECUTABLE) {
    const why = isScriptWithoutProgram(words[0]) ? 'has no program that reads it' : null;
    const message = `"${file}" ${why ?? 'may not be executed'}${because}`;
    throw new HeisenwriteError('no-such-program', message);
  }
  if (end.refused !== null) throw new Error(`"${file}" could not be started: ${end.refused}`);
}

/** `#!/missing/interpreter` fails as the script itself would. */
function isScriptWithoutProgram(file: string | undefined): boolean {
  try {
    return file !== undefined && readFileSync(file, 'latin1').startsWith('#!');
  } catch {
    return false;
  }
}

/** Null where it claimed success. A program that says so itself is believed, and not accused. */
export function commandFailure(run: ProgramRun, limitMs: number): OperationFailure | null {
  const failure = (errno: string, message: string): OperationFailure => ({
    actor: 'command',
    operation: `${run.as} command`,
    file: run.as === 'write' ? 'out' : 'canary',
    errno,
    message,
    atNs: String(monotonicNs()),
  });
  const said = lastLine(run.stderr);
  if (run.timedOut) return failure('ETIMEDOUT', `was ended after its limit of ${limitMs} ms`);
  if (run.signal !== null) return failure(run.signal, said || `was ended by ${run.signal}`);
  if (run.status === 0) return null;
  return failure(`EXIT${run.status}`, said || `ended with exit status ${run.status}`);
}

export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
