// Damage that is planted on purpose: which kinds there are, what each takes, and when one fires. A
// fault is written `KIND:key=value,...` or as an object with the same keys; it leaves a receipt
// each time it fires. Who lays it over what (a mount, a proxy) says which kinds it can plant.

/** Of what kind the value of a key is; sizes in bytes, durations in milliseconds. */
export type FaultValueKind =
  | 'size'
  | 'duration'
  | 'count'
  | 'probability'
  | 'range'
  | 'hex'
  | 'text'
  | 'list'
  | 'choice';

export interface FaultKey {
  readonly kind: FaultValueKind;
  readonly about: string;
  /** Of a choice or a list: what may be said. */
  readonly choices?: readonly string[];
  readonly required?: true;
}

/** Calls of a client, by the names of POSIX; what a protocol calls otherwise is translated. */
export const FAULT_OPERATIONS = [
  'connect',
  'lookup',
  'open',
  'create',
  'read',
  'write',
  'fsync',
  'close',
  'getattr',
  'setattr',
  'truncate',
  'readdir',
  'rename',
  'unlink',
  'mkdir',
  'rmdir',
  'link',
] as const;
export type FaultOperation = (typeof FAULT_OPERATIONS)[number];

/** Open flags that a fault may ask for or forbid; open(2). */
export const FAULT_FLAGS = ['O_SYNC', 'O_DSYNC', 'O_DIRECT', 'O_APPEND', 'O_TRUNC'] as const;

/** When a fault fires: every condition that is given must hold. */
export const FAULT_CONDITIONS: Readonly<Record<string, FaultKey>> = {
  op: {
    kind: 'list',
    about: 'only these calls, joined with +: write+read (default: all that the kind applies to)',
    choices: FAULT_OPERATIONS,
  },
  path: { kind: 'text', about: 'only files whose path matches: *.dat, */in/*, ? is one character' },
  offset: {
    kind: 'range',
    about: 'only calls that touch these bytes: 4KiB-8KiB, 1MiB- (end open)',
  },
  content: {
    kind: 'choice',
    about: 'only 64-bit words of the data that are all ones or all zeros',
    choices: ['ones', 'zeros'],
  },
  with: { kind: 'list', about: 'only files opened with these flags', choices: FAULT_FLAGS },
  without: { kind: 'list', about: 'only files opened without these flags', choices: FAULT_FLAGS },
  probability: { kind: 'probability', about: 'fires this often: 0.01 or 1/300 (default: always)' },
  count: { kind: 'count', about: 'fires at most so many times' },
  skip: { kind: 'count', about: 'lets so many calls that match pass first' },
  signal: {
    kind: 'choice',
    about: 'sleeps until this signal reaches the server of the fault',
    choices: ['SIGHUP', 'SIGUSR1', 'SIGUSR2'],
  },
  start: { kind: 'duration', about: 'sleeps so long first, from when it was set or signalled' },
  for: { kind: 'duration', about: 'is awake so long' },
  every: { kind: 'duration', about: 'and again so often: start=1s,for=50ms,every=1s' },
};

interface FaultKindEntry {
  readonly about: string;
  readonly keys: Readonly<Record<string, FaultKey>>;
}

const ERRNO: FaultKey = { kind: 'text', about: 'the error: EACCES, EIO, ENOSPC', required: true };
const BYTES: FaultKey = { kind: 'size', about: 'so many bytes of it' };
const AFTER: FaultKey = { kind: 'size', about: 'after so many more bytes (default: 0)' };

