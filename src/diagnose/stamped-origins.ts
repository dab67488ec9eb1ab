// Where, in a damaged region of a stamped file, bytes begin that tell their own origin: by a
// header, by body words that agree on a place, by lines of text, or by being another generation of
// the same place. Each is only an anchor: the segmenter holds the hypothesis against all bytes
// around it.

import type { Pattern, StampStream } from '../domain/observation.ts';
import { HEADER_BYTES, MAGIC_BYTES, TEXT_LINE_BYTES } from '../stamp/layout.ts';
import { type Header, readHeader } from '../stamp/reference.ts';
import { matchesAgain, PLAIN_MATCH_BYTES } from './comparison.ts';
import { FLIPPED_BITS_MAX } from './flipped.ts';
import { FLIPPED_ALONE_BITS_MAX, isFlippedWords, isNearly } from './flipped-words.ts';
import { type Hypothesis, type Provenance, predictNothing, remembered } from './hypothesis.ts';
import { type ObservedBytes, readClipped } from './observed-bytes.ts';
import { chunkBytesOf, placed } from './placed-hypothesis.ts';
import type { Origins } from './segmenter.ts';
import { type BlockVersion, fillStamped } from './stamped-bytes.ts';
import { numberNear, type WordCode, type WordPlace, wordCodeOf } from './word-code.ts';

export interface StampedSetting {
  readonly stream: StampStream;
  readonly observed: ObservedBytes;
  /** What a block ought to hold: null for a hole, undefined beyond the end. */
  readonly versionOf: (block: number) => BlockVersion | null | undefined;
  /** A generation to resolve low bits against where none is expected. */
  readonly newestGeneration: number;
  /** Other generations that may be found, for patterns that are not decoded; nearest first. */
  readonly generations: readonly number[];
  /** Length that the file is meant to have, bytes; null where that is not known. */
  readonly meantBytes: number | null;
  /** True of records, which may stand anywhere: no displacement is the right one. */
  readonly placesVary?: boolean;
}

/** A file numbered up to this much above ours may exist: a trial has 8 numbers. */
const FILES_AHEAD = 7;
const FILE_CYCLE = 1024;
const SECTOR_BYTES = 512;
/** Bytes of `walking` and `random` tell generations apart; those of `ones` and `zeros` do not. */
const GUESSED: readonly Pattern[] = ['alternating', 'walking', 'random'];

export function stampedOrigins(setting: StampedSetting): Origins {
  const { stream, observed } = setting;
  // Whatever the pattern, blocks of another file of this hunt may be stamped ones.
  const codes = [wordCodeOf(stream), wordCodeOf({ ...stream, pattern: 'stamp' })].filter(
    (code, index) => code !== null && (index === 0 || stream.pattern !== 'stamp'),
  ) as WordCode[];
  return {
    next(from, limit) {
      const containing = headerAround(setting, from) ?? lineAround(setting, from);
      if (containing) return { at: from, hypothesis: containing };
      const guessed = guessGeneration(setting, from);
      if (guessed) return { at: from, hypothesis: guessed };
      const bytes = readClipped(observed, from, limit + PLAIN_MATCH_BYTES);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const lines = stream.pattern === 'text' ? textLines(bytes, from) : new Map<number, string>();
      for (let at = from; at < limit; at++) {
        const found =
          atHeader(setting, bytes, at - from, at) ??
          firstOf(codes, (code) => atWords(setting, code, view, at - from, at)) ??
          atLine(setting, lines, at);
        if (found) return { at, hypothesis: found };
      }
      return null;
    },
  };
}

function firstOf<Item, Found>(items: readonly Item[], find: (item: Item) => Found | null) {
  for (const item of items) {
    const found = find(item);
    if (found) return found;
  }
  return null;
}

/** A valid header that begins up to 63 bytes before `at`, at a sector's start: its first bytes are
 * the same in all blocks, so the damage seems to begin inside it. */
