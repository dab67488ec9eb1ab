// What actors did before something wrong was read: from the copies that were made then, of the
// actors that recorded, with what provoked; and nothing of it is left behind.

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { monotonicNs, wallMs } from '../../../src/base/clock.ts';
import { HuntRecordings } from '../../../src/cli/hunt-recordings.ts';
import type { Receipt } from '../../../src/domain/receipt.ts';
import type { TrialRecord } from '../../../src/domain/trial.ts';
import { type ActorRecorder, openActorRecorder } from '../../../src/trial/actor-recorder.ts';
import { sampleObservation, sampleTrial } from '../evidence/sample-records.ts';

let recordings: HuntRecordings;
let writer: ActorRecorder;
let reader: ActorRecorder;
beforeEach(() => {
  recordings = new HuntRecordings('0123456789abcdef');
  const directory = recordings.directory as string;
  writer = openActorRecorder(directory, 'writer-0') as ActorRecorder;
  reader = openActorRecorder(directory, 'reader-0') as ActorRecorder;
});
afterEach(() => recordings.remove());

const seenNow = () => ({ ...sampleObservation(0, new Uint8Array(8)), atNs: String(monotonicNs()) });

const trialOf = (receipts: readonly Receipt[] = [], durationMs = 60_000): TrialRecord => {
  const record = sampleTrial(1);
  return { ...record, durationMs, outcome: { ...record.outcome, receipts } };
};

