// Where bytes stand in a GOOD file of any length: an index of 32-byte samples of it, one each
// `stride` bytes, in a table of fixed size. Found bytes are tried at every offset against it, so
// that a displaced run of stride + 31 bytes is never missed, wherever in GOOD it comes from.
// Samples that stand in many places, or are too plain, are no evidence and lead nowhere.

import { isTelling } from './comparison.ts';
import { type ObservedBytes, readClipped } from './observed-bytes.ts';

export const SAMPLE_BYTES = 32;
const ENTRIES_MAX = 2 ** 18;
const SLOTS = 2 * ENTRIES_MAX;
const STRIDE_MIN = 32;
/** What stands in more places than this says nothing about where it came from. */
const PLACES_MAX = 4;
const READ_BYTES = 2 ** 20;

/** Multiplier of a polynomial hash modulo 2^32 (the prime of FNV-1). */
const MULTIPLIER = 0x01000193;
const OLDEST_FACTOR = powerOf(SAMPLE_BYTES - 1);

function powerOf(exponent: number): number {
  let power = 1;
  for (let step = 0; step < exponent; step++) power = Math.imul(power, MULTIPLIER);
  return power;
}

export interface Sighting {
  /** Index in the bytes that were searched. */
  readonly index: number;
  /** Offsets in GOOD at which the sample stands, 1 to 4 of them, ascending. */
  readonly places: readonly number[];
}

export class GoodPlaces {
  private readonly readSample: (offset: number) => Uint8Array;
  private readonly strideBytes: number;
  /** Pairs (hash, place / stride + 1) with linear probing; 0 marks a free slot. */
  private readonly hashes = new Uint32Array(SLOTS);
  private readonly units = new Uint32Array(SLOTS);

  /**
   * Reads all of GOOD once.
   * @param readSample SAMPLE_BYTES of GOOD at an offset: single small reads, far from each other
   */
  constructor(good: ObservedBytes, readSample: (offset: number) => Uint8Array) {
    this.readSample = readSample;
    this.strideBytes = STRIDE_MIN;
    while (good.end / this.strideBytes > ENTRIES_MAX) this.strideBytes *= 2;
    for (let from = 0; from < good.end; from += READ_BYTES - SAMPLE_BYTES) {
      this.enter(from, readClipped(good, from, from + READ_BYTES));
    }
  }

  /** The first sample in `bytes`, from index `first` to before `limit`, that stands in GOOD. */
  find(bytes: Uint8Array, first: number, limit: number): Sighting | null {
    const last = Math.min(limit, bytes.length - SAMPLE_BYTES + 1);
    if (first >= last) return null;
    let hash = hashAt(bytes, first);
    for (let index = first; ; ) {
      const places = this.placesOf(hash, bytes, index);
      if (places.length > 0) return { index, places };
      const oldest = Math.imul(bytes[index] as number, OLDEST_FACTOR);
      index++;
      if (index >= last) return null;
      const newest = bytes[index + SAMPLE_BYTES - 1] as number;
      hash = (Math.imul(hash - oldest, MULTIPLIER) + newest) | 0;
    }
  }

  private enter(from: number, bytes: Uint8Array): void {
    const stride = this.strideBytes;
    const start = Math.ceil(from / stride) * stride;
    for (let at = start; at + SAMPLE_BYTES <= from + bytes.length; at += stride) {
      if (at >= from + READ_BYTES - SAMPLE_BYTES) return;
      const index = at - from;
      if (isTelling(bytes.subarray(index, index + SAMPLE_BYTES))) {
        this.insert(hashAt(bytes, index) >>> 0, at / stride);
      }
    }
  }

  private insert(hash: number, unit: number): void {
    let slot = slotOf(hash);
    let same = 0;
    while (this.units[slot] !== 0) {
      if (this.hashes[slot] === hash) same++;
      if (same > PLACES_MAX) return;
      slot = (slot + 1) % SLOTS;
    }
    this.hashes[slot] = hash;
    this.units[slot] = unit + 1;
  }

  private placesOf(hash: number, bytes: Uint8Array, index: number): number[] {
    const wanted = hash >>> 0;
    let slot = slotOf(wanted);
    let sample: Uint8Array | null = null;
    const places: number[] = [];
    for (let unit = this.units[slot]; unit; unit = this.units[slot]) {
      if (this.hashes[slot] === wanted) {
        sample ??= bytes.subarray(index, index + SAMPLE_BYTES);
        const place = (unit - 1) * this.strideBytes;
        if (Buffer.compare(this.readSample(place), sample) === 0) places.push(place);
      }
      slot = (slot + 1) % SLOTS;
    }
    return places.length > PLACES_MAX ? [] : places;
  }
}

function slotOf(hash: number): number {
  // The low bits of the polynomial depend on the last bytes alone: mix before they choose.
  return (Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 13) % SLOTS;
}

function hashAt(bytes: Uint8Array, index: number): number {
  let hash = 0;
  for (let at = index; at < index + SAMPLE_BYTES; at++) {
    hash = (Math.imul(hash, MULTIPLIER) + (bytes[at] as number)) | 0;
  }
  return hash;
}