function headerAround(setting: StampedSetting, at: number): Hypothesis | null {
  const sector = Math.floor(at / SECTOR_BYTES) * SECTOR_BYTES;
  if (at - sector >= HEADER_BYTES || sector < setting.observed.start) return null;
  const bytes = readClipped(setting.observed, sector, sector + HEADER_BYTES);
  const header = readHeader(bytes, 0);
  return header && fromHeader(setting, header, sector);
}

function atHeader(
  setting: StampedSetting,
  bytes: Uint8Array,
  index: number,
  at: number,
): Hypothesis | null {
  if (bytes[index] !== MAGIC_BYTES[0]) return null;
  const header = readHeader(bytes, index);
  return header && fromHeader(setting, header, at);
}

function fromHeader(setting: StampedSetting, header: Header, at: number): Hypothesis | null {
  const { stream } = setting;
  const { blockIndex, generation, timeNs: _, ...rest } = header;
  const ownHunt = header.hunt === stream.hunt;
  const provenance: Provenance = {
    hunt: header.hunt,
    ownHunt,
    ownFile: ownHunt && header.file === stream.file,
    file: header.file,
    generation,
  };
  const displacement = at - blockIndex * header.blockBytes;
  return placed(setting, { ...rest }, generation, displacement, provenance);
}

function atWords(
  setting: StampedSetting,
  code: WordCode,
  view: DataView,
  index: number,
  at: number,
): Hypothesis | null {
  const { stream } = setting;
  const own = code.pattern === stream.pattern;
  if (isFlippedWords(setting, view, index, at, FLIPPED_ALONE_BITS_MAX)) return null;
  const alone = own && at % 8 === 0 ? code.wordAt(view, index, at) : null;
  const place = alone && isOwn(setting, alone) ? alone : code.pairAt(view, index);
  if (!place) return null;
  const displacement = at - place.offset;
  const block = Math.floor(place.offset / stream.blockBytes);
  const reference = setting.versionOf(block)?.generation ?? setting.newestGeneration;
  const generation = numberNear(place.generationLow, code.generationBits, reference);
  const ownFile = own && isOwn(setting, place);
  const meant = setting.versionOf(block)?.generation;
  if (own && displacement === 0 && meant !== undefined && !setting.placesVary) {
    if (ownFile && meant === generation) return null;
    const pair = code.pairAt(view, index) !== null;
    if (isNearly(stream, meant, view, index, at, pair, FLIPPED_ALONE_BITS_MAX)) return null;
  }
  const outside = !ownFile || place.offset >= (setting.meantBytes ?? Number.POSITIVE_INFINITY);
  const doubtful = outside && generation > reference && !setting.generations.includes(generation);
  if (doubtful && isFlippedWords(setting, view, index, at, FLIPPED_BITS_MAX)) return null;
  const file = ownFile ? stream.file : fileOf(place.fileLow as number, stream.file);
  const provenance = { hunt: stream.hunt, ownHunt: true, ownFile, file, generation };
  const numbered = {
    ...stream,
    pattern: code.pattern,
    file: ownFile ? stream.file : (place.fileLow as number),
  };
  // Of another file the block size is not known until a header shows it: body words only, then.
  for (const blockBytes of [stream.blockBytes, 2 ** 20, 512]) {
    const guess = placed(
      setting,
      { ...numbered, blockBytes },
      generation,
      displacement,
      provenance,
    );
    const length = doubtful ? SECTOR_BYTES : place === alone ? 8 : 16;
    const to = doubtful ? at + length : Math.min(at + length, setting.observed.end);
    if (to > setting.observed.end) return null;
    const same = Buffer.compare(guess.bytes(at, to), setting.observed.read(at, to)) === 0;
    if (same) return guess;
  }
  return null;
}

function isOwn({ stream }: StampedSetting, place: WordPlace): boolean {
  return place.fileLow === null || place.fileLow === stream.file % FILE_CYCLE;
}

/**
 * Numbers are given in ascending order, so a file numbered far above ours does not exist. Only when
 * that leaves one number is it named; else what is known of it.
 */
