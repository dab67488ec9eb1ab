// The rig during a hunt: checked at its start and end, and before an accusation, but not more often
// than once a second, since a hunt that finds torn reads accuses several times a second.

import { monotonicMs } from '../base/clock.ts';
import type { Rig } from '../domain/hunt-report.ts';
import { checkRig, type RigSnapshot, renewSnapshot, rigSnapshot } from './rig.ts';

const VALID_MS = 1000;

export class RigWatch {
  private readonly directory: string;
  private before: RigSnapshot;
  private last: { readonly rig: Rig; readonly atMs: number } | null = null;

  constructor(directory: string) {
    this.directory = directory;
    this.before = rigSnapshot(directory);
  }

  async check(): Promise<Rig> {
    const rig = await checkRig({ directory: this.directory, before: this.before });
    this.last = { rig, atMs: monotonicMs() };
    if (!rig.passed) this.before = renewSnapshot(this.before, this.directory);
    return rig;
  }

  /** The last check if it is not older than a second, else a new one. */
  async recent(): Promise<Rig> {
    const fresh = this.last && monotonicMs() - this.last.atMs < VALID_MS;
    return fresh && this.last ? this.last.rig : this.check();
  }
}
