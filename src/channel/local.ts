// The reference: one log in memory that the senders of this host append to under a lock and every
// receiver reads from end to end, so that it keeps all that a channel can promise. The memory is a
// nameless file (memfd_create(2)) of the first receiver, which the others find through /proc.
//
//   words of 32 bits:  0 lock   1 written   2 receivers   4+2r read by receiver r   5+2r it listens
//   then the log:      a ring of LOG_BYTES, of entries of 4 bytes length, bytes, up to a word
//
// `written` and `read` count bytes modulo 2^32 from the beginning.

import { setTimeout as sleep } from 'node:timers/promises';
import { assert } from '../base/assert.ts';
import { cLibrary, mapOpenFile } from '../base/c-library.ts';
import {
  type ChannelAdapter,
  type ChannelReceiver,
  type ChannelSender,
  DELIVERED_IN_ORDER,
} from '../domain/channel.ts';
import { channelError, lengthOf, refuseLarger } from './channel-error.ts';

const HEAD_BYTES = 4096;
const LOG_BYTES = 4 * 1024 * 1024;
const MESSAGE_BYTES_MAX = 1024 * 1024;
const RECEIVERS_MAX = 64;
const [LOCK, WRITTEN, RECEIVERS, FIRST] = [0, 1, 2, 4];
/** An entry is copied meanwhile, no more; a sender that is stopped with the lock is waited for. */
const SPINS_MAX = 10_000;
/** Between two looks where there is nothing to read or no room; ms. */
const PAUSE_MS = 1;

interface Log {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

export const localChannel: ChannelAdapter = {
  scheme: 'local',
  about: 'the reference: a log in memory that all threads and processes of this host share',
  fallback: 'local:',
  options: {},
  promises: () => ({
    ...DELIVERED_IN_ORDER,
    totalOrder: true,
    maxBytes: MESSAGE_BYTES_MAX,
  }),
  async openReceiver(_setting, { deliver }, [first]): Promise<ChannelReceiver> {
    const own = first === undefined ? takeLog() : null;
    const endpoint = own?.endpoint ?? (first as string);
    const log = own?.log ?? logAt(endpoint);
    const receiver = Atomics.add(log.words, RECEIVERS, 1);
    assert(receiver < RECEIVERS_MAX, `${receiver} receivers`);
    const [read, listens] = [FIRST + 2 * receiver, FIRST + 2 * receiver + 1];
    Atomics.store(log.words, read, Atomics.load(log.words, WRITTEN));
    Atomics.store(log.words, listens, 1);
    let open = true;
    const ended = (async () => {
      while (open) {
        const before = Atomics.load(log.words, read);
        if (before === Atomics.load(log.words, WRITTEN)) await sleep(PAUSE_MS);
        else Atomics.store(log.words, read, deliverNext(log, before, deliver));
        // Timers and other receivers of this thread have their turn.
        await new Promise(setImmediate);
      }
    })();
    return {
      endpoint,
      async close() {
        if (!open) return;
        open = false;
        await ended;
        Atomics.store(log.words, listens, 0);
        if (own) free.push(own);
      },
    };
  },
  async openSender(_setting, [first]): Promise<ChannelSender> {
    if (first === undefined) throw channelError('ENOENT', 'there is no receiver');
    const log = logAt(first);
    return {
      async send(vectors) {
        const lengthBytes = lengthOf(vectors);
        refuseLarger(lengthBytes, MESSAGE_BYTES_MAX);
        while (!append(log, vectors, lengthBytes)) await sleep(PAUSE_MS);
      },
      close: async () => undefined,
    };
  },
};

/** False where another one writes or a receiver is too far behind. */
function append(log: Log, vectors: readonly Uint8Array[], lengthBytes: number): boolean {
  const { words } = log;
  for (let tries = 0; Atomics.compareExchange(words, LOCK, 0, 1) !== 0; tries++) {
    if (tries === SPINS_MAX) return false;
  }
  const from = Atomics.load(words, WRITTEN);
  const needed = 4 + padded(lengthBytes);
  const hasRoom = usedBytes(words, from) + needed <= LOG_BYTES;
  if (hasRoom) {
    log.view.setUint32((from >>> 0) % LOG_BYTES, lengthBytes, true);
    let at = from + 4;
    for (const vector of vectors) {
      put(log, at >>> 0, vector);
      at += vector.length;
    }
    Atomics.store(words, WRITTEN, (from + needed) | 0);
  }
  Atomics.store(words, LOCK, 0);
  return hasRoom;
}

/** What the slowest receiver has still to read. */
function usedBytes(words: Int32Array, written: number): number {
  let used = 0;
  for (let receiver = 0; receiver < Atomics.load(words, RECEIVERS); receiver++) {
    if (Atomics.load(words, FIRST + 2 * receiver + 1) === 0) continue;
    used = Math.max(used, (written - Atomics.load(words, FIRST + 2 * receiver)) >>> 0);
  }
  return used;
}

/** Returns what has been read then. */
function deliverNext(log: Log, from: number, deliver: (message: Uint8Array) => void): number {
  const lengthBytes = log.view.getUint32((from >>> 0) % LOG_BYTES, true);
  const at = ((from + 4) >>> 0) % LOG_BYTES;
  const message = new Uint8Array(lengthBytes);
  const there = Math.min(lengthBytes, LOG_BYTES - at);
  message.set(log.bytes.subarray(at, at + there));
  message.set(log.bytes.subarray(0, lengthBytes - there), there);
  deliver(message);
  return (from + 4 + padded(lengthBytes)) | 0;
}

function put({ bytes }: Log, position: number, vector: Uint8Array): void {
  const at = position % LOG_BYTES;
  const there = Math.min(vector.length, LOG_BYTES - at);
  bytes.set(vector.subarray(0, there), at);
  bytes.set(vector.subarray(there), 0);
}

const padded = (lengthBytes: number) => Math.ceil(lengthBytes / 4) * 4;

interface OwnLog {
  readonly endpoint: string;
  readonly log: Log;
}

/** A mapping stays for good, so logs are used again. */
const free: OwnLog[] = [];
const mapped = new Map<string, Log>();

function takeLog(): OwnLog {
  const at = free.findIndex(({ log }) => !isHeard(log));
  const [own = makeLog()] = at < 0 ? [] : free.splice(at, 1);
  own.log.words.fill(0);
  return own;
}

function isHeard({ words }: Log): boolean {
  const receivers = Array.from({ length: words[RECEIVERS] as number }, (_, receiver) => receiver);
  return receivers.some((receiver) => Atomics.load(words, FIRST + 2 * receiver + 1) === 1);
}

function makeLog(): OwnLog {
  const library = cLibrary();
  if (typeof library === 'string') throw channelError('ENOSYS', library);
  const fd = library.memoryFile('heisenwrite-channel', HEAD_BYTES + LOG_BYTES);
  const log = logIn(library.map(fd, HEAD_BYTES + LOG_BYTES));
  return { endpoint: `/proc/${process.pid}/fd/${fd}`, log };
}

function logAt(endpoint: string): Log {
  const known = mapped.get(endpoint);
  if (known) return known;
  const log = logIn(mapOpenFile(endpoint, HEAD_BYTES + LOG_BYTES));
  mapped.set(endpoint, log);
  return log;
}

function logIn(memory: ArrayBuffer): Log {
  return {
    words: new Int32Array(memory, 0, HEAD_BYTES / 4),
    bytes: new Uint8Array(memory, HEAD_BYTES, LOG_BYTES),
    view: new DataView(memory, HEAD_BYTES, LOG_BYTES),
  };
}
