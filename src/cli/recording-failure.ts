// The recorder stands alone and has errors of its own; here they become errors of the command line,
// each with its exit code and its remedy.

import { type ErrorCode, HeisenwriteError } from '../domain/errors.ts';
import { RecordingError, type RecordingErrorCode } from '../recorder/recording-error.ts';

const CODES: Readonly<Partial<Record<RecordingErrorCode, ErrorCode>>> = {
  'no-such-file': 'no-such-file',
  'not-readable': 'not-readable',
  'file-exists': 'file-exists',
  'not-a-recording': 'not-a-recording',
  unfinished: 'recording-damaged',
  'other-version': 'recording-damaged',
  truncated: 'recording-damaged',
  'damaged-header': 'recording-damaged',
  'no-space': 'no-space',
  'not-writable': 'place-not-writable',
};

/** An error of the recorder as one of the command line; all others as they are. */
export function commandError(error: unknown): unknown {
  if (!(error instanceof RecordingError)) return error;
  const code = CODES[error.code] ?? 'invalid-option';
  // What to do stands at its end, in parentheses, for whoever uses the recorder alone.
  const [, happened = error.message, remedy] = /^(.*) \(([^()]*)\)$/s.exec(error.message) ?? [];
  const options = code === 'invalid-option' || remedy === undefined ? {} : { remedy };
  return new HeisenwriteError(code, happened, { ...options, cause: error });
}
