// One line for one damage: kind, exact place, and the evidence that a person checks first.

import { formatCount } from '../base/quantities.ts';
import type { Damage } from '../domain/damage.ts';
import { bitWords } from './bit-words.ts';

/** `flipped 1 bit at offset 12,345 (bit 3 of the word at 12,344, 0->1): expected .., found ..`. */
export function damageWords(damage: Damage): string {
  const evidence = evidenceWords(damage);
  const place = `${amountWords(damage)} at offset ${formatCount(damage.offset)}`;
  return `${damage.kind} ${place}${placeWords(damage)}${evidence === '' ? '' : `: ${evidence}`}`;
}

function amountWords({ kind, bits, length }: Damage): string {
  const bytes = counted(length, 'byte');
  if (kind !== 'flipped' || !bits) return bytes;
  return bits.count === 1 ? '1 bit' : `${counted(bits.count, 'bit')} in ${bytes}`;
}

function counted(count: number, unit: string): string {
  return `${formatCount(count)} ${unit}${count === 1 ? '' : 's'}`;
}

/** Which bits of which word, in brackets; empty where no bits are told. */
function placeWords({ bits, offset, length }: Damage): string {
  if (!bits) return '';
  const first = Math.floor(offset / 8);
  const oneWord = Math.floor((offset + Math.max(1, length) - 1) / 8) === first;
  const word = oneWord ? `the word at ${formatCount(first * 8)}` : 'each damaged word';
  return ` (${bitWords(bits.bitsInWord)} of ${word}, ${directionWords(bits.direction)})`;
}

export function directionWords(direction: '0->1' | '1->0' | 'both'): string {
  return direction === 'both' ? 'both 0->1 and 1->0' : direction;
}

function evidenceWords(damage: Damage): string {
  if (damage.messages) return damage.because;
  switch (damage.kind) {
    case 'torn':
      return generationWords(damage);
    case 'stale':
      return damage.from?.generation === undefined
        ? valueWords(damage)
        : `generation ${damage.from.generation}`;
    case 'misdirected':
    case 'shifted':
    case 'duplicated':
    case 'reordered':
      return [originWords(damage), moveWords(damage)].filter((part) => part !== '').join(', ');
    case 'foreign':
      return damage.from?.hunt === undefined
        ? valueWords(damage)
        : `written by hunt ${damage.from.hunt}`;
    case 'untouched':
      return 'the read returned success and never filled them';
    case 'early':
      return damage.because;
    default:
      return valueWords(damage);
  }
}

/** Expected against found, of the first damaged word. */
function valueWords({ samples }: Damage): string {
  const first = samples?.[0];
  return first ? `expected ${first.expected}, found ${first.observed}` : '';
}

function generationWords({ generations }: Damage): string {
  const shown = (generations ?? []).slice(0, 4);
  const words = shown.map((one) => `generation ${one.generation} from ${formatCount(one.offset)}`);
  const more = (generations?.length ?? 0) - shown.length;
  return more > 0 ? `${words.join(', ')} and ${more} more changes` : words.join(', ');
}

function originWords({ from }: Damage): string {
  if (!from) return '';
  const parts: string[] = [];
  if (from.offset !== undefined) parts.push(`offset ${formatCount(from.offset)}`);
  if (from.file !== undefined) parts.push(`file ${from.file}`);
  if (from.hunt !== undefined) parts.push(`hunt ${from.hunt}`);
  const place = parts.length === 0 ? '' : `the bytes of ${parts.join(' of ')}`;
  if (from.generation === undefined) return place;
  return `${place}${place === '' ? '' : ', '}generation ${from.generation}`;
}

function moveWords({ kind, offset, from }: Damage): string {
  if (kind !== 'shifted' || from?.offset === undefined) return '';
  const move = offset - from.offset;
  return `${counted(Math.abs(move), 'byte')} ${move > 0 ? 'late' : 'early'}`;
}
