// A recording may come from anywhere: cut, damaged, of another program. Whatever the bytes, reading
// must end, with records or with an error that says what is wrong.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openRecordings, RecordingError } from '../../../src/recorder/index.ts';
import { recordingFolder, recordingOf } from '../../fixtures/recorder/recording-folder.ts';

describe('whatever bytes are read', () => {
  // Files of their own kinds, so that most mutations get past the first check.
  const whole = [recordingOf.bind(null, 7), recordingOf.bind(null, 40)];
  const mutation = fc.oneof(
    { weight: 6, arbitrary: fc.record({ at: fc.nat(5300), byte: fc.nat(255) }) },
    { weight: 2, arbitrary: fc.record({ at: fc.nat(700), byte: fc.nat(255) }) },
    fc.record({ cut: fc.nat(5300) }),
    fc.record({ more: fc.uint8Array({ maxLength: 200 }) }),
  );

  it('reading ends, with an error that says what is wrong or with records that fit', () => {
    const sources = whole.map((make) => make());
    const path = join(recordingFolder(), 'fuzzed.hwrec');
    const source = fc.constantFrom(...sources);
    fc.assert(
      fc.property(source, fc.array(mutation, { maxLength: 8 }), (original, mutations) => {
        writeFileSync(path, mutations.reduce(mutated, Buffer.from(original)));
        readEverything(path);
      }),
      { numRuns: 1500 },
    );
  });

  it('reading random bytes ends as well', () => {
    const path = join(recordingFolder(), 'random.hwrec');
    const start = fc.constantFrom('', 'HWRECORD', 'HWRECORD\x01\0\0\0\0\x10\0\0\x20\0\0\0');
    const rest = fc.uint8Array({ maxLength: 9000, size: 'max' });
    fc.assert(
      fc.property(start, rest, (text, bytes) => {
        writeFileSync(path, Buffer.concat([Buffer.from(text, 'latin1'), bytes]));
        readEverything(path);
      }),
      { numRuns: 500 },
    );
  });
});

type Mutation = { at: number; byte: number } | { cut: number } | { more: Uint8Array };

function mutated(bytes: Buffer, mutation: Mutation): Buffer {
  if ('cut' in mutation) return bytes.subarray(0, mutation.cut);
  if ('more' in mutation) return Buffer.concat([bytes, mutation.more]);
  if (mutation.at < bytes.length) bytes.writeUInt8(mutation.byte, mutation.at);
  return bytes;
}

/** Through both doors: throws nothing but RecordingError, and gives no more than has room. */
function readEverything(path: string): void {
  let recordings: ReturnType<typeof openRecordings>;
  try {
    recordings = openRecordings([path]);
  } catch (error) {
    expect(error).toBeInstanceOf(RecordingError);
    return;
  }
  try {
    const [header] = recordings.headers;
    let events = 0;
    for (const { sequence } of recordings.events()) {
      expect(sequence).toBeLessThan(header?.counts.written ?? 0);
      events++;
    }
    expect(events).toBeLessThanOrEqual(header?.slots ?? 0);
    let scanned = 0;
    for (const { name } of header?.events ?? []) {
      scanned += recordings.scan(0, name, ({ length }) =>
        expect(length).toBeGreaterThan(0),
      ).records;
    }
    expect(scanned).toBe(events);
    for (const _ of recordings.events({ from: 1n, to: 2n ** 63n })) events--;
    expect(events).toBeGreaterThanOrEqual(0);
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
  } finally {
    recordings.close();
  }
}
