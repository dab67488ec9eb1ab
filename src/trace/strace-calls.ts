// What the words of a call mean, by its name: which of them is a descriptor, a path, a length.

import type { CallArguments, TracedCall } from './call.ts';
import {
  type CallText,
  parseDescriptor,
  parseFlags,
  parseNumber,
  parseString,
  parseVectorBytes,
} from './strace-text.ts';

type Reading = (words: readonly string[]) => CallArguments;

/** The call, with what is known of its arguments; of a call without an entry, none. */
export function callOf(text: CallText, thread: number, beganNs: bigint): TracedCall {
  const { name, words, result, tookNs } = text;
  const reading = Object.hasOwn(READINGS, name) ? READINGS[name] : undefined;
  const outcome = outcomeOf(result);
  const resultSubject = parseDescriptor(result)?.subject;
  const given = { ...reading?.(words), ...(resultSubject !== undefined && { resultSubject }) };
  return { thread, name, beganNs, tookNs, ...outcome, given };
}

/** `0`, `3</srv/a>`, `-1 EACCES (Permission denied)`, `? ERESTARTSYS (...)`, `0x2 (flags ...)`. */
function outcomeOf(result: string): { result: number | null; errno: string | null } {
  const failed = /^-1 (E[A-Z0-9]+)/.exec(result);
  if (failed) return { result: null, errno: failed[1] as string };
  const value = parseNumber(/^\S+?(?=[<\s]|$)/.exec(result)?.[0] ?? '');
  return { result: value, errno: null };
}

const descriptor =
  (index = 0): Reading =>
  (words) =>
    parseDescriptor(words[index] ?? '') ?? {};

const number = (word: string | undefined): number | undefined =>
  parseNumber(word ?? '') ?? undefined;

const string = (word: string | undefined): string | undefined =>
  parseString(word ?? '') ?? undefined;

