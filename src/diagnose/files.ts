// Files alone: a stamped file against its own stamps, and any file against a good one. Both stream:
// memory does not grow with the length of a file or with the damage in it.

import { fstatSync } from 'node:fs';
import { HeisenwriteError } from '../domain/errors.ts';
import { compareFiles } from './file-comparison.ts';
import type { FileDiagnosis, FileDiagnosisOptions } from './file-diagnosis.ts';
import { type OpenedFile, openForReading } from './good-file.ts';
import { verifyStamped } from './stamped-verification.ts';

/**
 * Checks every word of a stamped file, alone.
 * @throws HeisenwriteError no-such-file, not-readable, not-stamped, read-failed; the last also of a
 *   file that changed its length meanwhile: what was read of it accuses nobody
 */
export async function verifyFile(
  path: string,
  options: FileDiagnosisOptions = {},
): Promise<FileDiagnosis> {
  const file = openForReading(path);
  try {
    const diagnosis = await verifyStamped(file, options);
    refuseChanged(file);
    return diagnosis;
  } finally {
    file.close();
  }
}

/**
 * Classifies how a file differs from the one that was meant; any content.
 * @throws HeisenwriteError no-such-file, not-readable, read-failed
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
      const diagnosis = await compareFiles(bad, good, options);
      refuseChanged(bad);
      refuseChanged(good);
      return diagnosis;
    } finally {
      good.close();
    }
  } finally {
    bad.close();
  }
}

function refuseChanged({ path, descriptor, length }: OpenedFile): void {
  const now = fstatSync(descriptor).size;
  if (now === length) return;
  const message = `${path} changed its length while it was read, from ${length} to ${now} bytes`;
  throw new HeisenwriteError('read-failed', message, {
    remedy: 'try again when nobody writes to it, or on a copy',
  });
}
