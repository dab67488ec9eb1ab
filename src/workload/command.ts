// `command`: the user's own writer, and reader. A canary is made, the writer is run on it, and what
// comes out is checked word by word: the file itself, or what the reader says that is in it. A
// program that reports an error is believed, not accused: only what it claimed counts.

import { statSync } from 'node:fs';
import type { Levels } from '../domain/cell.ts';
import { PATTERNS } from '../domain/observation.ts';
import { numberLevel, textLevel } from '../domain/plan.ts';
import type { TrialOutcome } from '../domain/trial.ts';
import type { TrialSetting, Workload } from '../domain/workload.ts';
import { courseOf } from './command-course.ts';
import { NONE, PLACEHOLDERS } from './command-program.ts';
import { compareOutput, readBack, readFile, write } from './command-steps.ts';

export const command: Workload = {
  name: 'command',
  about: 'your own writer: a canary goes in, what comes out is checked word by word',
  factors: [
    {
      name: 'program',
      kind: 'text',
      about: "the writer: 'cp {canary} {out}'",
      fallback: NONE,
      required: true,
      placeholders: PLACEHOLDERS,
    },
    {
      name: 'read',
      kind: 'text',
      about: 'the reader, whose standard output is checked; none: the file {out} is read',
      fallback: NONE,
      placeholders: PLACEHOLDERS,
    },
    {
      name: 'compare',
      kind: 'text',
      about: 'where the writer transforms: a command that ends with 0 (same) or 1 (differs)',
      fallback: NONE,
      placeholders: PLACEHOLDERS,
    },
    {
      name: 'input',
      kind: 'text',
      about: 'a file of yours as the canary; none: a stamped one',
      fallback: NONE,
    },
    {
      name: 'size',
      kind: 'size',
      about: 'bytes of the stamped canary',
      fallback: 1048576,
      min: 512,
      max: 2 ** 40,
      shrinks: true,
    },
    {
      name: 'pattern',
      kind: 'choice',
      about: 'content of the stamped canary',
      fallback: 'stamp',
      choices: PATTERNS,
    },
    {
      name: 'limit',
      kind: 'duration',
      about: 'time that each command may take',
      fallback: 60_000,
      min: 1,
      max: 86_400_000,
    },
  ],
  constraints: ['512 divides size', 'compare != none => read = none'],
  promises: ['read-back'],
  spaceBytes: (levels) => 3 * canaryBytes(levels) + 2 ** 20,
  directBytes: () => [],
  estimateMs: (levels) => 20 + canaryBytes(levels) / 200_000,
  run: runCommandTrial,
};

/** Of an input that is not there, 0: the trial says so. */
function canaryBytes(levels: Levels): number {
  const input = textLevel(levels, 'input');
  if (input === NONE) return numberLevel(levels, 'size');
  return statSync(input, { throwIfNoEntry: false })?.size ?? 0;
}

async function runCommandTrial(setting: TrialSetting): Promise<TrialOutcome> {
  const course = courseOf(setting, canaryBytes(setting.levels));
  if (await write(course)) {
    if (course.commands.compare !== NONE) await compareOutput(course);
    else if (course.commands.read !== NONE) await readBack(course);
    else await readFile(course);
  }
  return course.outcome();
}
