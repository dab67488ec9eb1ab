// Gathers the damage of a hunt, trial by trial, for its signature. Bounded: what ten thousand
// damaged ranges have in common, the next ones will not make clearer.

import type { Damage, Layer, Signature } from '../domain/damage.ts';
import type { StoredTrial } from '../domain/ports.ts';
import { signatureOf } from './signature.ts';

const RANGES_MAX = 10_000;

export class SignatureAccount {
  private readonly items: { damage: readonly Damage[]; ioBytes: number; layer: Layer }[] = [];
  private ranges = 0;

  add({ judgement, cell }: StoredTrial): void {
    const { levels } = cell;
    const ioBytes = Number(
      levels.io ?? (levels.chunk || levels.unit) ?? levels.record ?? levels.size ?? 0,
    );
    for (const { damage, layer } of judgement?.damage ?? []) {
      if (this.ranges >= RANGES_MAX) return;
      this.ranges += damage.length;
      this.items.push({ damage, ioBytes, layer });
    }
  }

  signature(): Signature | null {
    return signatureOf(this.items);
  }
}
