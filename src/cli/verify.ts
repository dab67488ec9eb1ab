// `heisenwrite verify FILE`: checks a stamped file, alone; any file with a manifest.

import type { Writable } from 'node:stream';
import { verifyFile } from '../diagnose/files.ts';
import { EXIT_CLEAN, EXIT_DAMAGE } from '../domain/errors.ts';
import { answerLines } from './file-answer.ts';
import { fileProgress } from './file-progress.ts';
import { runVerifyAgainst } from './manifest.ts';

export interface VerifyArguments {
  readonly file: string;
  /** Path of the manifest that a file of any kind is held against. */
  readonly manifest?: string | undefined;
  readonly json?: boolean | undefined;
}

/**
 * @returns the exit code: 0 clean, 1 damaged
 * @throws HeisenwriteError no-such-file, not-readable, not-stamped, read-failed, and those of a
 *   manifest
 */
export async function runVerify(
  { file, manifest, json }: VerifyArguments,
  io: { readonly out: Writable; readonly err: Writable },
): Promise<number> {
  if (manifest !== undefined) return await runVerifyAgainst({ file, manifest, json }, io);
  const progress = fileProgress('verify', io.err);
  const diagnosis = await verifyFile(file, { onProgress: progress.show }).finally(progress.end);
  const text = json
    ? JSON.stringify(diagnosis, null, 2)
    : answerLines(diagnosis, 'as it was stamped').join('\n');
  io.out.write(`${text}\n`);
  return diagnosis.verdict === 'clean' ? EXIT_CLEAN : EXIT_DAMAGE;
}
