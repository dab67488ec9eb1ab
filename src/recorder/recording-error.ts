// What a user of the recorder can meet. The recorder is used without the rest of the project, so
// its errors are its own: a code to act on, what happened to which file, and what to do about it.

export type RecordingErrorCode =
  | 'no-such-file'
  | 'not-readable'
  | 'not-a-recording'
  | 'unfinished'
  | 'other-version'
  | 'truncated'
  | 'damaged-header'
  | 'no-such-event'
  | 'file-exists'
  | 'not-writable'
  | 'no-space'
  | 'invalid-schema'
  | 'invalid-option'
  | 'unsupported';

const REMEDIES: Readonly<Record<RecordingErrorCode, string>> = {
  'no-such-file': 'check the path',
  'not-readable': 'check its permissions, or read it as a user who may',
  'not-a-recording': 'give files that a recorder wrote, or a directory that holds some',
  unfinished:
    'its writer was ended, or is still busy, before the header was whole: no event is lost',
  'other-version': 'read it with the version of heisenwrite that wrote it',
  truncated: 'copy it again, whole; a recording has its full size from its first event on',
  'damaged-header': 'take another copy of it: what the header says cannot be true',
  'no-such-event': 'use one of the events that the message lists',
  'file-exists': 'a recorder overwrites nothing: remove the file or give another name',
  'not-writable': 'give a directory that exists and that this user may write to',
  'no-space': 'free some space, or ask for fewer slots',
  'invalid-schema': 'correct the declaration of the event that the message names',
  'invalid-option': 'correct the option that the message names',
  unsupported: 'record on Linux, on a machine of little-endian order, where koffi loads',
};

/** `message` says what happened, where, and what to do; `code` is for programs. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
  readonly code: RecordingErrorCode;
  /** The file that it is about, or null. */
  readonly path: string | null;

  constructor(code: RecordingErrorCode, path: string | null, happened: string) {
    const where = path === null ? '' : `${path}: `;
    super(`${where}${happened} (${REMEDIES[code]})`);
    this.code = code;
    this.path = path;
  }
}

/** The same for what the file system said: its error codes become ours. */
export function fileFailure(error: unknown, path: string, writing: boolean): RecordingError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const said = message.split('\n')[0] ?? '';
  if (code === 'ENOENT' && !writing) return new RecordingError('no-such-file', path, said);
  if (code === 'EEXIST') return new RecordingError('file-exists', path, said);
  if (code === 'ENOSPC' || code === 'EDQUOT') return new RecordingError('no-space', path, said);
  return new RecordingError(writing ? 'not-writable' : 'not-readable', path, said);
}
