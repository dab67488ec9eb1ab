// Which bytes of a file are checked where not all of them are: those of a range that are there.
// What the stamps say was to follow is missing; what was never stamped is only beyond the end.

import { formatCount } from '../base/quantities.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { StampedIdentity } from '../stamp/stamped-identity.ts';
import { DamageList } from './damage-list.ts';
import type { CheckedScope, FileDiagnosis, FileDiagnosisOptions } from './file-diagnosis.ts';
import type { OpenedFile } from './good-file.ts';
import { missingEnd } from './missing.ts';
import { stampedAnswer } from './stamped-answer.ts';

export interface CheckedBytes {
  /** Bytes [from, to) of the file that is read; equal where it ends before the range begins. */
  readonly from: number;
  readonly to: number;
  readonly scope: CheckedScope;
  /** Whether the file ends before bytes of the range that were stamped. */
  readonly lacksSome: boolean;
}

/** @throws HeisenwriteError invalid-option for a range of which nothing was stamped */
export function checkedBytes(
  { path, length }: OpenedFile,
  { partOffset, stream }: StampedIdentity,
  { range, part }: FileDiagnosisOptions,
): CheckedBytes {
  if (!range) {
    const scope = { kind: 'part', from: partOffset, to: partOffset + length } as const;
    return { from: 0, to: length, scope, lacksSome: false };
  }
  // Of a file that is known to be a part, and where no length is stated, nothing is missing.
  const end = part ? length : Math.max(length, stream.fileBytes - partOffset);
  if (range.from >= end) refuseBeyond(path, length, end);
  const to = Math.max(range.from, Math.min(range.to, length));
  const scope: CheckedScope = {
    kind: 'range',
    from: partOffset + range.from,
    to: partOffset + to,
    ...(to < range.to ? { askedTo: partOffset + range.to } : {}),
  };
  return { from: range.from, to, scope, lacksSome: length < Math.min(range.to, end) };
}

function refuseBeyond(path: string, length: number, end: number): never {
  const stamped = end > length ? `, of ${formatCount(end)} that were stamped` : '';
  const message = `${path} has ${formatCount(length)} bytes${stamped}: nothing is in the range`;
  throw new HeisenwriteError('invalid-option', message, {
    remedy: `give a range that begins before ${formatCount(end)}`,
  });
}

/** All that was stamped of a range is missing: the file ends before it begins. */
export function missingRange(
  { path, length }: OpenedFile,
  identity: StampedIdentity,
  scope: CheckedScope,
): FileDiagnosis {
  const { fileBytes } = identity.stream;
  const range = { from: scope.from, to: Math.min(scope.askedTo ?? scope.to, fileBytes) };
  const list = new DamageList();
  list.add(missingEnd(identity.partOffset + length, fileBytes, range));
  return stampedAnswer(path, { identity, list, blocks: [] }, 0, scope);
}
