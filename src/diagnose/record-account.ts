// Keeps account of the records of a journal: each ought to be there once, whole, and after the
// earlier ones of its writer.

import type { Damage } from '../domain/damage.ts';
import { duplicatedRecord } from './duplicated.ts';
import { missingDamage } from './missing.ts';
import type { Journal, RecordStart, Slot } from './record-slots.ts';
import { reorderedRecord } from './reordered.ts';
import { type GenerationPart, tornDamage } from './torn.ts';

/** Bytes [from, to) of the file are of this record, from its byte `inside` on. */
interface Part extends RecordStart {
  readonly from: number;
  readonly to: number;
}

interface Sight {
  readonly from: number;
  readonly to: number;
  readonly record: number;
}

export class RecordAccount {
  private readonly journal: Journal;
  /** Records that stand alone in a slot of their own size, damaged or not, in file order. */
  private readonly sights: Sight[] = [];
  /** Parts of records in slots that hold something else, too. */
  private readonly partsOfRecord = new Map<number, Part[]>();
  private readonly torn: Damage[] = [];

  constructor(journal: Journal) {
    this.journal = journal;
  }

  whole({ from, to, record }: Slot): void {
    if (record !== null) this.sights.push({ from, to, record });
  }

  /** @param starts offset of each part of the slot to whose it is, null where it is nobody's */
  parts(slot: Slot, starts: ReadonlyMap<number, RecordStart | null>): void {
    const parts = [...starts].flatMap(([from, start], index, all): Part[] =>
      start ? [{ ...start, from, to: all[index + 1]?.[0] ?? slot.to }] : [],
    );
    const records = new Set(parts.map((part) => part.record));
    const [only] = records;
    const full = slot.to - slot.from === this.journal.recordBytes;
    if (records.size === 1 && only !== undefined && only === slot.record && full) {
      this.sights.push({ from: slot.from, to: slot.to, record: only });
      return;
    }
    for (const part of parts) this.note(part);
    const range = { offset: slot.from, length: slot.to - slot.from };
    const mixed = records.size > 1 && tornDamage(range, this.generationsOf(parts), 'record');
    if (mixed) this.torn.push(mixed);
  }

  /** @param complete the file was seen to its end, so that what was not seen is not there */
  damage(complete: boolean): Damage[] {
    return [...this.torn, ...this.ordered(), ...this.cut(), ...(complete ? this.lost() : [])];
  }

  private note(part: Part): void {
    const parts = this.partsOfRecord.get(part.record) ?? [];
    parts.push(part);
    this.partsOfRecord.set(part.record, parts);
  }

  private generationsOf(parts: readonly Sight[]): GenerationPart[] {
    return parts.map(({ record, from }) => {
      const { writer, sequence } = this.journal.name(record);
      return { generation: sequence, writer, offset: from };
    });
  }

  /** Second sights of a record, and those after a later one of the same writer. */
  private ordered(): Damage[] {
    const seen = new Set<number>();
    const latest = new Map<number, number>();
    return this.sights.flatMap(({ from, to, record }) => {
      const { writer, sequence } = this.journal.name(record);
      const length = to - from;
      if (seen.has(record)) {
        return [duplicatedRecord(from, length, `record ${sequence} of writer ${writer}`)];
      }
      seen.add(record);
      const after = latest.get(writer) ?? 0;
      latest.set(writer, Math.max(after, sequence));
      return sequence > after ? [] : [reorderedRecord(from, length, { writer, sequence }, after)];
    });
  }

  /** Records whose parts stand apart from each other, with others between them. */
  private cut(): Damage[] {
    const damages: Damage[] = [];
    for (const parts of this.partsOfRecord.values()) {
      const [first, last] = [parts[0] as Part, parts.at(-1) as Part];
      const apart = parts.some((part, index) => index > 0 && part.from !== parts[index - 1]?.to);
      const known = this.torn.some(({ offset, length }) =>
        parts.some((part) => part.from >= offset && part.from < offset + length),
      );
      if (!apart || known) continue;
      const between = this.sights.filter((one) => one.from >= first.from && one.to <= last.to);
      const all = [...parts, ...between].sort((a, b) => a.from - b.from);
      const range = { offset: first.from, length: last.to - first.from };
      const torn = tornDamage(range, this.generationsOf(all), 'record');
      if (torn) damages.push(torn);
    }
    return damages;
  }

  /** Records, or bytes of records, that are nowhere; neighbours that are lost together are one. */
  private lost(): Damage[] {
    const ends = new Map(this.sights.map(({ record, to }) => [record, to]));
    const damages: Damage[] = [];
    let place = 0;
    let first = -1;
    for (let record = 0; record < this.journal.total; record++) {
      const parts = this.partsOfRecord.get(record);
      const absent = !ends.has(record) && !parts;
      if (this.journal.name(record).sequence === 1) place = 0;
      if (absent && first < 0) first = record;
      const last = record + 1 === this.journal.total;
      const ended = absent && (last || this.journal.name(record + 1).sequence === 1);
      if (first >= 0 && (!absent || ended)) {
        damages.push(this.lostRecords(first, absent ? record : record - 1, place));
        first = -1;
      }
      if (parts && !ends.has(record)) damages.push(...this.lostBytes(record, parts));
      place = ends.get(record) ?? parts?.at(-1)?.to ?? place;
    }
    return damages;
  }

  private lostRecords(first: number, last: number, offset: number): Damage {
    const { writer, sequence } = this.journal.name(first);
    const to = last > first ? ` to ${this.journal.name(last).sequence}` : '';
    const words = last > first ? 'are nowhere' : 'is nowhere';
    const because = `record ${sequence}${to} of writer ${writer} ${words}`;
    const length = (last - first + 1) * this.journal.recordBytes;
    return missingDamage({ offset, length }, because);
  }

  /** What is missing of a record of which parts are there. */
  private lostBytes(record: number, parts: readonly Part[]): Damage[] {
    const { writer, sequence } = this.journal.name(record);
    const there = parts.reduce((sum, part) => sum + part.to - part.from, 0);
    const length = this.journal.recordBytes - there;
    if (length <= 0) return [];
    const [first, last] = [parts[0] as Part, parts.at(-1) as Part];
    const offset = first.inside > 0 ? first.from : last.to;
    const because = `only ${there} bytes of record ${sequence} of writer ${writer} are there`;
    return [missingDamage({ offset, length }, because)];
  }
}
