// What descriptors lead to, as POSIX has it: several descriptors, also of several processes, share
// one open file description (dup, fork) and its position; several descriptions share one file.

/** Where bytes go. Of sockets, pipes and devices nothing but what they are is followed. */
export type OpenKind = 'file' | 'socket' | 'pipe' | 'other';

export interface TrackedFile {
  path: string;
  /** Written, and no sync of them has succeeded since. */
  unsyncedBytes: number;
  /** Where the file ends; null where that is not known. */
  endBytes: number | null;
  /** On a file system that keeps nothing beyond a crash (tmpfs), where no sync is needed. */
  readonly volatile: boolean;
}

/** An open file description. */
export interface OpenFile {
  /** A path, or what the tracer says of a socket. */
  readonly subject: string;
  readonly kind: OpenKind;
  /** Of kind `file` only. */
  readonly file: TrackedFile | null;
  /** The process that opened it, or was seen with it first. */
  readonly opener: number;
  append: boolean;
  /** O_SYNC or O_DSYNC: what is written is durable when the call returns. */
  readonly syncs: boolean;
  /** Next offset; null where it is not known, as after attaching. */
  position: number | null;
  /** Descriptors that lead to it. */
  holders: number;
  /** A lock on the file was taken through it: its writers take turns. */
  locked: boolean;
}

export function kindOf(subject: string): OpenKind {
  if (subject.startsWith('pipe:')) return 'pipe';
  if (/^([A-Z][\w-]*|socket):\[/.test(subject)) return 'socket';
  const isDevice = /<char \d+:\d+>$|^\/(proc|sys|dev)\//.test(subject);
  return subject.startsWith('/') && !isDevice ? 'file' : 'other';
}

/** What a path of -yy is without its decorations. */
export function plainSubject(subject: string): string {
  return subject.replace(/<(char|block) \d+:\d+>$/, '').replace(/ \(deleted\)$/, '');
}

export const has = (flags: readonly string[] | undefined, ...names: readonly string[]): boolean =>
  flags?.some((flag) => names.includes(flag)) ?? false;
