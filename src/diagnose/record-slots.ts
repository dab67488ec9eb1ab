// A journal cut into slots: whole records, and stretches between them that are not. A record is
// named by the writer and the sequence number in its header; its words name its block index, which
// is learned from the headers.

import type { StampStream } from '../domain/observation.ts';
import { HEADER_BYTES, MAGIC_BYTES } from '../stamp/layout.ts';
import { type Header, readHeader } from '../stamp/reference.ts';
import { type Hypothesis, predictNothing } from './hypothesis.ts';
import { type ObservedBytes, readClipped } from './observed-bytes.ts';
import { placed } from './placed-hypothesis.ts';
import type { Piece } from './segmenter.ts';
import { fillStamped } from './stamped-bytes.ts';
import type { StampedSetting } from './stamped-origins.ts';
import { wordCodeOf } from './word-code.ts';

export interface RecordName {
  readonly writer: number;
  /** From 1. */
  readonly sequence: number;
}

/** Bytes [from, to) of the file. */
export interface Slot {
  readonly from: number;
  readonly to: number;
  /** Number of the acknowledged record that begins here, or null where none does. */
  readonly record: number | null;
  /** Of a whole record, acknowledged or not: what its header says. */
  readonly name: RecordName | null;
}

function nameIn({ writer, generation }: Header): RecordName {
  return { writer, sequence: generation };
}

/** Bytes of a record, from this one of it on. */
export interface RecordStart {
  readonly record: number;
  /** Offset in the record, bytes. */
  readonly inside: number;
}

export class Journal {
  readonly recordBytes: number;
  readonly total: number;
  private readonly observed: ObservedBytes;
  private readonly stream: StampStream;
  private readonly firsts: number[] = [];
  private readonly counts: readonly number[];
  /** Scratch for the record that ought to be where one is looked at. */
  private readonly made: Uint8Array;
  /** Block index that a header names to the record's number, where they differ. */
  private readonly numberOfBlock = new Map<number, number>();
  private readonly blockOfNumber = new Map<number, number>();

  constructor(observed: ObservedBytes, stream: StampStream, counts: readonly number[]) {
    this.observed = observed;
    this.stream = stream;
    this.counts = counts;
    this.made = new Uint8Array(stream.blockBytes);
    this.recordBytes = stream.blockBytes;
    let before = 0;
    for (const count of counts) {
      this.firsts.push(before);
      before += count;
    }
    this.total = before;
  }

  name(number: number): RecordName {
    const writer = this.firsts.findLastIndex((first, w) => number >= first && this.counts[w] !== 0);
    return { writer, sequence: number - (this.firsts[writer] as number) + 1 };
  }

  /** In order; together they cover all that was observed. */
  *slots(): Generator<Slot> {
    const { observed, recordBytes } = this;
    for (let from = observed.start; from < observed.end; ) {
      const header = this.headerAt(from);
      const record = this.recordOf(header);
      const whole = header !== null && this.isWhole(from, header);
      const most = Math.min(observed.end, from + recordBytes);
      const to = whole ? most : this.nextRecord(from + 1, most);
      if (whole) yield { from, to, record, name: nameIn(header) };
      else yield { from, to, record: record ?? this.recordByWords(from, to), name: null };
      from = to;
    }
  }

  /** That the slot holds its record; of a slot without one nothing is predicted. */
  hypothesis({ from, record }: Slot): Hypothesis {
    const { observed } = this;
    if (record === null) {
      const bytes = (at: number, to: number) => {
        const out = new Uint8Array(to - at);
        predictNothing(out, at, observed);
        return out;
      };
      return { name: 'none', role: 'right', displacement: 0, provenance: null, bytes };
    }
    const { writer, sequence } = this.name(record);
    const { hunt, file } = this.stream;
    const block = this.blockOfNumber.get(record) ?? record;
    const provenance = { hunt, ownHunt: true, ownFile: true, file, generation: sequence };
    const displacement = from - block * this.recordBytes;
    const stream = { ...this.stream, writer };
    return {
      ...placed({ observed }, stream, sequence, displacement, provenance),
      role: 'right',
    };
  }

  setting(slot: Slot): StampedSetting {
    const { observed, stream, total } = this;
    const versionOf = (block: number) => {
      const number = this.numberOf(block);
      if (number === null) return undefined;
      const { writer, sequence } = this.name(number);
      return { generation: sequence, writer };
    };
    const newestGeneration = slot.record === null ? total : this.name(slot.record).sequence;
    const places = { meantBytes: null, placesVary: true };
    return { stream, observed, versionOf, newestGeneration, generations: [], ...places };
  }

  /** Whose bytes a piece is; null where they are no record's. */
  partOf({ from, hypothesis }: Piece): RecordStart | null {
    const whose = hypothesis.provenance;
    if (!whose?.ownFile) return null;
    const offset = from - hypothesis.displacement;
    const record = this.numberOf(Math.floor(offset / this.recordBytes));
    if (record === null || this.name(record).sequence !== whose.generation) return null;
    return { record, inside: offset % this.recordBytes };
  }

  private numberOf(block: number): number | null {
    const number = this.numberOfBlock.get(block) ?? block;
    return number >= 0 && number < this.total ? number : null;
  }

  private headerAt(at: number): Header | null {
    const bytes = readClipped(this.observed, at, at + HEADER_BYTES);
    const header = bytes.length === HEADER_BYTES ? readHeader(bytes, 0) : null;
    const { hunt, file, blockBytes, pattern } = this.stream;
    const own =
      header?.hunt === hunt &&
      header.file === file &&
      header.blockBytes === blockBytes &&
      header.pattern === pattern;
    return own ? header : null;
  }

  /** The number of an acknowledged record; null of any other. */
  private recordOf(header: Header | null): number | null {
    if (!header) return null;
    const { writer, generation, blockIndex } = header;
    const first = this.firsts[writer];
    if (first === undefined || generation < 1 || generation > (this.counts[writer] as number)) {
      return null;
    }
    const number = first + generation - 1;
    this.numberOfBlock.set(blockIndex, number);
    this.blockOfNumber.set(number, blockIndex);
    return number;
  }

  private isWhole(from: number, { writer, generation, blockIndex }: Header): boolean {
    const { observed, recordBytes } = this;
    const to = from + recordBytes;
    if (to > observed.end) return false;
    const displacement = from - blockIndex * recordBytes;
    const stream = { ...this.stream, writer };
    const versionOf = () => ({ generation, writer });
    fillStamped(this.made, from, { stream, displacement, observed, versionOf });
    return Buffer.compare(this.made, observed.read(from, to)) === 0;
  }

  /** Where the next record's header stands in [from, limit), or `limit`. */
  private nextRecord(from: number, limit: number): number {
    const bytes = readClipped(this.observed, from, limit + MAGIC_BYTES.length - 1);
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let index = buffer.indexOf(MAGIC_BYTES);
    while (index >= 0) {
      if (this.recordOf(this.headerAt(from + index)) !== null) return from + index;
      index = buffer.indexOf(MAGIC_BYTES, index + 1);
    }
    return limit;
  }

  /** The record that begins at `from` by its words, where its header is damaged. */
  private recordByWords(from: number, to: number): number | null {
    const code = wordCodeOf(this.stream);
    if (!code) return null;
    const bytes = this.observed.read(from, to);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let index = HEADER_BYTES; index + 16 <= bytes.length; index += 8) {
      const place = code.pairAt(view, index);
      if (!place || place.offset % this.recordBytes !== index) continue;
      return this.numberOf(Math.floor(place.offset / this.recordBytes));
    }
    return null;
  }
}
