// The hypothesis that a stamped stream of one generation stands here, displaced. The last ones made
// for the same bytes are kept: in a unit torn at every sector two of them take turns a thousand
// times, and each would make its whole block again.

import type { StampStream } from '../domain/observation.ts';
import { type Hypothesis, type Provenance, remembered } from './hypothesis.ts';
import type { ObservedBytes } from './observed-bytes.ts';
import { fillStamped } from './stamped-bytes.ts';

const KEPT_MAX = 4;
const recent = new WeakMap<ObservedBytes, Map<string, Hypothesis>>();

export function chunkBytesOf(stream: StampStream): number {
  return Math.max(16_384, stream.blockBytes);
}

export function placed(
  { observed }: { readonly observed: ObservedBytes },
  stream: StampStream,
  generation: number,
  displacement: number,
  provenance: Provenance,
): Hypothesis {
  const { hunt, file, writer, blockBytes } = stream;
  const name = [hunt, file, writer, blockBytes, generation, displacement].join('/');
  const key = JSON.stringify([name, stream.pattern, stream.fileBytes, provenance]);
  const kept = recent.get(observed) ?? new Map<string, Hypothesis>();
  recent.set(observed, kept);
  const versionOf = () => ({ generation, writer });
  const fill = (out: Uint8Array, from: number) =>
    fillStamped(out, from, { stream, displacement, observed, versionOf });
  const bytes = kept.get(key)?.bytes ?? remembered(fill, chunkBytesOf(stream));
  const hypothesis: Hypothesis = { name, role: 'placed', displacement, provenance, bytes };
  kept.delete(key);
  kept.set(key, hypothesis);
  if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value as string);
  return hypothesis;
}
