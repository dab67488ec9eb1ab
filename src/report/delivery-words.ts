// How the deliveries of a hunt went: who picked a file up too early, by how much, and what was
// missing then; counted from the trials, and in sentences.

import { formatDuration, formatSize } from '../base/quantities.ts';
import type { DeliveryAccount, DeliveryReport, EarlyPickups, Pickup } from '../domain/delivery.ts';
import type { StoredTrial } from '../domain/ports.ts';
import { plural } from './rate-words.ts';

/** Parts that are named in a sentence. */
const PARTS_NAMED = 8;

interface Early {
  readonly rule: string;
  readonly earlyMs: number[];
  sameLength: number;
  example: EarlyPickups['example'] | null;
}

export class DeliverySums {
  private pickups = 0;
  private whole = 0;
  private readonly early = new Map<string, Early>();

  add({ delivery }: StoredTrial['outcome'], trial: number): void {
    if (!delivery) return;
    for (const pickup of delivery.pickups) {
      this.pickups++;
      if (pickup.wrongPartsInAll === 0 || pickup.tookWhole) this.whole++;
      else this.addWrong(pickup, delivery, trial);
    }
  }

  private addWrong(
    pickup: Pickup,
    { sizeBytes, partBytes, writeMs, parts = [] }: DeliveryAccount,
    trial: number,
  ): void {
    // What was wrong although its writer was done is no matter of time.
    if (pickup.earlyMs <= 0) return;
    const { rule, wrongParts, wrongPartsInAll, zeroParts } = pickup;
    const known = this.early.get(rule) ?? { rule, earlyMs: [], sameLength: 0, example: null };
    this.early.set(rule, known);
    known.earlyMs.push(pickup.earlyMs);
    const isSameLength = pickup.copiedBytes === sizeBytes;
    if (isSameLength) known.sameLength++;
    // One of full length says most: its length betrays nothing.
    if (known.example !== null && !(isSameLength && !known.example.isSameLength)) return;
    known.example = {
      ...{ trial, partBytes, wrongParts, wrongPartsInAll, zeroParts, isSameLength },
      ...{ writeMs, earlyMs: pickup.earlyMs, copyMs: pickup.copyMs },
      // Of a later relay the writer is another relay.
      parts: pickup.hop === 0 ? parts : [],
    };
  }

  /** Null where nothing was delivered. */
  report(): DeliveryReport | null {
    if (this.pickups === 0) return null;
    const early = [...this.early.values()].flatMap(
      ({ rule, earlyMs, sameLength, example }): EarlyPickups[] => {
        if (example === null) return [];
        const [min, max] = [Math.min(...earlyMs), Math.max(...earlyMs)];
        return [{ rule, count: earlyMs.length, earlyMs: { min, max }, sameLength, example }];
      },
    );
    return { pickups: this.pickups, whole: this.whole, early };
  }
}

export function deliveryWords(report: DeliveryReport | null | undefined): string[] {
  if (!report) return [];
  const { pickups, whole, early } = report;
  const lines = [`${whole} of ${plural(pickups, 'pickup')} took the whole file`];
  for (const { rule, count, earlyMs, sameLength, example } of early) {
    const [least, most] = [formatDuration(earlyMs.min), formatDuration(earlyMs.max)];
    const came = `${plural(count, 'pickup')} by ${rule} came ${least} to ${most}`;
    const lengths = `${sameLength} of the copies have the length of the whole file`;
    lines.push(
      `${came} before the writer was done; ${lengths}`,
      `for example trial ${example.trial}: ${partWords(example)}`,
    );
  }
  return lines;
}

function partWords(example: EarlyPickups['example']): string {
  const { wrongParts, wrongPartsInAll, zeroParts, partBytes } = example;
  const named = wrongParts.slice(0, PARTS_NAMED).join(', ');
  const more = wrongPartsInAll - Math.min(PARTS_NAMED, wrongParts.length);
  const [noun, verb] = wrongPartsInAll === 1 ? ['part', 'is'] : ['parts', 'are'];
  const parts = `${noun} ${named}${more > 0 ? ` and ${more} more` : ''}`;
  const what =
    zeroParts === wrongPartsInAll ? 'zeros' : `missing or wrong, ${zeroParts} of them zeros`;
  return `${parts} of ${formatSize(partBytes)} (from 0) ${verb} ${what}`;
}
