// Files alone: a stamped file against its own stamps, and any file against a good one. Both stream:
// memory does not grow with the length of a file or with the damage in it.

import { unlessChanged } from '../stamp/steady-file.ts';
import { compareFiles } from './file-comparison.ts';
import type { FileDiagnosis, FileDiagnosisOptions } from './file-diagnosis.ts';
import { openForReading } from './good-file.ts';
import { verifyStamped } from './stamped-verification.ts';

/**
 * Checks every word of a stamped file, alone.
 * @throws HeisenwriteError no-such-file, not-readable, not-stamped, read-failed; the last also of a
 *   file that changed meanwhile: what was read of it accuses nobody
 */
export async function verifyFile(
  path: string,
  options: FileDiagnosisOptions = {},
): Promise<FileDiagnosis> {
  const file = openForReading(path);
  try {
    return await unlessChanged([file], () => verifyStamped(file, options));
  } finally {
    file.close();
  }
}

/**
 * Classifies how a file differs from the one that was meant; any content.
 * @throws HeisenwriteError no-such-file, not-readable, read-failed; the last also where one of the
 *   two changed meanwhile
 */
export async function diagnoseFiles(
  badPath: string,
  goodPath: string,
  options: FileDiagnosisOptions = {},
): Promise<FileDiagnosis> {
  const bad = openForReading(badPath);
  try {
    const good = openForReading(goodPath);
    try {
      return await unlessChanged([bad, good], () => compareFiles(bad, good, options));
    } finally {
      good.close();
    }
  } finally {
    bad.close();
  }
}