describe('the recordings of a hunt', () => {
  it('tell the last calls of each actor, until it was seen', () => {
    for (let at = 0; at < 100; at++) writer.ended('write', '/a/data', at * 8, 8, 0.001, null);
    writer.ended('fsync', '/a/data', 0, 0, 2, 'EIO');
    reader.ended('read', '/a/data', 792, 8, 0.002, null);
    const observation = seenNow();
    const windowNs = String(BigInt(observation.atNs) - 1000n);
    const receipt = { provocation: 'signal', what: 'SIGHUP', atNs: windowNs, atMs: 0 };
    reader.wrongSeen();
    for (let at = 0; at < 10_000; at++) writer.ended('write', '/a/later', 0, 8, 0.001, null);
    const told = recordings.lastCalls(observation, trialOf([receipt, { ...receipt, atNs: '1' }]));
    const of = (actor: string) => told?.calls.filter((call) => call.actor === actor) ?? [];
    expect(of('writer-0')).toHaveLength(24);
    expect(of('writer-0').map(({ file }) => file)).not.toContain('later');
    expect(of('reader-0')).toMatchObject([{ call: 'read', file: 'data', offset: 792, bytes: 8 }]);
    const failed = told?.calls.filter(({ errno }) => errno !== undefined);
    expect(failed).toMatchObject([{ call: 'fsync', errno: 'EIO', actor: 'writer-0' }]);
    for (const { fromUs, toUs } of told?.calls ?? []) {
      expect(fromUs).toBeLessThanOrEqual(0);
      expect(toUs).toBeGreaterThan(fromUs);
    }
    expect(told?.windows).toEqual([
      { provocation: 'signal', what: 'SIGHUP', fromUs: -1, toUs: -1 },
    ]);
    expect([...recordings.files(observation).keys()].sort()).toEqual([
      expect.stringMatching(/^reader-0-.*\.hwrec$/),
      expect.stringMatching(/^writer-0-.*\.hwrec$/),
    ]);
  });

  it('tell a write that was still under way, and one that was over once', () => {
    writer.writeBegins('/a/data', 0, 8);
    writer.ended('write', '/a/data', 0, 8, 0.001, null);
    writer.writeBegins('/a/data', 8, 8);
    writer.ended('write', '/a/data', 8, 0, 0.001, 'EIO');
    writer.writeBegins('/a/data', 16, 8);
    const observation = seenNow();
    reader.wrongSeen();
    writer.ended('write', '/a/data', 16, 8, 0.001, null);
    const told = recordings.lastCalls(observation, trialOf());
    expect(told?.calls).toMatchObject([
      { call: 'write', offset: 0 },
      { call: 'write', errno: 'EIO' },
      { call: 'write', offset: 16, bytes: 8, file: 'data', underWay: true, toUs: 0 },
    ]);
    expect(told?.calls.filter((call) => 'underWay' in call)).toHaveLength(1);
    // The role that is over takes with it what it had begun.
    writer.writeBegins('/a/data', 24, 8);
    writer.role('mailbox-write');
    const later = seenNow();
    reader.wrongSeen();
    const calls = recordings.lastCalls(later, trialOf())?.calls ?? [];
    expect(calls.map(({ offset, errno }) => errno ?? offset)).toEqual([0, 'EIO', 16]);
    expect(calls.filter((call) => 'underWay' in call)).toEqual([]);
  });

  it('are those of the moment where several were kept', () => {
    writer.ended('write', '/a/first', 0, 8, 0.001, null);
    const first = seenNow();
    reader.wrongSeen();
    writer.ended('write', '/a/second', 0, 8, 0.001, null);
    const second = seenNow();
    reader.wrongSeen();
    const filesOf = (observation: typeof first) =>
      recordings.lastCalls(observation, trialOf())?.calls.map(({ file }) => file);
    expect(filesOf(first)).toEqual(['first']);
    expect(filesOf(second)).toEqual(['first', 'second']);
    recordings.forget();
    const names = readdirSync(recordings.directory as string);
    expect(names.every((name) => name.endsWith('.hwrec'))).toBe(true);
  });

  it('tell nothing of an earlier trial, and of all roles of this one', async () => {
    writer.role('mailbox-write');
    writer.ended('write', '/a/earlier', 0, 8, 0.001, null);
    reader.role('mailbox-read');
    reader.ended('read', '/a/earlier', 0, 8, 0.001, null);
    await sleep(30);
    reader.role('mailbox-read');
    reader.ended('read', '/a/now', 0, 8, 0.001, null);
    const told = recordings.lastCalls(seenNow(), trialOf([], 20));
    expect(told?.calls.map(({ actor, file }) => [actor, file])).toEqual([['reader-0', 'now']]);
    // A trial that took long because of what came after it was seen: its beginning counts.
    await sleep(30);
    const startedAtMs = wallMs();
    await sleep(5);
    writer.role('roundtrip-write');
    writer.ended('close', '/a/written', 0, 0, 0.001, 'EROFS');
    writer.role('roundtrip-check');
    for (let at = 0; at < 100; at++) writer.ended('read', '/a/read', at * 8, 8, 0.001, null);
    const later = recordings.lastCalls(seenNow(), { ...trialOf(), startedAtMs });
    expect(later?.calls.map(({ call }) => call)).toEqual(['close', ...Array(24).fill('read')]);
  });

  it('state how wrong the time of an actor on another host may be', () => {
    reader.clock({ offsetNs: 0n, uncertaintyNs: 250_000n });
    writer.ended('write', '/a/data', 0, 8, 0.001, null);
    expect(recordings.lastCalls(seenNow(), trialOf())?.clocks).toBeUndefined();
    reader.ended('read', '/a/data', 0, 8, 0.001, null);
    const told = recordings.lastCalls(seenNow(), trialOf());
    expect(told?.clocks).toEqual([{ actor: 'reader-0', uncertaintyUs: 250 }]);
  });

  it('say nothing where nothing was recorded, or what is there is no recording', () => {
    expect(recordings.lastCalls(seenNow(), trialOf())).toBeNull();
    writeFileSync(join(recordings.directory as string, 'x.hwrec'), 'nothing');
    writer.ended('write', '/a/data', 0, 8, 0.001, null);
    expect(recordings.lastCalls(seenNow(), trialOf())?.calls).toHaveLength(1);
  });

  it('are gone with the hunt, and those of a hunt that was killed with the next one', () => {
    const directory = recordings.directory as string;
    const name = basename(directory).replace(`-${process.pid}-`, '-999999999-');
    const left = join(dirname(directory), name);
    writeFileSync(left, '');
    new HuntRecordings('00').remove();
    expect(existsSync(left)).toBe(false);
    recordings.remove();
    expect(existsSync(directory)).toBe(false);
  });
});
