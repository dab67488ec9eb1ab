// A case: a bug that happened, as a directory under `cases/` that shows it from the first failure
// to the proof of its fix, in five steps.

export const CASE_STEPS = ['found', 'isolated', 'explained', 'fixed', 'proven'] as const;
export type CaseStep = (typeof CASE_STEPS)[number];

/** What was shown of one step, or why it was not. */
export interface ShownStep {
  readonly step: CaseStep;
  readonly shown: boolean;
  /** Sentences from the reports themselves. */
  readonly words: readonly string[];
  /** What was expected and not seen. */
  readonly missing: readonly string[];
}

/** `expected.json`: what the hunt and the proof of a case must show. */
export interface CaseExpectation {
  readonly verdict: 'damaged' | 'failed';
  /** Kinds of damage: at least one of them, and no other. */
  readonly kinds?: readonly string[] | undefined;
  /** Where the damage is. */
  readonly layer?: string | undefined;
  /** Calls that failed, as `write EACCES`: at least one of them was seen. */
  readonly failures?: readonly string[] | undefined;
  /** Regular expressions that the report must match, white space taken as one space. */
  readonly words: readonly string[];
  readonly isolation: {
    /** Factor to levels: exactly these are needed. */
    readonly needs: Readonly<Record<string, readonly (string | number | boolean)[]>>;
    readonly irrelevant: readonly string[];
  };
  /** The most that p may be of failures and the windows of the set-up having met by chance. */
  readonly windowsPValueMax?: number | undefined;
}

/** The document that `case SLUG --json` prints: fields may be added, never renamed. */
export interface CaseReport {
  readonly schema: 'heisenwrite.case/1';
  readonly case: string;
  readonly title: string;
  /** In order, up to the first that was not shown. */
  readonly steps: readonly ShownStep[];
  /** Null where all five were shown. */
  readonly failedStep: CaseStep | null;
  /** Identifiers and directories of the hunt and of the proof; null where there was none. */
  readonly hunt: CaseRun | null;
  readonly proof: CaseRun | null;
  /** Where it ran; null where that was removed afterwards. */
  readonly kept: string | null;
  readonly seconds: number;
}

export interface CaseRun {
  readonly hunt: string;
  readonly directory: string;
  readonly seed: string;
}
