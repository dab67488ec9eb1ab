// Keeps account of the records of a journal: each ought to be there once, whole, and after the
// earlier ones of its writer.

import type { Damage } from '../domain/damage.ts';
import { duplicatedRecord } from './duplicated.ts';
import { missingDamage } from './missing.ts';
import type { Journal, Slot } from './record-slots.ts';
import { reorderedRecord } from './reordered.ts';
import { type GenerationPart, tornDamage } from './torn.ts';

/** Bytes [from, to) of the file are of this record, or nobody's. */
interface Part {
  readonly from: number;
  readonly to: number;
  readonly record: number | null;
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

  /** @param starts offset of each part of the slot to its record */
  parts(slot: Slot, starts: ReadonlyMap<number, number | null>): void {
    const parts = [...starts].map(
      ([from, record], index, all): Part => ({ from, to: all[index + 1]?.[0] ?? slot.to, record }),
    );
    const records = new Set(parts.map((part) => part.record).filter((one) => one !== null));
    const [only] = records;
    const full = slot.to - slot.from === this.journal.recordBytes;
    if (records.size === 1 && only !== undefined && only === slot.record && full) {
      this.sights.push({ from: slot.from, to: slot.to, record: only });
      return;
    }
    for (const part of parts) if (part.record !== null) this.note(part.record, part);
    const range = { offset: slot.from, length: slot.to - slot.from };
    const mixed = records.size > 1 && tornDamage(range, this.generationsOf(parts), 'record');
    if (mixed) this.torn.push(mixed);
  }

  /** @param complete the file was seen to its end, so that what was not seen is not there */
  damage(complete: boolean): Damage[] {
    return [...this.torn, ...this.ordered(), ...this.cut(), ...(complete ? this.lost() : [])];
  }

  private note(record: number, part: Part): void {
    const parts = this.partsOfRecord.get(record) ?? [];
    parts.push(part);
    this.partsOfRecord.set(record, parts);
  }

  private generationsOf(parts: readonly Part[]): GenerationPart[] {
    return parts.flatMap(({ record, from }) => {
      if (record === null) return [];
      const { writer, sequence } = this.journal.name(record);
      return [{ generation: sequence, writer, offset: from }];
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

  /** Records, or bytes of records, that are nowhere. */
  private lost(): Damage[] {
    const ends = new Map(this.sights.map(({ record, to }) => [record, to]));
    const damages: Damage[] = [];
    let place = 0;
    for (let record = 0; record < this.journal.total; record++) {
      const { writer, sequence } = this.journal.name(record);
      if (sequence === 1) place = 0;
      const end = ends.get(record);
      const parts = this.partsOfRecord.get(record);
      if (end === undefined) {
        const there = parts?.reduce((sum, part) => sum + part.to - part.from, 0) ?? 0;
        const offset = parts?.at(-1)?.to ?? place;
        const length = this.journal.recordBytes - there;
        const what = there === 0 ? 'is nowhere' : `ends after ${there} bytes`;
        const because = `record ${sequence} of writer ${writer} ${what}`;
        if (length > 0) damages.push(missingDamage({ offset, length }, because));
      }
      place = end ?? parts?.at(-1)?.to ?? place;
    }
    return damages;
  }
}
