// The words of a survey: how a mode reads in a sentence, and what follows for a protocol that is
// built on it.

import { formatSize } from '../base/quantities.ts';
import type { Levels } from '../domain/cell.ts';
import type { PromiseName } from '../domain/promise.ts';
import { isOfMessages, MESSAGE_WORDS, messageMode, messagesThrough } from './message-words.ts';

/** The size that a promise speaks of, and the levels that make its mode. */
export function sizeOf(promise: PromiseName, levels: Levels): { bytes: number; mode: Levels } {
  const place: Levels = levels.place === undefined ? {} : { place: levels.place };
  switch (levels.workload) {
    case 'mailbox': {
      const { program = 'builtin', writer = 'buffered', reader = 'buffered', unit = 4096 } = levels;
      const chunk = Number(levels.chunk ?? 0) || Number(unit);
      const chunks: Levels = chunk === unit ? {} : { chunk };
      return {
        bytes: Number(unit),
        mode: { ...place, workload: 'mailbox', program, writer, reader, ...chunks },
      };
    }
    case 'append': {
      const { record = 512, writers = 4, writer = 'buffered' } = levels;
      return { bytes: Number(record), mode: { ...place, workload: 'append', writers, writer } };
    }
    case 'replace': {
      const { size = 65_536, publish = 'rename' } = levels;
      return { bytes: Number(size), mode: { ...place, workload: 'replace', publish } };
    }
    case 'transfer': {
      const { size = 0, rewrite = 'replace', reader = 'connection' } = levels;
      const asked = askedOf(levels);
      return {
        bytes: Number(size),
        mode: { ...place, workload: 'transfer', rewrite, reader, ...asked },
      };
    }
    case 'exchange': {
      const { size = 65_536, way = 'rename' } = levels;
      const chunk = Number(levels.chunk ?? size);
      const chunks: Levels = chunk < Number(size) ? { chunk } : {};
      const mode = { ...place, workload: 'exchange', way, ...chunks, ...askedOf(levels) };
      return { bytes: Number(size), mode };
    }
    case 'delivery': {
      const { size = 0, writer = 'sequential', rule = 'size-stable', program = 'none' } = levels;
      const waited: Levels = promise === 'ready-whole' ? { rule } : {};
      const by: Levels = program === 'none' ? { writer } : { program };
      return { bytes: Number(size), mode: { ...place, workload: 'delivery', ...by, ...waited } };
    }
    case 'stream': {
      const { bytes, mode } = messageMode(levels);
      return { bytes, mode: { ...place, ...mode } };
    }
    case 'command': {
      const { size = 1048576, program = '', read = 'none', input = 'none' } = levels;
      const reads: Levels = read === 'none' ? {} : { read };
      const inputs: Levels = input === 'none' ? {} : { input };
      return {
        bytes: Number(size),
        mode: { ...place, workload: 'command', program, ...reads, ...inputs },
      };
    }
    default: {
      const { size = 0, mode = 'buffered' } = levels;
      const mine: Levels = promise === 'synced' ? {} : { mode };
      return {
        bytes: Number(size),
        mode: { ...place, workload: String(levels.workload), ...mine },
      };
    }
  }
}

/** What was asked of a client beyond what it does by itself. */
function askedOf({ stability = 'any', upload = 'any' }: Levels): Levels {
  return {
    ...(stability === 'any' ? {} : { stability }),
    ...(upload === 'any' ? {} : { upload }),
  };
}

export const OPENED: Readonly<Record<string, string>> = {
  buffered: 'buffered',
  direct: 'O_DIRECT',
  sync: 'O_SYNC',
  dsync: 'O_DSYNC',
};

const PUBLISHED: Readonly<Record<string, string>> = {
  rename: 'a temporary file renamed into place',
  'in-place': 'a file rewritten in place (truncate and write)',
  'shared-temporary': 'two writers that rename the same temporary name into place',
};

const WAYS: Readonly<Record<string, string>> = {
  put: 'a content put in one operation',
  rename: 'a temporary name renamed over the old content',
  'in-place': 'a content written into the file that is there',
  create: 'a content created anew under its name',
};

const STABLE: Readonly<Record<string, string>> = {
  unstable: ', UNSTABLE',
  'data-sync': ', DATA_SYNC',
  'file-sync': ', FILE_SYNC',
};

const UPLOADED: Readonly<Record<string, string>> = {
  single: ', in one request',
  multipart: ', in parts',
};

