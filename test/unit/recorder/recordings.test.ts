// Reading what is whole, what is not, and several recordings as one.

import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type ByteColumn,
  openRecorder,
  openRecordings,
  RecordingError,
} from '../../../src/recorder/index.ts';
import {
  slotAt as at,
  EVENTS,
  readAll,
  recordingFolder,
  recordingOf,
} from '../../fixtures/recorder/recording-folder.ts';

/** What reading those bytes comes to: the ids of the records, or the error. */
function readBytes(bytes: Uint8Array): { ids: unknown[]; counts: object } | RecordingError {
  const path = join(recordingFolder(), 'read.hwrec');
  writeFileSync(path, bytes);
  try {
    const { headers, events } = readAll(path);
    return { ids: events.map(({ fields }) => fields.id), counts: headers[0]?.counts ?? {} };
  } catch (error) {
    if (error instanceof RecordingError) return error;
    throw error;
  }
}

describe('a recording whose writer was ended', () => {
  it('in the middle of a record lacks that one only', () => {
    const bytes = recordingOf(5);
    bytes.fill(0, at(5), at(5) + 8);
    bytes.fill(0xaa, at(5) + 8, at(5) + 30);
    const counts = { written: 5, overwritten: 0, dropped: 0, torn: 1 };
    expect(readBytes(bytes)).toEqual({ ids: [0, 1, 2, 3, 4], counts });
  });

  it('in the middle of overwriting lacks the oldest with it', () => {
    const bytes = recordingOf(21);
    bytes.fill(0, at(5), at(5) + 8);
    const counts = { written: 21, overwritten: 6, dropped: 0, torn: 1 };
    const ids = [6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20];
    expect(readBytes(bytes)).toEqual({ ids, counts });
  });

  it('in the middle of overwriting for the first time, likewise', () => {
    const bytes = recordingOf(16);
    bytes.fill(0, at(0), at(0) + 8);
    const counts = { written: 16, overwritten: 1, dropped: 0, torn: 1 };
    expect(readBytes(bytes)).toMatchObject({ counts });
  });

  it('in a ring of one slot has either the last record or none', () => {
    const bytes = recordingOf(5, 1);
    expect(readBytes(bytes)).toMatchObject({ ids: [4], counts: { overwritten: 4, torn: 0 } });
    bytes.fill(0, at(0), at(0) + 8);
    expect(readBytes(bytes)).toMatchObject({ ids: [], counts: { overwritten: 5, torn: 1 } });
  });

  it('before it had counted a whole record has that one', () => {
    const bytes = recordingOf(21);
    bytes.writeBigUInt64LE(20n, 32);
    const counts = { written: 21, overwritten: 5, dropped: 0, torn: 0 };
    expect(readBytes(bytes)).toMatchObject({ counts });
  });
});

describe('a recording with a wrong header', () => {
  it.each([
    ['behind', 3n],
    ['far ahead', 2n ** 40n],
    ['absurd', 2n ** 64n - 1n],
  ])('is read by its commit words where `next` is %s', (_, next) => {
    const bytes = recordingOf(10);
    bytes.writeBigUInt64LE(next, 32);
    const counts = { written: 10, overwritten: 0, dropped: 0, torn: 0 };
    expect(readBytes(bytes)).toEqual({ ids: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], counts });
  });

  it('or a slot that holds another number, counts that as torn', () => {
    const bytes = recordingOf(10);
    bytes.writeBigUInt64LE(77n, at(3));
    bytes.writeUInt16LE(9, at(4) + 6);
    const counts = { written: 10, overwritten: 0, dropped: 0, torn: 2 };
    const path = join(recordingFolder(), 'damaged.hwrec');
    writeFileSync(path, bytes);
    const recordings = openRecordings([path]);
    expect([...recordings.events()].map(({ fields }) => fields.id)).toEqual([
      0, 1, 2, 5, 6, 7, 8, 9,
    ]);
    expect(recordings.headers[0]?.counts).toEqual(counts);
    expect(recordings.scan(0, 'received', () => {})).toEqual({ records: 4, overtaken: 0, torn: 1 });
    recordings.close();
  });

  it.each([
    ['unfinished', (bytes: Buffer) => bytes.fill(0, 0, 8), /no header yet/],
    ['unfinished', () => Buffer.alloc(0), /no header yet/],
    ['not-a-recording', (bytes: Buffer) => bytes.fill('ELF', 0, 3), /does not begin/],
    ['not-a-recording', () => Buffer.from('a note'), /does not begin/],
    ['other-version', (bytes: Buffer) => bytes.fill(2, 8, 9), /version 2/],
    ['truncated', (bytes: Buffer) => bytes.subarray(0, at(15)), /5056 bytes of the 5120/],
    ['truncated', (bytes: Buffer) => bytes.subarray(0, 100), /only 100 bytes/],
    ['truncated', (bytes: Buffer) => bytes.fill(0xff, 28, 29), /of the \d{6,}/],
    ['damaged-header', (bytes: Buffer) => bytes.fill(0xff, 24, 32), /slots/],
    ['damaged-header', (bytes: Buffer) => bytes.fill(3, 16, 17), /recordBytes/],
    ['damaged-header', (bytes: Buffer) => bytes.fill(0xff, 20, 24), /descriptionBytes/],
    ['damaged-header', (bytes: Buffer) => bytes.fill('[', 128, 129), /no JSON/],
    ['damaged-header', (bytes: Buffer) => retold(bytes, '"u32"', '"u33"'), /unknown type "u33"/],
    ['damaged-header', (bytes: Buffer) => retold(bytes, ':16}', ':17}'), /does not fit/],
    ['damaged-header', (bytes: Buffer) => retold(bytes, '"each"', '"both"'), /no mode/],
  ])('says %s (%#)', (code, damage, words) => {
    const outcome = readBytes(damage(recordingOf(10)) as Buffer);
    expect(outcome).toBeInstanceOf(RecordingError);
    expect(outcome).toMatchObject({ code, message: expect.stringMatching(words) });
  });
});

