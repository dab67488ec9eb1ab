// Collects damage in bounded memory: neighbouring ranges of the same kind and origin become one,
// and what exceeds the bound is counted, not kept.

import { formatCount } from '../base/quantities.ts';
import type { BitDamage, Damage } from '../domain/damage.ts';
import { joinBits, SAMPLES_MAX } from './word-differences.ts';

/** Right bytes between two ranges of random data may be a coincidence. */
const COINCIDENCE_BYTES = 16;
/** Between two sectors that were not filled: one sector whose older bytes happened to be right. */
const SECTOR_BYTES = 512;
/** So many equal flips, each so near to the last, are one fault: a bit that is stuck. */
const CHAIN_LINKS_MIN = 4;
const CHAIN_BITS_MIN = 16;
const CHAIN_GAP_BYTES = 64;

/** Looking closely at a range takes up to 0.1 ms: a file of noise must not take hours. */
const NOT_LISTED_ENOUGH = 20_000;

export class DamageList {
  private readonly damages: Damage[] = [];
  private readonly most: number;
  /** Ranges beyond the bound. */
  notListed = 0;

  constructor(most = Number.POSITIVE_INFINITY) {
    this.most = most;
  }

  /** True when so much was counted beyond the bound that more would tell nobody anything. */
  get isOverfull(): boolean {
    return this.notListed >= NOT_LISTED_ENOUGH;
  }

  add(...damages: readonly Damage[]): void {
    for (const damage of damages) this.addOne(damage);
  }

  private addOne(damage: Damage): void {
    const last = this.damages.at(-1);
    const joined = last && this.notListed === 0 && joinedDamage(last, damage);
    if (joined) this.damages[this.damages.length - 1] = joined;
    else if (this.damages.length < this.most || this.compacted()) this.damages.push(damage);
    else this.notListed++;
  }

  /** Joins the flips of a bit that is stuck, when that makes much room. */
  private compacted(): boolean {
    if (this.notListed > 0) return false;
    const joined = this.all();
    if (joined.length > this.most / 2) return false;
    this.damages.splice(0, this.damages.length, ...joined);
    return true;
  }

  get isEmpty(): boolean {
    return this.damages.length === 0;
  }

  /** In ascending order of offset. */
  all(): Damage[] {
    const sorted = this.damages.toSorted((a, b) => a.offset - b.offset);
    return joinChains(sorted);
  }
}

function gapMax(damage: Damage): number {
  if (damage.kind === 'foreign' && !damage.from) return COINCIDENCE_BYTES;
  if (damage.kind === 'untouched') return SECTOR_BYTES;
  return 0;
}

/** The two as one range, or null when they are not neighbours of one kind and origin. */
function joinedDamage(a: Damage, b: Damage): Damage | null {
  const gap = b.offset - (a.offset + a.length);
  if (a.kind !== b.kind || gap < 0 || gap > gapMax(a)) return null;
  if (a.kind === 'flipped' || a.kind === 'torn' || a.kind === 'reordered') return null;
  if (!sameOrigin(a, b)) return null;
  const samples = [...(a.samples ?? []), ...(b.samples ?? [])].slice(0, SAMPLES_MAX);
  return {
    ...a,
    length: b.offset + b.length - a.offset,
    ...(samples.length > 0 ? { samples } : {}),
    ...(a.bits && b.bits ? { bits: joinBits([a.bits, b.bits]) } : {}),
  };
}

function sameOrigin(a: Damage, b: Damage): boolean {
  if (!a.from || !b.from) {
    const alike = a.kind !== 'unexplained' || a.because === b.because;
    return !a.from && !b.from && alike;
  }
  const apart = (b.from.offset ?? 0) - (a.from.offset ?? 0);
  return (
    a.from.hunt === b.from.hunt &&
    a.from.file === b.from.file &&
    a.from.generation === b.from.generation &&
    apart === b.offset - a.offset
  );
}

/** Flips of one mask that follow each other closely become one range with all their bits. */
function joinChains(damages: readonly Damage[]): Damage[] {
  const out: Damage[] = [];
  for (let from = 0; from < damages.length; ) {
    let to = from + 1;
    while (to < damages.length && isLink(damages[to - 1] as Damage, damages[to] as Damage)) to++;
    const chain = damages.slice(from, to);
    const bits = chain.reduce((sum, one) => sum + (one.bits?.count ?? 0), 0);
    const many = chain.length >= CHAIN_LINKS_MIN || bits >= CHAIN_BITS_MIN;
    if (chain.length > 1 && many) out.push(chained(chain));
    else out.push(...chain);
    from = to;
  }
  return out;
}

function isLink(a: Damage, b: Damage): boolean {
  const near = b.offset - (a.offset + a.length) <= CHAIN_GAP_BYTES;
  if (a.kind !== 'flipped' || b.kind !== 'flipped' || !near || !a.bits || !b.bits) return false;
  const [one, other] = [BigInt(`0x${a.bits.xorMask}`), BigInt(`0x${b.bits.xorMask}`)];
  if (a.bits.direction !== b.bits.direction) return false;
  // Bits that are stuck show in a word only where the other value was meant.
  const within = (one & other) === one || (one & other) === other;
  return a.bits.direction === 'both' ? one === other : within;
}

function chained(chain: readonly Damage[]): Damage {
  const [first, last] = [chain[0] as Damage, chain.at(-1) as Damage];
  const bits = joinBits(chain.map((damage) => damage.bits as BitDamage));
  return {
    ...first,
    length: last.offset + last.length - first.offset,
    bits,
    samples: chain.flatMap((damage) => damage.samples ?? []).slice(0, SAMPLES_MAX),
    because: chainBecause(bits),
  };
}

function chainBecause({ xorMask, direction, count }: BitDamage): string {
  const mask = `mask ${xorMask}`;
  if (direction === 'both') return `words close together differ by one and the same ${mask}`;
  const reads = direction === '0->1' ? 1 : 0;
  return (
    `all ${formatCount(count)} bits that changed, in words close together, are bits of ${mask} ` +
    `and read ${reads}, as bits do that are stuck at ${reads}; all others are right`
  );
}