function askedWords({ stability, upload, chunk }: Levels): string {
  const chunks = chunk === undefined ? '' : `, in writes of ${formatSize(Number(chunk))}`;
  return `${chunks}${STABLE[String(stability)] ?? ''}${UPLOADED[String(upload)] ?? ''}`;
}

/**
 * The sentence's subject: "one O_DIRECT write of 4KiB, read O_DIRECT".
 * @param scope where modes share a sentence: which of them
 */
export function modeWords(
  promise: PromiseName,
  mode: Levels,
  sizes: string,
  scope = 'every mode',
): string {
  const prefix = mode.place === undefined ? '' : `${mode.place}: `;
  if (promise === 'fresh-read' && mode.workload === undefined) {
    return `${prefix}in ${scope} a read that starts after an acknowledged write`;
  }
  switch (mode.workload) {
    case 'mailbox': {
      const how = OPENED[String(mode.writer)];
      const program = mode.program === 'dd' ? ' by dd' : '';
      const write =
        mode.chunk === undefined
          ? `one ${how} write of ${sizes}${program}`
          : `${sizes} written in ${how} chunks of ${formatSize(Number(mode.chunk))}${program}`;
      return `${prefix}${write}, read ${OPENED[String(mode.reader)]}`;
    }
    case 'append':
      return `${prefix}${mode.writers} writers appending records of ${sizes} with O_APPEND`;
    case 'replace':
      return `${prefix}${PUBLISHED[String(mode.publish)]} (${sizes})`;
    case 'command': {
      const what = mode.input === undefined ? `files of ${sizes}` : String(mode.input);
      const reader = mode.read === undefined ? 'read back' : `read back by "${mode.read}"`;
      return `${prefix}${what} written by "${mode.program}", ${reader}`;
    }
    case 'transfer': {
      const again = mode.rewrite === 'in-place' ? 'written and rewritten in place' : 'written';
      const who = READ_BY[String(mode.reader)] ?? 'by a client on another host';
      return `${prefix}files of ${sizes} ${again}${askedWords(mode)}, then read back ${who}`;
    }
    case 'delivery': {
      const who = mode.program === undefined ? `the writer "${mode.writer}"` : `"${mode.program}"`;
      const by = `files of ${sizes} by ${who}`;
      return mode.rule === undefined
        ? `${prefix}${by}, read back in the first store`
        : `${prefix}${by}, picked up by the rule "${mode.rule}"`;
    }
    case 'stream':
      return `${prefix}${messagesThrough(mode, sizes)}`;
    case 'exchange':
      return `${prefix}${WAYS[String(mode.way)]} (${sizes}${askedWords(mode)})`;
    default:
      return promise === 'synced'
        ? `${prefix}after fsync, files of ${sizes} read past the cache`
        : `${prefix}files of ${sizes} written ${OPENED[String(mode.mode)]}, then read back`;
  }
}

const READ_BY: Readonly<Record<string, string>> = {
  same: 'by the same client',
  connection: 'by a second client',
  process: 'by a second client in another process',
};

/** What follows for a protocol built on it; undefined where nothing surprising follows. */
export function adviceFor(promise: PromiseName, kept: boolean, mode: Levels): string | undefined {
  if (kept) return undefined;
  if (isOfMessages(promise)) return MESSAGE_WORDS[promise].advice;
  switch (promise) {
    case 'unit-atomic':
      if (mode.chunk !== undefined) {
        return 'write the unit in one call, or let readers retry until its checksum holds';
      }
      return mode.writer === 'direct' && mode.reader === 'buffered'
        ? 'open writer and reader alike, or let readers retry until a checksum holds'
        : 'readers need a checksum and a retry, a lock shared with the writer, or a renamed file';
    case 'fresh-read':
      return 'an acknowledged write is not yet what the next read sees: agree by other means';
    case 'append-atomic':
      return 'give every writer a file of its own, or take a lock around each append';
    case 'replace-atomic':
      if (mode.workload === 'exchange') {
        return mode.way === 'in-place' || mode.way === 'create'
          ? 'put it in one operation, or write a temporary name and rename it over the old one'
          : 'readers need a checksum and a retry, or a marker that is written last';
      }
      return mode.publish === 'in-place'
        ? 'write a temporary file and rename it into place'
        : mode.publish === 'shared-temporary'
          ? 'give every writer a temporary name of its own (mkstemp)'
          : 'rename does not protect readers here: use a marker or a checksum';
    case 'ready-whole':
      return 'write under a temporary name and rename at last, or let the reader wait for a marker';
    case 'synced':
    case 'read-back':
      return 'do not trust this medium with data before this is explained';
  }
}
