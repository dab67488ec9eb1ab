// What file systems are known to do to readers, by design or by a lock that they hold, each with
// where to read on: so that nobody takes what is documented for a defect, or luck for a promise.

import type { Levels } from '../domain/cell.ts';
import type { PromiseName } from '../domain/promise.ts';

interface Known {
  readonly fileSystem: RegExp;
  readonly promise: PromiseName;
  readonly applies: (mode: Levels) => boolean;
  readonly words: string;
}

const bothBuffered = (mode: Levels) => mode.writer === 'buffered' && mode.reader === 'buffered';
const mixesDirect = (mode: Levels) => (mode.writer === 'direct') !== (mode.reader === 'direct');
const oneWrite = (mode: Levels) => mode.chunk === undefined;

/** Behaviour that is by design, each with where to read on. */
const KNOWN: readonly Known[] = [
  {
    fileSystem: /^ext[234]$/,
    promise: 'unit-atomic',
    applies: (mode) => bothBuffered(mode) && oneWrite(mode),
    words:
      'by design: ext4 takes no lock that would make a buffered read wait for a buffered write ' +
      '(mm/filemap.c, filemap_read), so a reader can see part of a write, even inside one page',
  },
  {
    fileSystem: /^xfs$/,
    promise: 'unit-atomic',
    applies: (mode) => bothBuffered(mode) && oneWrite(mode),
    words:
      'XFS holds the inode lock shared for buffered reads and exclusive for buffered writes ' +
      '(fs/xfs/xfs_file.c), which makes one write atomic to readers',
  },
  {
    fileSystem: /^(btrfs|tmpfs)$/,
    promise: 'unit-atomic',
    applies: (mode) => bothBuffered(mode) && oneWrite(mode),
    words:
      'by design: a buffered read copies page by page and takes no lock that would make it wait ' +
      'for a buffered write',
  },
  {
    fileSystem: /^btrfs$/,
    promise: 'unit-atomic',
    applies: (mode) => mode.writer === 'direct' && mode.reader === 'direct' && oneWrite(mode),
    words:
      'by design: where a file has data checksums, btrfs from Linux 6.14 on writes through the ' +
      'page cache although O_DIRECT was asked for (btrfs(5), CHECKSUM ALGORITHMS; not with ' +
      'nodatasum), so that now and then a read meets half of a write',
  },
  {
    fileSystem: /./,
    promise: 'unit-atomic',
    applies: (mode) => mixesDirect(mode) && oneWrite(mode),
    words:
      'open(2), NOTES on O_DIRECT: applications should avoid mixing O_DIRECT and normal I/O to ' +
      'the same file, and especially to overlapping byte regions in the same file',
  },
  {
    fileSystem: /./,
    promise: 'replace-atomic',
    applies: (mode) => mode.publish === 'rename',
    words: 'POSIX rename(): the new name refers to the old file or to the new one at any time',
  },
  {
    fileSystem: /./,
    promise: 'append-atomic',
    applies: () => true,
    words:
      'POSIX write(): with O_APPEND the offset is set to the end of the file before each write, ' +
      'with no intervening modification',
  },
];

export function knownOf(
  fileSystem: string,
  promise: PromiseName,
  mode: Levels,
): string | undefined {
  return KNOWN.find(
    (known) =>
      known.fileSystem.test(fileSystem) && known.promise === promise && known.applies(mode),
  )?.words;
}

const BY_DESIGN = 'by design: ';

/** Why nobody may build on a promise although it held here; null where nothing is known. */
export function notPromised(fileSystem: string, known: string | undefined): string | null {
  if (!known?.startsWith(BY_DESIGN)) return null;
  const because = known.slice(BY_DESIGN.length).replace(`${fileSystem} takes`, 'it takes');
  return `though ${fileSystem} does not promise it: ${because}`;
}