/** Every kind there is, with the keys of its own. */
export const FAULT_KINDS = {
  errno: { about: 'the call fails and nothing is done', keys: { errno: ERRNO } },
  forwarded: { about: 'the call is carried out, and fails', keys: { errno: ERRNO } },
  late: {
    about: 'the write is lost and reports success; the error comes at close or fsync',
    keys: {
      errno: ERRNO,
      at: { kind: 'choice', about: 'where it comes (default: close)', choices: ['close', 'fsync'] },
    },
  },
  short: { about: 'fewer bytes than asked for: short write or read', keys: { bytes: BYTES } },
  flip: {
    about: 'bits of the data are flipped',
    keys: {
      mask: { kind: 'hex', about: 'bits of a 64-bit word, as a number: 0xffffffff (default: 0x1)' },
      word: { kind: 'count', about: 'which word of the call from 0 (default: a random one)' },
      words: { kind: 'count', about: 'so many words from there (default: 1)' },
    },
  },
  zero: {
    about: 'a range of the data becomes zeros',
    keys: {
      at: { kind: 'size', about: 'from this byte of the call (default: 0)' },
      bytes: BYTES,
    },
  },
  lost: { about: 'nothing is done and success is reported', keys: {} },
  unsynced: {
    about: 'what was written since the last fsync is lost, as in a crash; wants a signal or start',
    keys: {},
  },
  stale: { about: 'a read gives what was there before the last write; attributes alike', keys: {} },
  misdirect: {
    about: 'the data go to, or come from, another place of the file',
    keys: {
      by: { kind: 'size', about: 'so many bytes further on (default: the length of the call)' },
    },
  },
  torn: { about: 'only the first bytes are written, success is reported', keys: { bytes: BYTES } },
  delayed: {
    about: 'the write reports success and is carried out later',
    keys: {
      until: {
        kind: 'choice',
        about: 'close or fsync, in order, or reversed at close (default: close)',
        choices: ['close', 'fsync', 'reversed'],
      },
    },
  },
  duplicate: { about: 'the request is carried out, or the reply sent, twice', keys: {} },
  reorder: { about: 'the reply is sent after the next one', keys: {} },
  dropped: { about: 'the request is carried out and never answered', keys: {} },
  verifier: { about: "the write verifier changes, as after a server's restart", keys: {} },
  body: { about: 'success is answered with an error in the body', keys: {} },
  etag: { about: 'the ETag of another content is answered', keys: {} },
  latency: {
    about: 'the call takes longer',
    keys: {
      time: { kind: 'duration', about: 'so much longer', required: true },
      jitter: { kind: 'duration', about: 'more or less by so much' },
    },
  },
  rate: {
    about: 'data pass at most so fast',
    keys: { bytes: { kind: 'size', about: 'per second: 3400B, 1MiB', required: true } },
  },
  slice: {
    about: 'data pass in pieces of this size',
    keys: { bytes: { ...BYTES, required: true } },
  },
  cut: { about: 'the connection ends', keys: { bytes: AFTER } },
  reset: { about: 'the connection ends with a reset (RST)', keys: { bytes: AFTER } },
  'half-close': {
    about: 'one side of the connection ends, the other stays',
    keys: { bytes: AFTER },
  },
} as const satisfies Readonly<Record<string, FaultKindEntry>>;
export type FaultKind = keyof typeof FAULT_KINDS;

/** Half-open: [from, to). */
export interface FaultRange {
  readonly from: number;
  readonly to: number;
}

export type FaultValue = string | number | bigint | readonly string[] | FaultRange;

/** One fault, checked: every key that was given, with its value. */
export interface Fault {
  readonly kind: FaultKind;
  /** As it was written, in one form: what receipts and lists show. */
  readonly text: string;
  readonly values: Readonly<Record<string, FaultValue>>;
}

/** What a server of faults can plant: kinds, and the calls each applies to there. */
export type PlantableFaults = Readonly<Partial<Record<FaultKind, readonly FaultOperation[]>>>;

/** That a fault fired: when, where and what was changed. */
export interface FaultReceipt {
  /** As listed: from 1, in the order in which the faults were set. */
  readonly fault: number;
  readonly kind: FaultKind;
  readonly operation: FaultOperation;
  readonly path: string;
  /** Bytes of the file that the call named; 0 and 0 for one that names none. */
  readonly offset: number;
  readonly length: number;
  /** What was changed: `word 3 ^ 0xffffffff00000000`, `EACCES`. */
  readonly what: string;
  /** CLOCK_MONOTONIC of this host, nanoseconds, decimal. */
  readonly atNs: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}
