// `reordered`: whole records of one writer stand in another order than it appended them. The
// evidence is the sequence number in the header of each, after a higher one of the same writer.

import type { Damage } from '../domain/damage.ts';

export function reorderedRecord(
  offset: number,
  length: number,
  record: { readonly writer: number; readonly sequence: number },
  after: number,
): Damage {
  const { writer, sequence } = record;
  return {
    kind: 'reordered',
    offset,
    length,
    from: { generation: sequence },
    because: `record ${sequence} of writer ${writer} stands after its record ${after}`,
  };
}
