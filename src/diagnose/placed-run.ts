// A maximal run of bytes with one origin and one displacement, put together from pieces; and its
// edges. A run of another generation or place shares the first bytes of each header with what was
// meant, so its damaged bytes seem to begin inside the header: the run then begins at the sector.

import { HEADER_BYTES } from '../stamp/layout.ts';
import type { Hypothesis } from './hypothesis.ts';
import { type Extent, type Scene, trimmed } from './scene.ts';
import { agreeUntil } from './segmenter.ts';

export interface PlacedRun extends Extent {
  readonly hypothesis: Hypothesis;
}

const SECTOR_BYTES = 512;

/** Same data at the same displacement, whichever header or words told so. */
export function sameAlignment(a: Hypothesis, b: Hypothesis): boolean {
  const [one, other] = [a.provenance, b.provenance];
  if (a.displacement !== b.displacement) return false;
  if (one === null || other === null) return one === other;
  return (
    one.hunt === other.hunt &&
    one.ownFile === other.ownFile &&
    String(one.file) === String(other.file) &&
    one.generation === other.generation
  );
}

/** The run from its first to its last damaged byte, or to the sector's edge where it reaches it. */
export function withEdges(scene: Scene, run: PlacedRun): PlacedRun {
  const { observed } = scene;
  const { hypothesis } = run;
  const inner = trimmed(scene, run);
  const first = Math.floor(inner.from / SECTOR_BYTES) * SECTOR_BYTES;
  const holdsBefore =
    inner.from - first < HEADER_BYTES &&
    first >= observed.start &&
    agreeUntil(observed, hypothesis, first, inner.from) === inner.from;
  const last = Math.min(observed.end, Math.ceil(inner.to / SECTOR_BYTES) * SECTOR_BYTES);
  const holdsAfter =
    last - inner.to < 8 && agreeUntil(observed, hypothesis, inner.to, last) === last;
  return {
    from: holdsBefore ? first : inner.from,
    to: holdsAfter ? last : inner.to,
    whole: true,
    hypothesis,
  };
}
