// A copy of a recording that is being written: whole records only, those that were there.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRecorder } from '../../../src/recorder/recorder.ts';
import { copyRecording } from '../../../src/recorder/recording-copy.ts';
import { RecordingError } from '../../../src/recorder/recording-error.ts';
import { openRecordings } from '../../../src/recorder/recordings.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'heisenwrite-copy-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const EVENTS = {
  pair: [
    ['one', 'u32'],
    ['other', 'u32'],
  ],
} as const;

const pairsIn = (path: string) => {
  const recordings = openRecordings([path]);
  const pairs = [...recordings.events()].map(({ fields }) => [fields.one, fields.other]);
  recordings.close();
  return pairs;
};

describe('a copy of a recording', () => {
  it('has what was there, and what comes later is not in it', () => {
    const path = join(directory, 'a.hwrec');
    const { record, close } = openRecorder({ path, events: EVENTS, slots: 4 });
    for (let at = 1; at <= 6; at++) record.pair(at, at);
    const copy = join(directory, 'copy.hwrec');
    copyRecording(path, copy);
    record.pair(7, 7);
    close();
    expect(pairsIn(copy)).toEqual([3, 4, 5, 6].map((at) => [at, at]));
  });

  it('has no record that was written over while it was copied', async () => {
    const path = join(directory, 'busy.hwrec');
    const code = `
      const { workerData, parentPort } = require('node:worker_threads');
      import(workerData.module).then(({ openRecorder }) => {
        const { path, events } = workerData;
        const { record } = openRecorder({ path, events, slots: 1024 });
        parentPort.postMessage('begun');
        for (let at = 1; ; at = (at + 1) & 0xffffff) record.pair(at, at);
      });`;
    const module = new URL('../../../src/recorder/recorder.ts', import.meta.url).href;
    const workerData = { path, events: EVENTS, module };
    const worker = new Worker(code, { eval: true, workerData });
    await new Promise((resolve) => worker.once('message', resolve));
    let pairs = 0;
    for (let tries = 0; tries < 50; tries++) {
      const copy = join(directory, `copy-${tries}.hwrec`);
      copyRecording(path, copy);
      for (const [one, other] of pairsIn(copy)) {
        pairs++;
        expect(other).toBe(one);
      }
    }
    await worker.terminate();
    expect(pairs).toBeGreaterThan(0);
  });

  it('is refused of what is no recording, and over what is there', () => {
    const path = join(directory, 'a.hwrec');
    openRecorder({ path, events: EVENTS, slots: 4 }).close();
    expect(() => copyRecording(path, path)).toThrow(RecordingError);
    expect(() => copyRecording(import.meta.filename, join(directory, 'b'))).toThrow(RecordingError);
  });
});