function retold(bytes: Buffer, text: string, other: string): Buffer {
  bytes.write(other, bytes.indexOf(text));
  return bytes;
}

describe('several recordings', () => {
  it('are merged by time, and a range of times is cut out of them', () => {
    const folder = recordingFolder();
    const writers = ['a', 'b', 'c'].map((name) =>
      openRecorder({ path: join(folder, `${name}.hwrec`), name, slots: 64, events: EVENTS }),
    );
    for (let id = 0; id < 300; id++)
      writers[((id * 7) % 3) ^ (id % 5 === 0 ? 1 : 0)]?.record.received(id, 0);
    const { headers, events } = readAll(folder);
    expect(headers.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    const ids = events.map(({ fields }) => fields.id as number);
    expect(ids).toEqual([...ids].sort((one, other) => one - other));
    expect(ids.length).toBe(
      headers.reduce((sum, { counts }) => sum + counts.written - counts.overwritten, 0),
    );
    const times = events.map(({ timeNs }) => timeNs);
    const recordings = openRecordings([folder]);
    for (const [first, last] of [
      [0, 10],
      [17, 17],
      [50, ids.length - 1],
    ] as const) {
      const range = { from: times[first] as bigint, to: times[last] as bigint };
      const cut = [...recordings.events(range)].map(({ fields }) => fields.id);
      expect(cut).toEqual(ids.slice(first, last + 1));
    }
    const beyond = { from: (times.at(-1) as bigint) + 1n };
    expect([...recordings.events(beyond)]).toEqual([]);
    expect([...recordings.events({ to: (times[0] as bigint) - 1n })]).toEqual([]);
    recordings.close();
  });

  it('of a directory are found by ending or content; broken ones are set aside', () => {
    const folder = recordingFolder();
    openRecorder({ path: join(folder, 'ring'), events: EVENTS }).record.received(1, 1);
    openRecorder({ path: join(folder, 'whole.hwrec'), events: EVENTS }).record.received(2, 2);
    openRecorder({ path: join(folder, 'cut.hwrec'), events: EVENTS });
    truncateSync(join(folder, 'cut.hwrec'), 5000);
    writeFileSync(join(folder, 'notes.txt'), 'not a recording');
    mkdirSync(join(folder, 'deeper.hwrec'));
    const { headers, events, unreadable } = readAll(folder);
    expect(headers).toHaveLength(2);
    expect(events.map(({ fields }) => fields.id)).toEqual([1, 2]);
    expect(unreadable.map(({ code, path }) => [code, path])).toEqual([
      ['truncated', join(folder, 'cut.hwrec')],
    ]);
  });

  it('must be there, and recordings', () => {
    const folder = recordingFolder();
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const code = (path: string) => {
      try {
        openRecordings([path]).close();
        return 'opened';
      } catch (error) {
        return (error as RecordingError).code;
      }
    };
    expect(code(join(folder, 'none'))).toBe('no-such-file');
    expect(code(folder)).toBe('not-a-recording');
    expect(code(pipe)).toBe('not-a-recording');
    expect(code('/dev/zero')).toBe('not-a-recording');
  });
});

describe('a scan', () => {
  it('gives columns of one event, over pieces and the end of the ring', () => {
    const folder = recordingFolder();
    const path = join(folder, 'long.hwrec');
    const { record } = openRecorder({ path, slots: 50_000, events: EVENTS });
    for (let id = 0; id < 120_001; id++) {
      if (id % 3 === 0) record.received(id, id / 8);
      else record.sent(id, id & 0xffff, `${id % 1000}`, id);
    }
    const recordings = openRecordings([path]);
    let next = 120_001 - 50_000;
    const account = recordings.scan(0, 'sent', ({ length, sequence, timeNs, fields }) => {
      for (let index = 0; index < length; index++) {
        while (next % 3 === 0) next++;
        const { id, key, to } = fields as Record<'id' | 'key' | 'to', never>;
        const seen = [sequence[index], id[index], key[index], (to as ByteColumn).at(index)];
        if (String(seen) !== String([next, next, next, next % 1000])) {
          expect(seen).toEqual([next, next, BigInt(next), `${next % 1000}`]);
        }
        if (index > 0 && (timeNs[index] as bigint) < (timeNs[index - 1] as bigint)) {
          expect(timeNs[index]).toBeGreaterThanOrEqual(timeNs[index - 1] as bigint);
        }
        next++;
      }
    });
    expect(account).toEqual({ records: 33_333, overtaken: 0, torn: 0 });
    let visits = 0;
    recordings.scan(0, 'received', () => ++visits < 1);
    expect(visits).toBe(1);
    expect(() => recordings.scan(0, 'lost', () => {})).toThrow(
      expect.objectContaining({
        code: 'no-such-event',
        message: expect.stringContaining('received'),
      }),
    );
    expect(() => recordings.scan(1, 'sent', () => {})).toThrow(RangeError);
    recordings.close();
  });

  it('and events say when the file is shortened while they go on', () => {
    const path = join(recordingFolder(), 'shortened.hwrec');
    writeFileSync(path, recordingOf(40));
    const recordings = openRecordings([path]);
    truncateSync(path, at(4));
    const shortened = expect.objectContaining({ code: 'truncated' });
    expect(() => recordings.scan(0, 'sent', () => {})).toThrow(shortened);
    expect(() => [...recordings.events()]).toThrow(shortened);
    recordings.close();
  });
});
