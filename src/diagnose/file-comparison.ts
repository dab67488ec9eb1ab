// `diagnose BAD GOOD`: the two files are read side by side as far as they are equal; from the first
// difference on BAD is walked, and places are found by content (good-origins.ts).

import { readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { attempt } from '../stamp/file-failure.ts';
import { POISON_WORD } from '../stamp/layout.ts';
import { firstDifference } from './comparison.ts';
import {
  type FileDiagnosis,
  type FileDiagnosisOptions,
  RANGES_MAX_DEFAULT,
} from './file-diagnosis.ts';
import { walkBad } from './file-walk.ts';
import type { OpenedFile } from './good-file.ts';
import { observedInFile } from './observed-bytes.ts';
import { signatureOf } from './signature.ts';

/** How much is compared or walked before others (signals, progress) get a turn. */
const TURN_BYTES = 64 * 2 ** 20;
const STEP_BYTES = 2 ** 20;
const POISON_STRIDE_BYTES = 4096;

/** @throws HeisenwriteError read-failed */
export async function compareFiles(
  bad: OpenedFile,
  good: OpenedFile,
  options: FileDiagnosisOptions,
): Promise<FileDiagnosis> {
  const { onProgress } = options;
  const from = await equalUntil(bad, good, onProgress);
  const same = from === bad.length && from === good.length;
  const { damage, notListed, givenUp } = same
    ? { damage: [], notListed: 0, givenUp: false }
    : await walk(bad, good, from, options);
  if (!same && damage.length === 0) {
    const because = 'wrong when it was read first, and right when it was read again';
    damage.push({ kind: 'unexplained', offset: from, length: 1, because });
  }
  onProgress?.(bad.length, bad.length);
  return {
    schema: 'heisenwrite.diagnose/1',
    verdict: same ? 'clean' : 'damaged',
    file: bad.path,
    bytes: bad.length,
    meantBytes: good.length,
    damage,
    damageNotListed: notListed,
    givenUp,
    signature: signatureOf([{ damage, ioBytes: 0, layer: 'undetermined' }]),
  };
}

/** Offset of the first difference, or the end of the shorter file. */
async function equalUntil(
  bad: OpenedFile,
  good: OpenedFile,
  onProgress: FileDiagnosisOptions['onProgress'],
): Promise<number> {
  const seen = Buffer.alloc(STEP_BYTES);
  const wanted = Buffer.alloc(STEP_BYTES);
  const end = Math.min(bad.length, good.length);
  for (let at = 0; at < end; at += STEP_BYTES) {
    const length = Math.min(STEP_BYTES, end - at);
    // A read that returns success and fills nothing must not find what the one before left.
    for (let word = 0; word < length; word += POISON_STRIDE_BYTES) {
      seen.writeBigUInt64LE(POISON_WORD, word);
      wanted.writeBigUInt64LE(~POISON_WORD & 0xffff_ffff_ffff_ffffn, word);
    }
    readFully(bad, seen, length, at);
    readFully(good, wanted, length, at);
    const [one, other] = [seen.subarray(0, length), wanted.subarray(0, length)];
    if (Buffer.compare(one, other) !== 0) return at + firstDifference(one, other);
    if (at % TURN_BYTES !== 0) continue;
    onProgress?.(at, bad.length);
    await nextTurn();
  }
  return end;
}

/** Stops where the file has become shorter since: what is missing stays poisoned. */
function readFully({ path, descriptor }: OpenedFile, into: Buffer, length: number, at: number) {
  attempt('read', path, () => {
    let done = 0;
    while (done < length) {
      const got = readSync(descriptor, into, done, length - done, at + done);
      if (got === 0) return;
      done += got;
    }
  });
}

async function walk(
  bad: OpenedFile,
  good: OpenedFile,
  from: number,
  { onProgress, rangesMax = RANGES_MAX_DEFAULT }: FileDiagnosisOptions,
) {
  const observed = observedInFile(bad.descriptor, 0, bad.length);
  const steps = walkBad(observed, good, from, rangesMax);
  let turn = from + TURN_BYTES;
  for (;;) {
    const step = attempt('read', bad.path, () => steps.next());
    if (step.done) return step.value;
    if (step.value < turn) continue;
    turn = step.value + TURN_BYTES;
    onProgress?.(step.value, bad.length);
    await nextTurn();
  }
}
