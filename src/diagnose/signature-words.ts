// The signature as one line for the person on call: "always bits 0-31 of a 64-bit word, 1->0, only
// words that were all ones; offsets multiples of 4096; lengths 4". `always` is said of at least two
// ranges and only where each of them shows all of it.

import type { Damage, DamageKind, Signature } from '../domain/damage.ts';
import { bitWords, valuesWords } from './bit-words.ts';
import { directionWords } from './damage-words.ts';

type Facts = Omit<Signature, 'words'>;

/** Characters; a longer list of bits is only counted. */
const LISTED_BITS_MAX = 40;

export function signatureWords(facts: Facts, damage: readonly Damage[]): string {
  const parts = [
    kindPart(facts, damage),
    originPart(facts, damage),
    offsetPart(facts, damage),
    lengthPart(facts),
    layerPart(facts),
  ];
  return parts.filter((part) => part !== '').join('; ');
}

function kindPart(facts: Facts, damage: readonly Damage[]): string {
  const [only] = facts.kinds;
  const always = damage.length > 1 ? 'always ' : '';
  if (facts.kinds.length === 1 && only === 'flipped' && facts.bits) return bitPart(facts, damage);
  if (facts.kinds.length === 1) return `${always}${only}${expectedPart(facts)}`;
  const counts = facts.kinds.map((kind) => `${countOf(damage, kind)} ${kind}`);
  const bits = facts.bits ? `; flips: ${bitPart(facts, damage.filter(isFlip))}` : '';
  return `${counts.join(', ')}${bits}`;
}

function isFlip(damage: Damage): boolean {
  return damage.bits !== undefined;
}

function countOf(damage: readonly Damage[], kind: DamageKind): number {
  return damage.filter((one) => one.kind === kind).length;
}

function bitPart(facts: Facts, flips: readonly Damage[]): string {
  const { bits } = facts;
  if (!bits) return '';
  const same = flips.every((one) => one.bits?.xorMask === bits.xorMask);
  const listed = bitWords(bits.bitsInWord);
  const where = listed.length > LISTED_BITS_MAX ? `${bits.bitsInWord.length} bits` : listed;
  const how = flips.length === 1 ? '' : same ? 'always ' : 'always within ';
  const direction = directionWords(bits.direction);
  return `${how}${where} of a 64-bit word, ${direction}${expectedPart(facts)}`;
}

function expectedPart({ expectedWords, ranges }: Facts): string {
  if (!expectedWords || expectedWords.length === 0) return '';
  if (ranges === 1 && expectedWords.length === 1) {
    return `, of a word that was ${valuesWords(expectedWords)}`;
  }
  return `, only words that were ${valuesWords(expectedWords)}`;
}

/** Where the found bytes came from, when that is the same for all of them. */
function originPart({ kinds }: Facts, damage: readonly Damage[]): string {
  const hunts = new Set(damage.map(({ from }) => from?.hunt));
  const [hunt] = hunts;
  if (hunts.size === 1 && hunt !== undefined) return `written by hunt ${hunt}`;
  const moves = new Set(
    damage.map(({ from, offset }) => (from?.offset === undefined ? null : offset - from.offset)),
  );
  const [move] = moves;
  if (moves.size === 1 && typeof move === 'number' && move !== 0) {
    return `displaced by ${move > 0 ? '+' : ''}${move} bytes`;
  }
  const generations = new Set(damage.map(({ from }) => from?.generation));
  const [generation] = generations;
  const told = generations.size === 1 && generation !== undefined && kinds.join() === 'stale';
  return told ? `of generation ${generation}` : '';
}

function offsetPart({ offsetAlignment }: Facts, damage: readonly Damage[]): string {
  const offset = damage[0]?.offset ?? 0;
  if (damage.every((one) => one.offset === offset)) {
    return damage.length > 1 ? `always at offset ${offset}` : `at offset ${offset}`;
  }
  return offsetAlignment === 1
    ? 'offsets of no common alignment'
    : `offsets multiples of ${offsetAlignment}`;
}

function lengthPart({ lengths, lengthAlignment, ranges }: Facts): string {
  if (lengths.min === lengths.max) {
    return ranges === 1 ? `length ${lengths.min}` : `lengths ${lengths.min}`;
  }
  const step = lengthAlignment === 1 ? '' : `, multiples of ${lengthAlignment}`;
  return `lengths ${lengths.min} to ${lengths.max}${step}`;
}

function layerPart({ layers }: Facts): string {
  const known = layers.filter((layer) => layer !== 'undetermined');
  if (known.length !== 1 || layers.length !== 1) return '';
  return `layer ${known[0]}`;
}
