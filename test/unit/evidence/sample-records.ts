// Trials, judgements and headers to put into evidence; the number decides all of the content.

import type { Finding } from '../../../src/domain/hunt-report.ts';
import type { Observation } from '../../../src/domain/observation.ts';
import type { HuntHeader } from '../../../src/domain/ports.ts';
import type { Judgement, TrialRecord } from '../../../src/domain/trial.ts';

export const HEADER: HuntHeader = {
  hunt: '00112233445566ff',
  seed: 'seed',
  version: '0.1.0',
  planJson: '{"name":"torn"}',
  planName: 'torn',
  planHash: 'abc',
  expectations: [{ promise: 'read-back', source: 'POSIX' }],
  places: { place: '/mnt/x' },
  directory: '/mnt/x/heisenwrite-00112233445566ff',
  replay: 'heisenwrite hunt --seed seed',
  startedAtMs: 1_700_000_000_000,
  facts: { kernel: 'Linux 6.18' },
};

const STREAM = {
  hunt: HEADER.hunt,
  file: 1,
  writer: 0,
  blockBytes: 4096,
  pattern: 'stamp',
  fileBytes: 4096,
} as const;

export function sampleObservation(seq: number, bytes: Uint8Array): Observation {
  return {
    seq,
    promise: 'read-back',
    actor: 'reader-0',
    file: 'mailbox',
    offset: 0,
    asked: 4096,
    returned: bytes.length,
    fileBytes: 4096,
    ioBytes: 4096,
    bytes,
    expected: {
      shape: 'blocks',
      stream: STREAM,
      runs: [{ firstBlock: 0, blocks: 1, generation: 1 }],
      lengthBytes: 4096,
    },
    rereads: [
      {
        how: 'same-descriptor',
        atNs: '10',
        outcome: 'read',
        bytes: bytes.slice(),
        fileBytes: 4096,
      },
      { how: 'cache-dropped', atNs: '11', outcome: 'not-possible', note: 'no' },
      { how: 'direct', atNs: '12', outcome: 'read', bytes: new Uint8Array(0), fileBytes: 0 },
    ],
    atNs: '9',
    sourceIntact: true,
  };
}

/** With `observations` observations of 4 KiB whose bytes depend on the trial. */
export function sampleTrial(trial: number, observations = 0): TrialRecord {
  return {
    trial,
    cell: { index: trial % 7, levels: { workload: 'mailbox', unit: 4096 } },
    seed: `seed/${trial}`,
    startedAtMs: 1_700_000_000_000 + trial,
    durationMs: 12.5,
    outcome: {
      opportunities: { reads: trial, writes: 2, bytesRead: 3, bytesWritten: 4 },
      tallies: [{ promise: 'read-back', tries: trial, broken: observations }],
      observations: Array.from({ length: observations }, (_, seq) =>
        sampleObservation(seq, sampleBytes(trial * 31 + seq)),
      ),
      failures: [],
    },
  };
}

function sampleBytes(start: number): Uint8Array {
  return Uint8Array.from({ length: 4096 }, (_, at) => (start + at * 13 + (at >> 6)) & 255);
}

export const CLEAN: Judgement = { verdict: 'clean', damage: [], described: [] };

export function sampleFinding(number: number): Finding {
  const id = `finding-${String(number).padStart(3, '0')}`;
  return {
    id,
    trial: number,
    levels: { workload: 'mailbox', unit: 4096 },
    expected: true,
    promise: 'read-back',
    kinds: ['flipped'],
    damage: [{ kind: 'flipped', offset: 8, length: 1, because: 'one bit differs' }],
    layer: 'persisted',
    layerBecause: 'all re-reads agree',
    rereads: [{ how: 'same-descriptor', atNs: '10', outcome: 'read', sameAsFirst: true }],
    evidence: id,
    replay: 'heisenwrite hunt --seed seed --trial 1',
    seed: `seed/${number}`,
    atMs: 1_700_000_000_000,
    hex: [],
  };
}
