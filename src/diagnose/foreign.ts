// `foreign`: bytes that this hunt did not write. Either a valid header says that another hunt wrote
// them, or at least 8 bytes are nobody's: they are no place, file or generation of this hunt, no
// zeros, no poison and too far from what was meant to be flipped bits. Fewer are `unexplained`.

import type { Damage } from '../domain/damage.ts';
import { originOf } from './hypothesis.ts';
import type { PlacedRun } from './placed-run.ts';
import { type Extent, extentOf, type Scene } from './scene.ts';

export const FOREIGN_BYTES_MIN = 8;
const QUOTED_BYTES = 24;

export function foreignRunDamage(scene: Scene, run: PlacedRun): Damage {
  const extent = extentOf(scene, run);
  const hunt = run.hypothesis.provenance?.hunt;
  return {
    kind: 'foreign',
    ...extent,
    from: originOf(run.hypothesis, extent.offset),
    because: `a header with a valid checksum says that hunt ${hunt} wrote it`,
  };
}

/** Null where the bytes could be this hunt's, since its words may be any. */
export function foreignDamage(scene: Scene, extent: Extent): Damage | null {
  const from = Math.min(extent.to, extent.from + 4096);
  const bytes = scene.observed.read(extent.from, from);
  const quote = textOf(bytes);
  if (scene.wordsMayBeAny && !quote && isVaried(bytes)) return null;
  return {
    kind: 'foreign',
    ...extentOf(scene, extent),
    because: quote ? `${scene.nobodys}: text that begins with ${quote}` : scene.nobodys,
  };
}

/** False of bytes too uniform to be random: fewer than half as many values as there can be. */
function isVaried(bytes: Uint8Array): boolean {
  return new Set(bytes).size > Math.min(bytes.length, 256) / 2;
}

/** The beginning of bytes that are nearly all printable, as a JSON string; else null. */
function textOf(bytes: Uint8Array): string | null {
  let printable = 0;
  for (const byte of bytes) {
    if ((byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13) printable++;
  }
  if (bytes.length < FOREIGN_BYTES_MIN || printable < bytes.length * 0.95) return null;
  const start = Buffer.from(bytes.subarray(0, QUOTED_BYTES)).toString('latin1');
  return JSON.stringify(start.replace(/[^\x20-\x7e\t\n\r]/g, '.'));
}
