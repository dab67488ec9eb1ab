// `heisenwrite diagnose BAD GOOD`: classifies the damage between two files of any content.

import type { Writable } from 'node:stream';
import { diagnoseFiles } from '../diagnose/files.ts';
import { EXIT_CLEAN, EXIT_DAMAGE } from '../domain/errors.ts';
import { answerLines } from './file-answer.ts';
import { fileProgress } from './file-progress.ts';

export interface DiagnoseArguments {
  /** The file as it was found. */
  readonly bad: string;
  /** The file as it was meant. */
  readonly good: string;
  readonly json?: boolean | undefined;
}

/**
 * @returns the exit code: 0 equal, 1 damaged
 * @throws HeisenwriteError no-such-file, not-readable, read-failed
 */
export async function runDiagnose(
  { bad, good, json }: DiagnoseArguments,
  io: { readonly out: Writable; readonly err: Writable },
): Promise<number> {
  const progress = fileProgress('diagnose', io.err);
  const diagnosis = await diagnoseFiles(bad, good, { onProgress: progress.show }).finally(
    progress.end,
  );
  const text = json
    ? JSON.stringify(diagnosis, null, 2)
    : answerLines(diagnosis, `as in ${good}`).join('\n');
  io.out.write(`${text}\n`);
  return diagnosis.verdict === 'clean' ? EXIT_CLEAN : EXIT_DAMAGE;
}
