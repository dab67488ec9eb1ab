// What was found in a stamped file, as it is answered: the same whether it was a file, a part of
// one, or a stream.

import type { StampedIdentity } from '../stamp/stamped-identity.ts';
import type { DamageList } from './damage-list.ts';
import type { BlockRange, CheckedScope, FileDiagnosis } from './file-diagnosis.ts';
import { intactIn, movedIn } from './intact-ranges.ts';
import { partGridOf } from './part-grid.ts';
import { signatureOf } from './signature.ts';

export interface StampedFindings {
  readonly identity: StampedIdentity;
  readonly list: DamageList;
  readonly blocks: readonly BlockRange[];
}

export function stampedAnswer(
  file: string,
  { identity, list, blocks }: StampedFindings,
  blocksDamaged: number,
  scope: CheckedScope,
): FileDiagnosis {
  const { stream, generation } = identity;
  const { hunt, blockBytes, pattern } = stream;
  const meantBytes = stream.fileBytes === 0 ? null : stream.fileBytes;
  const damage = list.all();
  const complete = list.notListed === 0 && !list.isOverfull;
  const intact = complete ? intactIn(damage, scope.from, endOf(scope, meantBytes)) : null;
  return {
    schema: 'heisenwrite.verify/1',
    verdict: damage.length + blocksDamaged === 0 ? 'clean' : 'damaged',
    file,
    bytes: scope.to - scope.from,
    meantBytes,
    damage,
    damageNotListed: list.notListed,
    givenUp: list.isOverfull,
    signature: signatureOf([{ damage, ioBytes: 0, layer: 'undetermined' }]),
    stamp: { hunt, file: stream.file, blockBytes, pattern, generation },
    blocks,
    blocksDamaged,
    scope,
    intact,
    moved: movedIn(damage, stream.file, intact?.ranges ?? []),
    parts: complete ? partGridOf(damage, meantBytes, blockBytes, edgesOf(scope)) : null,
  };
}

function edgesOf({ from, to, askedTo = to }: CheckedScope): number[] {
  return [from, to, askedTo];
}

/** Bytes beyond the meant end are extra: nothing of them can be intact. */
function endOf({ to }: CheckedScope, meantBytes: number | null): number {
  return meantBytes === null ? to : Math.min(to, meantBytes);
}
