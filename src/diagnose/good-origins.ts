// The bytes of a GOOD file as hypotheses: right at their own place, or displaced. A displaced place
// is claimed only where the found bytes fit it and no other: of several places the one with which
// they agree furthest, and none where they agree equally far with places that lie equally far away.

import { isTelling } from './comparison.ts';
import type { GoodFile } from './good-file.ts';
import { GoodPlaces, SAMPLE_BYTES } from './good-places.ts';
import { type Hypothesis, predictNothing, remembered } from './hypothesis.ts';
import { type ObservedBytes, READ_BYTES_MAX, readClipped } from './observed-bytes.ts';
import { type Anchor, agreeUntil, type Origins } from './segmenter.ts';

const CHUNK_BYTES = 64 * 1024;
/** Around a damage an insertion or deletion up to this size is found whatever its run's length. */
const NEAR_BYTES = 64 * 1024;
const NEAR_TRIES_BYTES = 512;
/** How far the places of one sample are held against each other. */
const RIVALS_BYTES = 64 * 1024;
/** Of equally good places the nearest is meant when the others are this many times as far. */
const NEARER_FACTOR = 16;

/** @param displacement where found minus where it belongs, bytes; 0 is the hypothesis `right` */
export function goodHypothesis(
  good: GoodFile,
  observed: ObservedBytes,
  displacement: number,
): Hypothesis {
  const fill = (out: Uint8Array, from: number) => {
    const start = Math.min(Math.max(from - displacement, 0), good.bytes.end);
    const end = Math.max(start, Math.min(from - displacement + out.length, good.bytes.end));
    const head = start - (from - displacement);
    if (end === start) return predictNothing(out, from, observed);
    if (head > 0) predictNothing(out.subarray(0, head), from, observed);
    out.set(good.bytes.read(start, end), head);
    const tail = head + end - start;
    if (tail < out.length) predictNothing(out.subarray(tail), from + tail, observed);
  };
  return {
    name: displacement === 0 ? 'right' : `good/${displacement}`,
    role: displacement === 0 ? 'right' : 'placed',
    displacement,
    provenance: null,
    bytes: remembered(fill, CHUNK_BYTES),
  };
}

export class GoodOrigins implements Origins {
  private readonly good: GoodFile;
  private readonly observed: ObservedBytes;
  private readonly hypothesis: (displacement: number) => Hypothesis;
  private index: GoodPlaces | null = null;
  /** What the last search said of [from, to): the next one asks for nearly the same. */
  private last: { from: number; to: number; anchor: Anchor | null } = {
    from: 0,
    to: 0,
    anchor: null,
  };

  /** @param hypothesis that what was meant is there, displaced by so many bytes */
  constructor(
    good: GoodFile,
    observed: ObservedBytes,
    hypothesis = (displacement: number) => goodHypothesis(good, observed, displacement),
  ) {
    this.good = good;
    this.observed = observed;
    this.hypothesis = hypothesis;
  }

  next(from: number, limit: number): Anchor | null {
    const { last } = this;
    if (from >= last.from && from < last.to) {
      if (last.anchor && last.anchor.at >= from) {
        return last.anchor.at < limit ? last.anchor : null;
      }
      if (!last.anchor && limit <= last.to) return null;
    }
    const anchor = this.search(from, limit);
    this.last = { from, to: anchor ? anchor.at + 1 : limit, anchor };
    return anchor;
  }

  private search(from: number, limit: number): Anchor | null {
    this.index ??= new GoodPlaces(this.good.bytes, this.good.readSample);
    const near = this.searchNear(from, Math.min(limit, from + NEAR_TRIES_BYTES));
    if (near) return near;
    const length = Math.min(limit - from + SAMPLE_BYTES, READ_BYTES_MAX);
    // A copy, since holding candidates against each other reads elsewhere.
    const bytes = readClipped(this.observed, from, from + length).slice();
    for (let index = 0; ; ) {
      const found = this.index.find(bytes, index, limit - from);
      if (!found) return null;
      const at = from + found.index;
      const { hypothesis, agreed } = this.choose(at, found.places);
      if (hypothesis) return { at, hypothesis };
      index = found.index + Math.max(1, agreed - SAMPLE_BYTES);
    }
  }

  /** The places that fit furthest; null hypothesis where that decides nothing. */
  private choose(
    at: number,
    places: readonly number[],
  ): { hypothesis: Hypothesis | null; agreed: number } {
    if (places.includes(at)) return { hypothesis: null, agreed: 1 };
    const to = Math.min(this.observed.end, at + RIVALS_BYTES);
    const rivals = places
      .map((place) => this.hypothesis(at - place))
      .map((hypothesis) => ({
        hypothesis,
        agreed: agreeUntil(this.observed, hypothesis, at, to) - at,
        distance: Math.abs(hypothesis.displacement),
      }))
      .sort((a, b) => b.agreed - a.agreed || a.distance - b.distance);
    const [best, second] = rivals;
    if (!best) return { hypothesis: null, agreed: 1 };
    const tied = second !== undefined && second.agreed === best.agreed;
    const nearest =
      best.distance <= NEAR_BYTES && second && second.distance >= NEARER_FACTOR * best.distance;
    if (tied && !nearest) return { hypothesis: null, agreed: best.agreed };
    return best;
  }

  /** Tries the bytes just after a damage in the neighbourhood, where insertions leave them. */
  private searchNear(from: number, limit: number): Anchor | null {
    const bytes = readClipped(this.observed, from, limit + SAMPLE_BYTES).slice();
    const start = Math.min(Math.max(0, from - NEAR_BYTES), this.good.bytes.end);
    const around = readClipped(this.good.bytes, start, from + NEAR_BYTES);
    for (let index = 0; index + SAMPLE_BYTES <= bytes.length; index += SAMPLE_BYTES) {
      const sample = bytes.subarray(index, index + SAMPLE_BYTES);
      if (from + index >= limit || !isTelling(sample)) continue;
      const haystack = Buffer.from(around.buffer, around.byteOffset, around.length);
      const first = haystack.indexOf(sample);
      if (first < 0 || haystack.indexOf(sample, first + 1) >= 0) continue;
      const displacement = from + index - (start + first);
      if (displacement === 0) continue;
      return { at: from + index, hypothesis: this.hypothesis(displacement) };
    }
    return null;
  }
}
