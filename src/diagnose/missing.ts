// `missing`: bytes that were meant are nowhere: the file is absent, empty or ends early, a read
// returned less than the file holds, or what follows has moved up (a deletion). The range is that
// of the meant file.

import { formatCount } from '../base/quantities.ts';
import type { ByteRange, Damage } from '../domain/damage.ts';

export function missingDamage(range: ByteRange, because: string): Damage {
  return { kind: 'missing', ...range, because };
}

/** @param range what of it was asked for; not given: all up to the end that was meant */
export function missingEnd(
  endsAt: number,
  meantBytes: number,
  { from = endsAt, to = meantBytes }: { readonly from?: number; readonly to?: number } = {},
): Damage {
  const what = endsAt === 0 ? 'nothing is there' : `the data end at byte ${formatCount(endsAt)}`;
  return missingDamage(
    { offset: from, length: to - from },
    `${what}, they were meant to go on to byte ${formatCount(meantBytes)}`,
  );
}

export function deletedBytes(offset: number, length: number): Damage {
  const bytes = formatCount(length);
  return missingDamage({ offset, length }, `what follows stands ${bytes} bytes too early`);
}
