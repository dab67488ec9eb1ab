// What a case stands on: servers and file systems that are made for it and taken away again.

import type { Rng } from '../../base/rng.ts';
import type { CaseWindow } from './case-windows.ts';

/** What the set-up itself shows of the mechanism. */
export interface Explanation {
  readonly words: readonly string[];
  /** What was expected and not seen. */
  readonly missing: readonly string[];
}

export interface CaseGround {
  /** Label to directory or URL, as of a plan. */
  readonly places: Readonly<Record<string, string>>;
  /** What `{case:NAME}` in the plan stands for. */
  readonly values: Readonly<Record<string, string>>;
  /** What it is, in one line, and what it is not where the machine does not allow more. */
  readonly about: string;
  /** True where what lies on its places goes away with it. */
  readonly isTransient: boolean;
  /** So far: when what the set-up does on purpose was in force. */
  windows?(): readonly CaseWindow[];
  /** Shows the mechanism by other means than the hunt, once the hunt has found it. */
  explain?(): Promise<Explanation>;
  /** Takes all of it away. Never rejects. */
  close(): Promise<void>;
}

export interface CaseSetup {
  readonly about: string;
  /**
   * @param work an empty directory of its own
   * @throws HeisenwriteError `missing-component` where this machine cannot run it
   */
  open(work: string, rng: Rng): Promise<CaseGround>;
}
