// Names that programs give to files that are not finished.

/** Endings of curl, wget, browsers, WinSCP, FileZilla, rclone and of habit. */
const ENDINGS = [
  '.tmp',
  '.temp',
  '.part',
  '.partial',
  '.filepart',
  '.crdownload',
  '.download',
  '.incomplete',
  '.uploading',
  '.writing',
];

/** What follows the name of a file whose marker it is. */
export const MARKER_ENDING = '.ready';

/** rsync's `.NAME.XXXXXX` and all else that begins with a dot is meant, too. */
export function isTemporaryName(name: string): boolean {
  const lower = name.toLowerCase();
  return name.startsWith('.') || name.endsWith('~') || ENDINGS.some((end) => lower.endsWith(end));
}

export function isMarkerName(name: string): boolean {
  return name.endsWith(MARKER_ENDING) && name.length > MARKER_ENDING.length;
}