/** Leaves out what is unknown. */
function known(given: { [K in keyof CallArguments]: CallArguments[K] | undefined }): CallArguments {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** Descriptor, then buffer, then a number of bytes, perhaps at an offset. */
const transfer: Reading = (words) =>
  known({ ...descriptor()(words), bytes: number(words[2]), offset: number(words[3]) });

const vectors: Reading = (words) =>
  known({
    ...descriptor()(words),
    bytes: parseVectorBytes(words[1] ?? '') ?? undefined,
    offset: number(words[3]),
    flags: words[4] === undefined ? undefined : parseFlags(words[4]),
  });

const opening: Reading = (words) =>
  known({ path: string(words[0]), flags: parseFlags(words[1] ?? '') });

/** A directory's descriptor and a path relative to it. */
function placed(words: readonly string[], index = 0) {
  return {
    directory: parseDescriptor(words[index] ?? '')?.subject,
    path: string(words[index + 1]),
  };
}

const openingAt: Reading = (words) =>
  known({
    ...placed(words),
    flags: parseFlags(/^(?:\{flags=)?([^,}]*)/.exec(words[2] ?? '')?.[1] ?? ''),
  });

const renamingAt: Reading = (words) => {
  const to = placed(words, 2);
  const flags = words[4] === undefined ? undefined : parseFlags(words[4]);
  return known({ ...placed(words), toPath: to.path, toDirectory: to.directory, flags });
};

const unlinkingAt: Reading = (words) =>
  known({ ...placed(words), flags: parseFlags(words[2] ?? '') });

const command: Reading = (words) =>
  known({
    ...descriptor()(words),
    flags: [words[1] ?? '', ...parseFlags(words[2] ?? '')],
  });

const duplicating: Reading = (words) =>
  known({
    ...descriptor()(words),
    otherFd: parseDescriptor(words[1] ?? '')?.fd,
    flags: parseFlags(words[2] ?? ''),
  });

const datagram: Reading = (words) =>
  known({ ...descriptor()(words), bytes: number(words[2]), address: addressOf(words[4]) });

const message: Reading = (words) => {
  const vector = /msg_iov=(\[.*?\]), msg_iovlen=/s.exec(words[1] ?? '')?.[1];
  return known({
    ...descriptor()(words),
    bytes: vector === undefined ? undefined : (parseVectorBytes(vector) ?? undefined),
  });
};

const addressed: Reading = (words) =>
  known({ ...descriptor()(words), address: addressOf(words[1]) });

/** `{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("1.2.3.4")}` as `1.2.3.4:80`. */
function addressOf(word: string | undefined): string | undefined {
  if (word === undefined || !word.startsWith('{')) return undefined;
  const port = /htons\((\d+)\)/.exec(word)?.[1];
  const host = /inet_(?:addr\(|pton\(AF_INET6, )"([^"]+)"/.exec(word)?.[1];
  if (port !== undefined && host !== undefined) return `${host}:${port}`;
  return string(/sun_path=@?("(?:[^"\\]|\\.)*")/.exec(word)?.[1]);
}

const cloning: Reading = (words) => ({
  flags: parseFlags(/flags=([\w|]+)/.exec(words.join(','))?.[1] ?? ''),
});

const sized: Reading = (words) => known({ ...descriptor()(words), offset: number(words[1]) });

const READINGS: Readonly<Record<string, Reading>> = {
  open: opening,
  creat: (words) => known({ path: string(words[0]), flags: ['O_WRONLY', 'O_CREAT', 'O_TRUNC'] }),
  ...{ openat: openingAt, openat2: openingAt },
  ...{ close: descriptor(), fsync: descriptor(), fdatasync: descriptor(), syncfs: descriptor() },
  ...{ fchdir: descriptor(), listen: descriptor(), shutdown: descriptor(), flock: descriptor() },
  ...{ read: transfer, write: transfer, pread64: transfer, pwrite64: transfer },
  ...{ readv: vectors, writev: vectors, preadv: vectors, pwritev: vectors },
  ...{ preadv2: vectors, pwritev2: vectors },
  lseek: (words) =>
    known({
      ...descriptor()(words),
      offset: number(words[1]),
      flags: parseFlags(words[2] ?? ''),
    }),
  ftruncate: sized,
  truncate: (words) => known({ path: string(words[0]), offset: number(words[1]) }),
  rename: (words) => known({ path: string(words[0]), toPath: string(words[1]) }),
  ...{ renameat: renamingAt, renameat2: renamingAt },
  ...{ unlink: (words) => known({ path: string(words[0]) }), unlinkat: unlinkingAt },
  chdir: (words) => known({ path: string(words[0]) }),
  dup: descriptor(),
  ...{ dup2: duplicating, dup3: duplicating },
  fcntl: command,
  close_range: (words) =>
    known({ fd: number(words[0]), otherFd: number(words[1]), flags: parseFlags(words[2] ?? '') }),
  sendfile: (words) =>
    known({ ...descriptor()(words), otherFd: parseDescriptor(words[1] ?? '')?.fd }),
  copy_file_range: (words) => copied(words, 2),
  splice: (words) => copied(words, 2),
  ...{ connect: addressed, bind: addressed, accept: addressed, accept4: addressed },
  ...{ sendto: datagram, recvfrom: datagram, sendmsg: message, recvmsg: message },
  ...{ clone: cloning, clone3: cloning },
  fork: () => ({}),
  vfork: () => ({}),
  execve: (words) => known({ path: string(words[0]) }),
};

/** From the first descriptor into the one at `index`; with an offset, not at the position. */
function copied(words: readonly string[], index: number): CallArguments {
  return known({
    ...descriptor(index)(words),
    otherFd: parseDescriptor(words[0] ?? '')?.fd,
    offset: number(/^\[(\d+)\]/.exec(words[index + 1] ?? '')?.[1]),
  });
}

/** The calls to trace; a name that this machine does not know is passed over by strace (`?`). */
export const TRACED_CALLS: readonly string[] = [...Object.keys(READINGS), 'sync', 'exit_group'];
