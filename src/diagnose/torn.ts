// `torn`: more than one generation inside one unit that is meant to be atomic: a mailbox, a
// replaced file, a stamped block, an appended record. The evidence is that words, each of which
// says its generation, disagree; where one ends and the next begins is given to the byte.

import { formatCount } from '../base/quantities.ts';
import type { ByteRange, Damage } from '../domain/damage.ts';

export interface GenerationPart {
  readonly generation: number;
  /** Of a record: who wrote it; two writers number their records alike. */
  readonly writer?: number;
  /** File offset of its first byte. */
  readonly offset: number;
}

/** Null when there is only one generation. Parts in ascending order; neighbours that agree join. */
export function tornDamage(
  unit: ByteRange,
  parts: readonly GenerationPart[],
  called: 'generation' | 'record' = 'generation',
): Damage | null {
  const joined = parts.filter((part, index) => {
    const before = parts[index - 1];
    return part.generation !== before?.generation || part.writer !== before?.writer;
  });
  if (joined.length < 2) return null;
  const words = joined.slice(0, 4).map(({ generation, writer, offset }, index) => {
    const end = joined[index + 1]?.offset;
    const until = end === undefined ? 'to the end' : `to byte ${formatCount(end)}`;
    const whose = writer === undefined ? '' : ` of writer ${writer}`;
    return `${called} ${generation}${whose} from byte ${formatCount(offset)} ${until}`;
  });
  const more = joined.length > 4 ? ` and ${joined.length - 4} more parts` : '';
  return {
    kind: 'torn',
    ...unit,
    generations: joined.map(({ generation, offset }) => ({ generation, offset })),
    because: `the words of one unit say: ${words.join(', ')}${more}`,
  };
}
