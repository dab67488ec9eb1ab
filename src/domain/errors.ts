// Every error that a user can meet: its code, whether it is definite, its exit code and its remedy.
// One registry, so that the wording is judged in one place and the documentation is made from it.
// Definite means: the operation certainly did not happen. Indefinite: it may or may not have.

export const EXIT_CLEAN = 0;
export const EXIT_DAMAGE = 1;
export const EXIT_USAGE = 2;
export const EXIT_UNKNOWN = 3;
export const EXIT_INTERRUPTED = 130;

interface ErrorEntry {
  readonly definite: boolean;
  readonly exitCode: typeof EXIT_USAGE | typeof EXIT_UNKNOWN;
  readonly remedy: string;
}

export const ERRORS = {
  'unknown-factor': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'use one of the factors that the message lists, or see `heisenwrite hunt --help`',
  },
  'unknown-level': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'use one of the levels that the message lists',
  },
  'invalid-plan': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy:
      'correct the field that the message names; `heisenwrite hunt PLAN --dry-run` checks again',
  },
  'impossible-constraint': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'relax the constraint or add levels, then check with `heisenwrite hunt PLAN --dry-run`',
  },
  'invalid-size': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'write a size such as 512, 4KiB, 1MiB or 1.5GiB',
  },
  'invalid-duration': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'write a duration such as 500ms, 30s, 5m or 1h',
  },
  'invalid-fault': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'write it as KIND:key=value,... ; `heisenwrite mount --help` lists kinds and keys',
  },
  'no-fault-server': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'see what runs, and how it is called, with `heisenwrite fault list`',
  },
  'invalid-option': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'see the command with `--help`',
  },
  'no-such-program': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'install it, or give its path, and make it executable (chmod +x)',
  },
  'no-such-process': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'check the number with `ps`; it may have ended',
  },
  'not-traceable': {
    definite: true,
    exitCode: EXIT_UNKNOWN,
    remedy:
      'trace it as its owner or as root, with no other tracer (gdb, strace) on it, and where ' +
      '/proc/sys/kernel/yama/ptrace_scope allows it',
  },
  'invalid-table': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'correct the table as the message says; `heisenwrite isolate --help` shows one',
  },
  'no-such-place': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'create the directory or mount the file system, then try again',
  },
  'place-not-writable': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'mount it read-write, or give a directory that this user may write to',
  },
  'no-space': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'free some space, lower the need with --space, or hunt on another place',
  },
  'unsupported-medium': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'give a directory on a mounted file system',
  },
  'invalid-place': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy:
      'write it as the message shows; `heisenwrite hunt --help` has an example of each medium',
  },
  'host-key-unknown': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'accept the key of the host with the command that the message gives',
  },
  'not-authenticated': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'check the user and its key or credentials, as the message says',
  },
  'not-confirmed': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'type the name of the device again: --destroy-data-on NAME',
  },
  unreachable: {
    definite: false,
    exitCode: EXIT_UNKNOWN,
    remedy: 'check that the server runs and that its address and port are right',
  },
  'no-such-file': { definite: true, exitCode: EXIT_USAGE, remedy: 'check the path' },
  'not-readable': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'check the permissions, or run as a user who may read it',
  },
  'not-stamped': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy:
      'only files written by `heisenwrite stamp` check themselves; ' +
      'compare others with `heisenwrite diagnose BAD GOOD`, or by `heisenwrite manifest`',
  },
  'not-a-manifest': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'give a file that `heisenwrite manifest FILE -o M` wrote, or the mail that holds it',
  },
  'manifest-damaged': {
    definite: true,
    exitCode: EXIT_UNKNOWN,
    remedy: 'have it sent again, as an attachment or in an archive, and compare its length',
  },
  'not-a-recording': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'give files that a recorder wrote, or a directory that holds some',
  },
  'recording-damaged': {
    definite: true,
    exitCode: EXIT_UNKNOWN,
    remedy: 'take another copy of the recording',
  },
  'file-exists': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy:
      'heisenwrite overwrites nothing that it did not create: remove the file or use another name',
  },
  'source-changed': {
    definite: true,
    exitCode: EXIT_UNKNOWN,
    remedy: 'publish it again when no program writes to it any more',
  },
  'read-back-differs': {
    definite: true,
    exitCode: EXIT_UNKNOWN,
    remedy: 'nobody was shown it; find out with `heisenwrite hunt` on that place what it loses',
  },
  'name-busy': {
    definite: true,
    exitCode: EXIT_UNKNOWN,
    remedy: 'wait until the other publisher or picker is done, then try again',
  },
  'no-such-hunt': {
    definite: true,
    exitCode: EXIT_USAGE,
    remedy: 'give the directory of the hunt (heisenwrite-...), or run in the one that holds it',
  },
  'no-control': {
    definite: true,
    exitCode: EXIT_UNKNOWN,
    remedy:
      'hunt until something fails, or give the rate that it is known to have: ' +
      '--without-control 1/300',
  },
  'not-certified': {
    definite: true,
    exitCode: EXIT_UNKNOWN,
    remedy: 'go on until it is: `heisenwrite hunt --resume HUNT --until-isolated`',
  },
  'evidence-damaged': {
    definite: true,
    exitCode: EXIT_UNKNOWN,
    remedy:
      'the files are left as they are: copy the directory away, then try ' +
      '`sqlite3 evidence.sqlite .recover`',
  },
  'evidence-busy': {
    definite: true,
    exitCode: EXIT_UNKNOWN,
    remedy: 'another hunt is writing this evidence: wait for it, or stop it with Ctrl-C',
  },
  'write-failed': {
    definite: false,
    exitCode: EXIT_UNKNOWN,
    remedy: 'check the space and the health of the medium, then try again',
  },
  'read-failed': {
    definite: true,
    exitCode: EXIT_UNKNOWN,
    remedy: 'check the health of the medium (`dmesg`), then try again',
  },
  'missing-component': {
    definite: true,
    exitCode: EXIT_UNKNOWN,
    remedy: 'see `heisenwrite doctor` for the command that brings it',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

export class HeisenwriteError extends Error {
  override name = 'HeisenwriteError';
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly exitCode: number;

  /** What is given replaces what the registry has, where something more exact is known. */
  constructor(
    code: ErrorCode,
    message: string,
    options?: { remedy?: string; cause?: unknown; exitCode?: ErrorEntry['exitCode'] },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remedy = options?.remedy ?? ERRORS[code].remedy;
    this.exitCode = options?.exitCode ?? ERRORS[code].exitCode;
  }

  get definite(): boolean {
    return ERRORS[this.code].definite;
  }
}

/** What file systems of Linux also give and Node has no name for; asm-generic/errno.h. */
const UNNAMED: Readonly<Record<number, string>> = {
  52: 'EBADE',
  61: 'ENODATA',
  74: 'EBADMSG',
  116: 'ESTALE',
  117: 'EUCLEAN',
  122: 'EDQUOT',
  123: 'ENOMEDIUM',
};

/** The errno name of a failed system call (`ENOSPC`), or null. */
export function errnoOf(error: unknown): string | null {
  const { code, errno } = (error ?? {}) as { code?: unknown; errno?: unknown };
  if (typeof code !== 'string') return null;
  if (/^E[A-Z0-9]+$/.test(code)) return code;
  return /^unknown/i.test(code) ? (UNNAMED[Math.abs(Number(errno))] ?? null) : null;
}
