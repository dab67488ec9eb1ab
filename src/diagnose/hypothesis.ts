// A hypothesis says where bytes come from, and can be held against every one of them: it makes the
// bytes that would be there if it were true. `right` is the hypothesis that all is as meant.

import type { Origin } from '../domain/damage.ts';
import type { ObservedBytes } from './observed-bytes.ts';

/** Whose bytes they are. */
export interface Provenance {
  readonly hunt: string;
  readonly ownHunt: boolean;
  readonly ownFile: boolean;
  /** Null where only the low 10 bits are known and several files have them. */
  readonly file: number | string;
  /** Null where the pattern does not tell generations apart. */
  readonly generation: number | null;
}

export interface Hypothesis {
  /** Equal names mean the same hypothesis. */
  readonly name: string;
  readonly role: 'right' | 'placed';
  /** Offset where the bytes were found minus the offset where they belong; bytes. */
  readonly displacement: number;
  /** Null of `right`, and of bytes of a file that is not stamped. */
  readonly provenance: Provenance | null;
  /** Predicted bytes [from, to); where it predicts nothing, what was observed, inverted. */
  bytes(from: number, to: number): Uint8Array;
}

/** Fills `out` with the prediction from file offset `from` on. */
export type Prediction = (out: Uint8Array, from: number) => void;

const CHUNKS_KEPT = 2;

/** Keeps the last chunks of a prediction, since looking around one place asks for it repeatedly. */
export function remembered(
  fill: Prediction,
  chunkBytes: number,
): (from: number, to: number) => Uint8Array {
  const chunks = new Map<number, Uint8Array>();
  const chunk = (index: number): Uint8Array => {
    const known = chunks.get(index);
    if (known) return known;
    if (chunks.size >= CHUNKS_KEPT) chunks.delete(chunks.keys().next().value as number);
    const made = new Uint8Array(chunkBytes);
    fill(made, index * chunkBytes);
    chunks.set(index, made);
    return made;
  };
  return (from, to) => {
    const first = Math.floor(from / chunkBytes);
    if (to <= (first + 1) * chunkBytes) {
      return chunk(first).subarray(from - first * chunkBytes, to - first * chunkBytes);
    }
    const out = new Uint8Array(to - from);
    for (let at = from; at < to; ) {
      const index = Math.floor(at / chunkBytes);
      const inside = at - index * chunkBytes;
      const length = Math.min(chunkBytes - inside, to - at);
      out.set(chunk(index).subarray(inside, inside + length), at - from);
      at += length;
    }
    return out;
  };
}

/** Makes a place where nothing is predicted differ from what was observed, whatever that was. */
export function predictNothing(out: Uint8Array, from: number, observed: ObservedBytes): void {
  const first = Math.max(from, observed.start);
  const last = Math.min(from + out.length, observed.end);
  if (first >= last) return;
  const seen = observed.read(first, last);
  for (let at = 0; at < seen.length; at++) out[first - from + at] = (seen[at] as number) ^ 0xff;
}

/** `from` of a damage: only what is certain. @param at file offset of the first damaged byte */
export function originOf(hypothesis: Hypothesis, at: number): Origin {
  const offset = at - hypothesis.displacement;
  const whose = hypothesis.provenance;
  if (!whose) return { offset };
  return {
    ...(whose.ownHunt ? {} : { hunt: whose.hunt }),
    file: whose.file,
    offset,
    ...(whose.generation === null ? {} : { generation: whose.generation }),
  };
}
