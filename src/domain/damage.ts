// The vocabulary of what can be wrong with bytes: kinds, bits, where found bytes came from, layers.
// These are the shapes that `--json` promises, so a field here is never renamed.

export const DAMAGE_KINDS = [
  'flipped',
  'zeroed',
  'stale',
  'torn',
  'misdirected',
  'foreign',
  'shifted',
  'duplicated',
  'missing',
  'extra',
  'reordered',
  'early',
  'untouched',
  'lost',
  'truncated',
  'merged',
  'altered',
  'late',
  'unexplained',
] as const;

export type DamageKind = (typeof DAMAGE_KINDS)[number];

/** Where the damage lives, after the re-reads. */
export const LAYERS = [
  'source',
  'reader-cache',
  'transient',
  'persisted',
  'in-flight',
  'undetermined',
] as const;

export type Layer = (typeof LAYERS)[number];

/** Bits of a 64-bit little-endian word; bit 0 is the least significant bit of the first byte. */
export interface BitDamage {
  /** Union of all XOR masks in the range, 16 hex digits. */
  readonly xorMask: string;
  /** Bit numbers set in xorMask, ascending, 0..63. */
  readonly bitsInWord: readonly number[];
  readonly direction: '0->1' | '1->0' | 'both';
  /** Bits that differ, over the whole range. */
  readonly count: number;
}

/** Where found bytes came from, as far as that is certain. */
export interface Origin {
  readonly file?: string | number;
  /** Byte offset in that file. */
  readonly offset?: number;
  readonly generation?: number;
  /** The hunt that wrote it, when the header of another hunt was found. */
  readonly hunt?: string;
}

/** A damaged 64-bit word, little-endian values as 16 hex digits. */
export interface WordSample {
  /** File offset of the word, a multiple of 8. */
  readonly offset: number;
  readonly expected: string;
  readonly observed: string;
}

export interface Damage {
  readonly kind: DamageKind;
  /**
   * File offset in bytes of the first damaged byte; of a whole message, its offset in all that its
   * sender sent; of part of a message, in the delivery.
   */
  readonly offset: number;
  /** Bytes from the first to the last damaged byte, inclusive. */
  readonly length: number;
  readonly bits?: BitDamage;
  readonly from?: Origin;
  /** For `torn`: every generation seen inside the unit and where it starts. */
  readonly generations?: readonly { readonly generation: number; readonly offset: number }[];
  /** Of messages: which, as their sender numbers them, from 0. */
  readonly messages?: readonly { readonly sender: number; readonly sequence: number }[];
  /** At most 8 words, for the reader of a report. */
  readonly samples?: readonly WordSample[];
  /** One sentence of evidence: what in the bytes makes this kind certain. */
  readonly because: string;
}

/** What all the damage of a hunt (or of one file) has in common. */
export interface Signature {
  /** For the person on call: "always bits 0-31 of a 64-bit word, 1->0, only words of all ones". */
  readonly words: string;
  readonly kinds: readonly DamageKind[];
  readonly ranges: number;
  readonly bytes: number;
  /** Largest power of two that divides every offset, and every length; bytes. */
  readonly offsetAlignment: number;
  readonly lengthAlignment: number;
  readonly lengths: { readonly min: number; readonly max: number; readonly distinct: number };
  /** The I/O sizes of the trials that divide every offset and every length; bytes. */
  readonly ioSizes: readonly number[];
  readonly bits?: BitDamage;
  /** The expected values of the damaged words, when there are at most 4 of them; hex. */
  readonly expectedWords?: readonly string[];
  readonly layers: readonly Layer[];
}

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}