function fileOf(low: number, own: number): number | string {
  return low + FILE_CYCLE > own + FILES_AHEAD ? low : `${low} modulo ${FILE_CYCLE}`;
}

/** Another generation of the same place, where the pattern is not decoded but can be compared. */
function guessGeneration(setting: StampedSetting, at: number): Hypothesis | null {
  const { stream, observed, generations } = setting;
  if (!GUESSED.includes(stream.pattern)) return null;
  const expected = setting.versionOf(Math.floor(at / stream.blockBytes))?.generation;
  const to = Math.min(at + PLAIN_MATCH_BYTES, observed.end);
  const seen = observed.read(at, to);
  for (const generation of generations) {
    if (generation === expected) continue;
    const provenance = {
      hunt: stream.hunt,
      ownHunt: true,
      ownFile: true,
      file: stream.file,
      generation,
    };
    const guess = placed(setting, stream, generation, 0, provenance);
    if (matchesAgain(seen, guess.bytes(at, to), 0, to === observed.end)) return guess;
  }
  return null;
}

const LINE = /([0-9a-f]{16}) file ([0-9a-f]{8}) generation ([0-9a-f]{8}) ([0-9a-f]{12})\n/g;

/** Lines of pattern `text` by the file offset at which they were found. */
function textLines(bytes: Uint8Array, from: number): Map<number, string> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  return new Map([...text.matchAll(LINE)].map((match) => [from + match.index, match[0]]));
}

/** The line around `at`, when the one after it agrees: one alone may have flipped bits. */
function lineAround(setting: StampedSetting, at: number): Hypothesis | null {
  if (setting.stream.pattern !== 'text') return null;
  const start = at - (at % TEXT_LINE_BYTES);
  if (start < setting.observed.start) return null;
  const bytes = readClipped(setting.observed, start, start + 2 * TEXT_LINE_BYTES);
  const lines = textLines(bytes, start);
  const first = atLine(setting, lines, start);
  const second = atLine(setting, lines, start + TEXT_LINE_BYTES);
  return first && second && first.name === second.name ? first : null;
}

function atLine(
  setting: StampedSetting,
  lines: Map<number, string>,
  at: number,
): Hypothesis | null {
  const line = lines.get(at);
  if (line === undefined) return null;
  const [place, , file, , generation, hunt] = line.trimEnd().split(' ');
  const { stream } = setting;
  if (hunt !== stream.hunt.slice(0, 12)) return null;
  const number = Number.parseInt(file as string, 16);
  const version = Number.parseInt(generation as string, 16);
  const displacement = at - Number.parseInt(place as string, 16);
  const ownFile = number === stream.file;
  const provenance = {
    hunt: stream.hunt,
    ownHunt: true,
    ownFile,
    file: number,
    generation: version,
  };
  const guess = placed(setting, { ...stream, file: number }, version, displacement, provenance);
  const seen = readClipped(setting.observed, at, at + line.length);
  return Buffer.compare(guess.bytes(at, at + seen.length), seen) === 0 ? guess : null;
}

/** The hypothesis that everything is as it was meant to be. */
export function stampedRight(setting: StampedSetting): Hypothesis {
  return { ...meantAt(setting, 0), name: 'right', role: 'right' };
}

/** The hypothesis that what was meant is there, displaced; nothing is predicted beyond its ends. */
export function meantAt(setting: StampedSetting, displacement: number): Hypothesis {
  const { stream, observed, versionOf, meantBytes } = setting;
  const end = (meantBytes ?? Number.POSITIVE_INFINITY) + displacement;
  const fill = (out: Uint8Array, from: number) => {
    fillStamped(out, from, { stream, displacement, observed, versionOf });
    const beyond = Math.max(0, end - from);
    if (beyond < out.length) predictNothing(out.subarray(beyond), from + beyond, observed);
  };
  return {
    name: `meant/${displacement}`,
    role: 'placed',
    displacement,
    provenance: null,
    bytes: remembered(fill, chunkBytesOf(stream)),
  };
}
