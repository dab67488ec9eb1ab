// `early`: a copy that a rule took before its writer was done, the clean one, and all that looks
// nearly so: a rule that was late, a file that is not whole now either.

import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/diagnose/diagnose.ts';
import type { PickedUp } from '../../src/domain/delivery.ts';
import type { Observation, StampStream } from '../../src/domain/observation.ts';
import { createStampKernel } from '../../src/stamp/kernel.ts';

const STREAM: StampStream = {
  hunt: '00000000000000aa',
  file: 3,
  writer: 0,
  blockBytes: 4096,
  pattern: 'stamp',
  fileBytes: 0,
};
const BYTES = 32_768;
const EARLY: PickedUp = {
  rule: 'size-stable',
  readyNs: '1000000',
  doneNs: '8500000',
  isWholeNow: true,
};

function whole(): Uint8Array {
  const kernel = createStampKernel(BYTES);
  kernel.use(STREAM);
  kernel.encode(0, 0, BYTES / 4096, 1, 0n);
  return kernel.memory.slice(0, BYTES);
}

function copied(bytes: Uint8Array, pickedUp: PickedUp): Observation {
  return {
    seq: 0,
    promise: 'ready-whole',
    actor: 'reader-0',
    file: 'store-1/data',
    offset: 0,
    asked: BYTES,
    returned: bytes.length,
    fileBytes: bytes.length,
    ioBytes: 4096,
    bytes,
    expected: {
      shape: 'blocks',
      stream: STREAM,
      runs: [{ firstBlock: 0, blocks: BYTES / 4096, generation: 1 }],
      lengthBytes: BYTES,
    },
    rereads: [],
    atNs: '9000000',
    sourceIntact: true,
    pickedUp,
  };
}

const kindsOf = (observation: Observation) =>
  diagnose(observation).damage.map(({ kind, offset, length }) => ({ kind, offset, length }));

describe('planted', () => {
  it('a part that was not there yet', () => {
    const observation = copied(whole().fill(0, 8192, 16_384), EARLY);
    expect(kindsOf(observation)).toEqual([
      { kind: 'early', offset: 8192, length: 8192 },
      { kind: 'zeroed', offset: 8192, length: 8192 },
    ]);
    const { damage, layer, layerBecause } = diagnose(observation);
    expect(damage[0]?.because).toContain('size-stable said ready 7.5 ms before');
    expect([layer, layerBecause]).toEqual(['in-flight', expect.stringContaining('being written')]);
  });

  it('the end that was not there yet', () => {
    expect(kindsOf(copied(whole().subarray(0, 20_480), EARLY))).toEqual([
      { kind: 'early', offset: 20_480, length: 12_288 },
      { kind: 'missing', offset: 20_480, length: 12_288 },
    ]);
  });

  it('nothing of it', () => {
    expect(kindsOf(copied(new Uint8Array(0), EARLY))[0]?.kind).toBe('early');
  });
});

describe('clean', () => {
  it('what is whole is not early, however early the rule was', () => {
    expect(kindsOf(copied(whole(), EARLY))).toEqual([]);
  });
});

describe('near-miss', () => {
  const damaged = () => whole().fill(0, 8192, 16_384);

  it('the rule waited until the writer was done: the copy went wrong by itself', () => {
    const late = { ...EARLY, readyNs: '8500000' };
    expect(kindsOf(copied(damaged(), late)).map(({ kind }) => kind)).toEqual(['zeroed']);
    expect(diagnose(copied(damaged(), late)).layer).toBe('undetermined');
  });

  it('the file is not whole now either: it was lost, and not taken too early', () => {
    const lost = { ...EARLY, isWholeNow: false };
    expect(kindsOf(copied(damaged(), lost)).map(({ kind }) => kind)).toEqual(['zeroed']);
  });
});
