// What is recorded is read back as it was, and the header says what is no longer there.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { monotonicNs, wallMs } from '../../../src/base/clock.ts';
import { type FieldType, openRecorder, openRecordings } from '../../../src/recorder/index.ts';
import { FIELD_VALUES } from '../../fixtures/recorder/field-values.ts';
import { readAll, recordingFolder } from '../../fixtures/recorder/recording-folder.ts';

const STEP = { step: [['number', 'u32']] } as const;

describe('a recorder', () => {
  it('keeps the values of every type as they were', () => {
    const folder = recordingFolder();
    const types = Object.keys(FIELD_VALUES) as (keyof typeof FIELD_VALUES)[];
    let run = 0;
    const anyFields = fc
      .array(fc.constantFrom(...types), { maxLength: 12 })
      .chain((chosen) =>
        fc.tuple(...chosen.map((type) => FIELD_VALUES[type].map((value) => ({ type, ...value })))),
      );
    fc.assert(
      fc.property(anyFields, fc.boolean(), (fields, before) => {
        const path = join(folder, `${run++}.hwrec`);
        const declared = fields.map(({ type }, index) => [`f${index}`, type as FieldType] as const);
        const events = before ? { other: [], it: declared } : { it: declared, other: [] };
        const recorder = openRecorder({ path, slots: 3, events });
        const record = recorder.record.it as (...values: unknown[]) => void;
        record(...fields.map(({ given }) => given));
        recorder.record.other();
        const read = readAll(path).events;
        expect(read.map(({ event }) => event)).toEqual(['it', 'other']);
        expect(read[0]?.fields).toEqual(
          Object.fromEntries(fields.map(({ expected }, index) => [`f${index}`, expected])),
        );
        const columns: unknown[] = [];
        openRecordings([path]).scan(0, 'it', (batch) => {
          for (const column of Object.values(batch.fields)) {
            columns.push('at' in column && 'width' in column ? column.at(0) : column[0]);
          }
        });
        expect(columns).toEqual(fields.map(({ expected }) => expected));
        recorder.close();
      }),
      { numRuns: 200 },
    );
  });

  it('overwrites the oldest, and counts what it overwrote', () => {
    const path = join(recordingFolder(), 'ring.hwrec');
    const { record } = openRecorder({ path, slots: 10, events: STEP });
    for (let number = 0; number < 1005; number++) record.step(number);
    const { headers, events } = readAll(path);
    const counts = { written: 1005, overwritten: 995, dropped: 0, torn: 0 };
    expect(headers[0]).toMatchObject({ counts, closed: false, slots: 10 });
    const kept = Array.from({ length: 10 }, (_, index) => 995 + index);
    expect(events.map(({ sequence }) => sequence)).toEqual(kept);
    expect(events.map(({ fields }) => fields.number)).toEqual(kept);
  });

  it('stops when it is full where that is wanted, and counts what it refused', () => {
    const path = join(recordingFolder(), 'full.hwrec');
    const { record, close } = openRecorder({ path, slots: 10, whenFull: 'stop', events: STEP });
    for (let number = 0; number < 25; number++) record.step(number);
    close();
    record.step(99);
    const { headers, events } = readAll(path);
    const counts = { written: 10, overwritten: 0, dropped: 15, torn: 0 };
    expect(headers[0]).toMatchObject({ counts, closed: true, whenFull: 'stop' });
    expect(events.map(({ fields }) => fields.number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('pauses and goes on where it was', () => {
    const path = join(recordingFolder(), 'paused.hwrec');
    const { record, pause, resume } = openRecorder({ path, slots: 4, events: STEP });
    record.step(0);
    pause();
    pause();
    record.step(1);
    expect(readAll(path).headers[0]?.pause).toEqual({ untilNs: null });
    const before = monotonicNs();
    resume();
    const { untilNs } = readAll(path).headers[0]?.pause ?? {};
    expect(untilNs).toBeGreaterThanOrEqual(before);
    expect(untilNs).toBeLessThanOrEqual(monotonicNs());
    resume();
    expect(readAll(path).headers[0]?.pause).toEqual({ untilNs });
    for (const number of [2, 3, 4, 5]) record.step(number);
    expect(readAll(path).events.map(({ fields }) => fields.number)).toEqual([2, 3, 4, 5]);
  });

  it('makes no file and does nothing where it is off', () => {
    const folder = recordingFolder();
    const off = openRecorder({ path: join(folder, 'off.hwrec'), enabled: false, events: STEP });
    for (const call of [off.tick, off.pause, off.resume, off.close]) call();
    off.record.step(1);
    expect(off.path).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says who wrote, when, and how the clock was read', () => {
    const path = join(recordingFolder(), 'named.hwrec');
    const before = wallMs();
    openRecorder({ path, name: 'sender', events: { sent: [['length', 'u16', 'bytes']] } });
    const [header] = readAll(path).headers;
    expect(header).toMatchObject({
      ...{ writer: `sender ${process.pid}`, name: 'sender', process: process.pid, thread: 0 },
      clock: { mode: 'each', resolutionNs: 0n, offsetNs: 0n, offsetUncertaintyNs: null },
      events: [
        { name: 'sent', fields: [{ name: 'length', type: 'u16', unit: 'bytes', offset: 16 }] },
      ],
    });
    expect(header?.startedMs).toBeGreaterThanOrEqual(before);
    expect(header?.startedMs).toBeLessThanOrEqual(wallMs());
  });
});

describe('time', () => {
  it('is that of the event, in order, by the monotonic clock', () => {
    const path = join(recordingFolder(), 'each.hwrec');
    const { record } = openRecorder({ path, events: STEP });
    const before = monotonicNs();
    record.step(0);
    const between = monotonicNs();
    record.step(1);
    const [first, second] = readAll(path).events.map(({ timeNs }) => timeNs);
    expect(first).toBeGreaterThanOrEqual(before);
    expect(first).toBeLessThanOrEqual(between);
    expect(second).toBeGreaterThanOrEqual(between);
    expect(second).toBeLessThanOrEqual(monotonicNs());
  });

  it('is that of the last tick in mode tick, and the header says how long one stood', async () => {
    const path = join(recordingFolder(), 'tick.hwrec');
    const { record, tick, close } = openRecorder({ path, clock: { everyEvents: 4 }, events: STEP });
    const truth: { before: bigint; after: bigint }[] = [];
    const step = (number: number) => {
      const before = monotonicNs();
      record.step(number);
      truth.push({ before, after: monotonicNs() });
    };
    // A timer of 20 ms may end a little before: what was waited is what must be stated.
    let waitedNs = 0n;
    for (let number = 0; number < 18; number++) {
      step(number);
      if (number !== 9) continue;
      const since = monotonicNs();
      await new Promise((resolve) => setTimeout(resolve, 20));
      waitedNs = monotonicNs() - since;
    }
    tick();
    step(18);
    close();
    const { headers, events } = readAll(path);
    expect(new Set(events.map(({ timeNs }) => timeNs)).size).toBe(6);
    const { mode, everyEvents, resolutionNs } = headers[0]?.clock ?? {};
    expect({ mode, everyEvents }).toEqual({ mode: 'tick', everyEvents: 4 });
    expect(waitedNs).toBeGreaterThan(15_000_000n);
    expect(resolutionNs).toBeGreaterThanOrEqual(waitedNs);
    // What the resolution promises: no event is later than its time by more.
    events.forEach(({ timeNs }, index) => {
      const { before, after } = truth[index] as { before: bigint; after: bigint };
      expect(timeNs).toBeLessThanOrEqual(after);
      expect(before - timeNs).toBeLessThanOrEqual(resolutionNs as bigint);
    });
  });

  it('does not call a tick coarse that no event carried', async () => {
    const path = join(recordingFolder(), 'idle.hwrec');
    const carried: bigint[] = [];
    let since = monotonicNs();
    const { record, tick, close } = openRecorder({ path, clock: {}, events: STEP });
    record.step(0);
    tick();
    carried.push(monotonicNs() - since);
    await new Promise((resolve) => setTimeout(resolve, 60));
    since = monotonicNs();
    tick();
    record.step(1);
    close();
    carried.push(monotonicNs() - since);
    const longestNs = Math.max(...carried.map(Number));
    const stated = Number(readAll(path).headers[0]?.clock.resolutionNs);
    expect(stated).toBeLessThanOrEqual(longestNs);
  });

  it('is renewed by a timer where that is wanted', async () => {
    const path = join(recordingFolder(), 'timer.hwrec');
    const clock = { everyEvents: 1_000, everyMs: 5 };
    const { record, close } = openRecorder({ path, clock, events: STEP });
    record.step(0);
    await new Promise((resolve) => setTimeout(resolve, 60));
    record.step(1);
    close();
    const [first, second] = readAll(path).events.map(({ timeNs }) => timeNs);
    expect(second).toBeGreaterThan(first as bigint);
  });

  it('is moved by the offset that was estimated, and the header says so', () => {
    const folder = recordingFolder();
    const paths = ['behind', 'right'].map((name) => join(folder, `${name}.hwrec`));
    const [behind, right] = paths.map((path) => openRecorder({ path, events: STEP }));
    behind?.record.step(0);
    right?.record.step(1);
    expect(readAll(folder).events.map(({ fields }) => fields.number)).toEqual([0, 1]);
    behind?.setClockOffset({ offsetNs: 3_600_000_000_000n, uncertaintyNs: 250n });
    const moved = readAll(folder);
    expect(moved.events.map(({ fields }) => fields.number)).toEqual([1, 0]);
    expect(moved.headers[0]?.clock).toMatchObject({
      ...{ offsetNs: 3_600_000_000_000n, offsetUncertaintyNs: 250n },
    });
    behind?.setClockOffset({ offsetNs: -1n, uncertaintyNs: 1n });
    expect(readAll(folder).headers[0]?.clock.offsetNs).toBe(-1n);
  });
});

describe('what cannot be recorded', () => {
  const refused = (options: object) => {
    const path = join(recordingFolder(), 'refused.hwrec');
    const open = () => openRecorder({ path, events: STEP, ...options } as never);
    expect(open).toThrow();
    expect(existsSync(path)).toBe(false);
    try {
      open();
    } catch (error) {
      return error as { code: string; message: string };
    }
    throw new Error('opened');
  };

  it.each([
    [{ events: {} }, 'invalid-schema', /no event/],
    [{ events: { 'a b': [] } }, 'invalid-schema', /"a b"/],
    [{ events: { a: [['x', 'u31']] } }, 'invalid-schema', /a\.x has the unknown type "u31"/],
    [{ events: { a: [['x', 'text[0]']] } }, 'invalid-schema', /text\[0\]/],
    [
      {
        events: {
          a: [
            ['x', 'u8'],
            ['x', 'u8'],
          ],
        },
      },
      'invalid-schema',
      /"x" is declared twice/,
    ],
    [{ events: { a: [['x', 'bytes[4081]']] } }, 'invalid-schema', /does not fit/],
    [{ slots: 0 }, 'invalid-option', /slots: 0/],
    [{ slots: 2 ** 30, events: { a: [['x', 'text[4000]']] } }, 'invalid-option', /too many/],
    [{ clock: { everyEvents: 0 } }, 'invalid-option', /everyEvents/],
    [{ path: '/proc/none/x.hwrec' }, 'not-writable', /ENOENT/],
  ])('%j: %s', (options, code, words) => {
    const error = refused(options);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
  });

  it('overwrites no file', () => {
    const path = join(recordingFolder(), 'there.hwrec');
    openRecorder({ path, events: STEP }).record.step(7);
    expect(() => openRecorder({ path, events: STEP })).toThrow(
      expect.objectContaining({ code: 'file-exists', path }),
    );
    expect(readAll(path).events).toHaveLength(1);
  });
});
