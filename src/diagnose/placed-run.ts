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

/**
 * The run from its first to its last damaged byte; or from the edge of the word, and of the sector,
 * where it reaches that: neighbouring generations share some bytes of every word, headers and lines
 * their beginnings and ends, and what tells the origin is the word, the header or the line.
 */
export function withEdges(scene: Scene, run: PlacedRun): PlacedRun {
  const inner = trimmed(scene, run);
  const { displacement } = run.hypothesis;
  const wordFrom = inner.from - remainder(inner.from - displacement, 8);
  const wordTo = inner.to + remainder(displacement - inner.to, 8);
  const from = earliest(scene, run.hypothesis, inner.from, [
    Math.floor(inner.from / SECTOR_BYTES) * SECTOR_BYTES,
    wordFrom,
  ]);
  const to = latest(scene, run.hypothesis, inner.to, [
    Math.min(scene.observed.end, Math.ceil(inner.to / SECTOR_BYTES) * SECTOR_BYTES),
    wordTo,
  ]);
  return { from, to, whole: true, hypothesis: run.hypothesis };
}

function remainder(value: number, modulus: number): number {
  return ((value % modulus) + modulus) % modulus;
}

/** The first of these places back to which the hypothesis holds without a gap. */
function earliest(
  { observed }: Scene,
  hypothesis: Hypothesis,
  from: number,
  places: readonly number[],
): number {
  const reached = places.find(
    (place) =>
      from - place < HEADER_BYTES &&
      place >= observed.start &&
      agreeUntil(observed, hypothesis, place, from) === from,
  );
  return reached ?? from;
}

function latest(
  { observed }: Scene,
  hypothesis: Hypothesis,
  to: number,
  places: readonly number[],
): number {
  const reached = places.find(
    (place) =>
      place - to < HEADER_BYTES &&
      place <= observed.end &&
      agreeUntil(observed, hypothesis, to, place) === place,
  );
  return reached ?? to;
}
