// The answer of `verify FILE` and `diagnose BAD GOOD`, as `--json` prints it: a promise to those
// who build on it. Fields may be added, never renamed.

import type { Damage, Signature } from '../domain/damage.ts';
import type { Pattern } from '../domain/observation.ts';
import type { IntactBytes, MovedBytes } from './intact-ranges.ts';
import type { PartGrid } from './part-grid.ts';

/** Damaged ranges that are listed where nobody asks for another number; the rest is counted. */
export const RANGES_MAX_DEFAULT = 1000;

export interface FileDiagnosis {
  readonly schema: 'heisenwrite.verify/1' | 'heisenwrite.diagnose/1';
  readonly verdict: 'clean' | 'damaged';
  /** Path of the file that was judged, as it was given. */
  readonly file: string;
  /** Length that it has. */
  readonly bytes: number;
  /** Length that it is meant to have; null where nothing states it. */
  readonly meantBytes: number | null;
  /** Ascending by offset; a range with several kinds appears once for each. */
  readonly damage: readonly Damage[];
  /** Ranges beyond those listed; a lower bound where `givenUp`. */
  readonly damageNotListed: number;
  /** True where there was so much damage that the rest of the file was not looked at closely. */
  readonly givenUp: boolean;
  /** What the listed damage has in common; null of a clean file. */
  readonly signature: Signature | null;
  /** Of a stamped file: what its headers say. */
  readonly stamp?: StampSummary;
  /** Of a stamped file: the blocks that are not right, ascending; at most as many as ranges. */
  readonly blocks?: readonly BlockRange[];
  /** Blocks that are not right, all of them. */
  readonly blocksDamaged?: number;
  /** Of a stamped file: what of it was checked. Offsets are those of the whole stamped file. */
  readonly scope?: CheckedScope;
  /** Of a stamped file: what of the scope is right; null where not all damage is listed. */
  readonly intact?: IntactBytes | null;
  /** Of a stamped file: its own bytes that stand in the place of others. */
  readonly moved?: readonly MovedBytes[];
  /** Of a stamped file: the part size that explains the damaged ranges; null where none does. */
  readonly parts?: PartGrid | null;
}

export interface CheckedScope {
  /**
   * `whole`: what was read begins with the first byte. `range`: somebody asked for these bytes of
   * it. `part`: what was read begins with another byte of the stamped file, as its stamps say.
   */
  readonly kind: 'whole' | 'range' | 'part';
  /** Bytes [from, to) of the stamped file were there to be checked. */
  readonly from: number;
  readonly to: number;
  /** Of a range that goes on where the file has ended: where it ends. Beyond `to` was no byte. */
  readonly askedTo?: number;
}

export interface StampSummary {
  /** 16 hex digits. */
  readonly hunt: string;
  readonly file: number;
  readonly blockBytes: number;
  readonly pattern: Pattern;
  /** The generation of most blocks. */
  readonly generation: number;
}

export interface BlockRange {
  readonly firstBlock: number;
  readonly blocks: number;
}

export interface FileDiagnosisOptions {
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  /** That it holds only a part of the stamped file is known: what is not in it is not missing. */
  readonly part?: boolean;
  /** Check only these bytes [from, to) of what is read. */
  readonly range?: { readonly from: number; readonly to: number };
  /** @defaultValue RANGES_MAX_DEFAULT */
  readonly rangesMax?: number;
}
