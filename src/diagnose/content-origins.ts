// Finds displaced data by their content, in stamped files whose words do not tell their place: 32
// bytes out of the damaged region are sought in what was meant around it. A place is claimed only
// where those bytes are found once; bytes that repeat themselves say nothing. (Files without stamps
// are searched as a whole, see good-origins.ts.)

import { isTelling } from './comparison.ts';
import type { Hypothesis } from './hypothesis.ts';
import { type ObservedBytes, READ_BYTES_MAX } from './observed-bytes.ts';
import type { Anchor, Origins } from './segmenter.ts';

export interface MeantContent {
  readonly lengthBytes: number;
  /** Bytes [from, to), at most READ_BYTES_MAX. */
  read(from: number, to: number): Uint8Array;
  /** That the meant bytes are found displaced by so many bytes. */
  hypothesis(displacement: number): Hypothesis;
}

const NEEDLE_BYTES = 32;
/** A damage that ends sooner is looked at in its place. */
const REGION_BYTES_MIN = 16;
const NEAR_BYTES = 2 * READ_BYTES_MAX;

export function contentOrigins(observed: ObservedBytes, content: MeantContent): Origins {
  return {
    next(from, limit) {
      if (limit - from < REGION_BYTES_MIN) return null;
      for (let apart = 0; from + apart < limit; apart = apart * 2 + NEEDLE_BYTES) {
        const at = from + apart;
        if (at + NEEDLE_BYTES > observed.end) return null;
        const needle = Buffer.from(observed.read(at, at + NEEDLE_BYTES));
        if (!isTelling(needle)) continue;
        const to = Math.min(content.lengthBytes, at + NEAR_BYTES);
        const place = findOnce(content, needle, Math.max(0, at - NEAR_BYTES), to);
        if (place === null || place < 0 || place === at) continue;
        return { at, hypothesis: content.hypothesis(at - place) };
      }
      return null;
    },
  };
}

/** The only place of the needle in [from, to); null where there is none, -1 where several are. */
function findOnce(content: MeantContent, needle: Buffer, from: number, to: number): number | null {
  let found: number | null = null;
  for (let at = from; at < to; at += READ_BYTES_MAX - needle.length) {
    const part = content.read(at, Math.min(to, at + READ_BYTES_MAX));
    const bytes = Buffer.from(part.buffer, part.byteOffset, part.length);
    for (let index = bytes.indexOf(needle); index >= 0; index = bytes.indexOf(needle, index + 1)) {
      if (found !== null && found !== at + index) return -1;
      found = at + index;
    }
  }
  return found;
}

/** The earlier of what two searches find, that of `one` where both find it at once. */
export function firstOrigin(one: Origins, other: Origins): Origins {
  return {
    next(from, limit): Anchor | null {
      const first = one.next(from, limit);
      if (first?.at === from) return first;
      return other.next(from, first?.at ?? limit) ?? first;
    },
  };
}
