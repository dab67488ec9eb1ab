// Records of an append trial that are lost, doubled, mixed or out of order in the real file before
// the real check looks at it: what is counted, and what the diagnosis says of it.

import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../src/diagnose/diagnose.ts';
import type { Damage } from '../../src/domain/damage.ts';
import type { Observation } from '../../src/domain/observation.ts';
import type { TrialOutcome } from '../../src/domain/trial.ts';
import { append } from '../../src/workload/append.ts';
import type { AppendAssignment } from '../../src/workload/append-roles.ts';
import { InProcessActors } from '../fixtures/actors/in-process-actors.ts';
import { inDirectory, settingFor } from '../fixtures/actors/trial-setting.ts';

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

describe('appended records, planted', () => {
  const RECORD = 512;
  const LEVELS = { writers: 3, records: 20, record: RECORD };

  /** Three writers, one after another: record r of writer w is the (20 w + r)th. */
  async function journal(plant: (bytes: Uint8Array) => Uint8Array): Promise<TrialOutcome> {
    return inDirectory((directory) => {
      const actors = new InProcessActors(({ role, assignment }) => {
        if (role !== 'append-check') return;
        const { path } = assignment as AppendAssignment;
        writeFileSync(path, plant(new Uint8Array(readFileSync(path))));
      });
      return append.run(settingFor(append, LEVELS, { directory, actors }));
    });
  }

  function damageOf({ observations }: TrialOutcome): Damage[] {
    expect(observations.length).toBe(1);
    return [...diagnose(observations[0] as Observation).damage];
  }

  test('nothing planted, nothing said', async () => {
    const outcome = await journal((bytes) => bytes);
    expect(outcome.observations).toEqual([]);
    expect(outcome.tallies).toEqual([{ promise: 'append-atomic', tries: 60, broken: 0 }]);
  });

  test('a lost record', async () => {
    const outcome = await journal((bytes) =>
      joined(bytes.subarray(0, 27 * RECORD), bytes.subarray(28 * RECORD)),
    );
    expect(outcome.tallies[0]?.broken).toBeGreaterThan(0);
    const damage = damageOf(outcome);
    expect(damage.map(({ kind, length }) => [kind, length])).toEqual([['missing', RECORD]]);
  });

  test('the last record lost', async () => {
    const outcome = await journal((bytes) => bytes.subarray(0, 59 * RECORD));
    expect(outcome.tallies[0]?.broken).toBe(1);
    expect(damageOf(outcome)).toMatchObject([{ kind: 'missing', length: RECORD }]);
  });

  test('a doubled record', async () => {
    const outcome = await journal((bytes) =>
      joined(bytes, bytes.subarray(27 * RECORD, 28 * RECORD)),
    );
    expect(damageOf(outcome)).toMatchObject([
      { kind: 'duplicated', offset: 60 * RECORD, length: RECORD },
    ]);
  });

  test('two records mixed', async () => {
    const outcome = await journal((bytes) => {
      const [a, b] = [5 * RECORD + 200, 25 * RECORD + 200];
      const [one, other] = [bytes.slice(a, a + 312), bytes.slice(b, b + 312)];
      bytes.set(other, a);
      bytes.set(one, b);
      return bytes;
    });
    expect(outcome.tallies[0]?.broken).toBeGreaterThan(1);
    const damage = damageOf(outcome);
    expect(new Set(damage.map(({ kind }) => kind))).toEqual(new Set(['torn']));
    expect(damage.some(({ offset }) => Math.floor(offset / RECORD) === 5)).toBe(true);
    expect(damage.some(({ offset }) => Math.floor(offset / RECORD) === 25)).toBe(true);
  });

  test('two records of one writer in the wrong order', async () => {
    const outcome = await journal((bytes) => {
      const [one, other] = [bytes.slice(RECORD, 2 * RECORD), bytes.slice(0, RECORD)];
      bytes.set(one, 0);
      bytes.set(other, RECORD);
      return bytes;
    });
    expect(new Set(damageOf(outcome).map(({ kind }) => kind))).toEqual(new Set(['reordered']));
  });
});
