// `run`: a command every so often, as words and without a shell: `exportfs -ra`, a mount of
// something else, a snapshot. Its exit status is in the receipt. What it changes is its own affair:
// `undo` names the command that takes it back.

import { type ExecFileException, execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { CommandWords, Provocation, ProvocationKind } from '../domain/provocation.ts';
import {
  canonical,
  checkTimes,
  type LevelShape,
  readLevel,
  refusalIn,
  shellWords,
} from './level-text.ts';
import { type Firing, regularPace, repeatedly } from './schedule.ts';

const NAME = 'run';
/** A command that takes longer is killed. */
const LIMIT_MS = 10_000;

const SHAPE: LevelShape = {
  provocation: NAME,
  example: 'every=1s exportfs -ra',
  keys: { every: 'duration', limit: 'duration', undo: 'text' },
  required: ['every'],
  words: { most: 0, about: '' },
};

export const run: ProvocationKind = {
  factor: {
    name: NAME,
    kind: 'text',
    about: 'a command every so often, after its keys: every, limit (10s), undo',
    fallback: 'none',
    check: (text, where) => {
      runLevel(text, where);
      return canonical(text);
    },
  },
  example: 'run=none,every=1s exportfs -ra',
  separates: () => false,
  refusal: (level) => {
    const { command, undo } = runLevel(level, NAME);
    return missingProgram(command) ?? (undo === null ? null : missingProgram(undo));
  },
  begin: async (level, setting) => {
    const { command, undo, everyMs, limitMs } = runLevel(level, NAME);
    const release = undo === null ? null : await setting.undo(undo);
    const pace = regularPace(everyMs, 0, setting.rng);
    const running = repeatedly(NAME, pace, () => carryOut(command, limitMs));
    return undo === null ? running : undone(running, undo, limitMs, () => release?.());
  },
};

function undone(
  running: Provocation,
  undo: CommandWords,
  limitMs: number,
  release: () => void,
): Provocation {
  let trouble: string | null = null;
  return {
    stop: async () => {
      const receipts = await running.stop();
      const { status, said } = await execute(undo, limitMs);
      if (status !== '0') trouble = `run: undo ${undo.join(' ')}: exit ${status}${said}`;
      release();
      return receipts;
    },
    trouble: () => running.trouble?.() ?? trouble,
  };
}

async function carryOut(command: CommandWords, limitMs: number): Promise<Firing> {
  const { status, said } = await execute(command, limitMs);
  return { what: `${command.join(' ')}: exit ${status}${said}`, end: () => undefined };
}

/** @throws Error when it could not be started */
function execute(
  [program, ...rest]: CommandWords,
  limitMs: number,
): Promise<{ status: string; said: string }> {
  return new Promise((resolve, reject) => {
    const limits = { cwd: '/', timeout: limitMs, killSignal: 'SIGKILL' } as const;
    execFile(program, rest, limits, (error: ExecFileException | null, _out, complaints) => {
      if (typeof error?.code === 'string') reject(new Error(`${program}: ${error.code}`));
      const [first = ''] = complaints.trim().split('\n');
      const status = error ? String(error.code ?? error.signal ?? 'unknown') : '0';
      resolve({ status, said: error && first !== '' ? ` (${first.slice(0, 200)})` : '' });
    });
  });
}

function runLevel(text: string, where: string) {
  const refuse = refusalIn(SHAPE, where, text);
  const words = shellWords(text) ?? refuse('has a quote that does not end');
  // Keys come first; a command may well have words with a = of its own.
  const first = words.findIndex((word) => !/^[a-z]+=/.test(word));
  const command = first < 0 ? [] : words.slice(first);
  const keys = (first < 0 ? words : words.slice(0, first)).map(quoted).join(' ');
  const { numbers, texts } = readLevel(keys, SHAPE, where);
  if (command.length === 0) refuse('has no command after its keys');
  checkTimes({ every: numbers.every as number }, refuse);
  const undo = texts.undo === undefined ? null : shellWords(texts.undo);
  if (undo !== null && undo.length === 0) refuse('has an empty undo=');
  return {
    command: command as unknown as CommandWords,
    undo: undo as unknown as CommandWords | null,
    everyMs: numbers.every as number,
    limitMs: numbers.limit ?? LIMIT_MS,
  };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'"'"'`)}'`;
}

/** Null where it can be executed. */
export function missingProgram([program]: CommandWords): string | null {
  const folders = program.includes('/') ? [''] : (process.env.PATH ?? '').split(delimiter);
  const found = folders.some((folder) => {
    const path = folder === '' ? program : join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false;
    }
  });
  return found ? null : `${program} is not installed, or may not be executed`;
}
