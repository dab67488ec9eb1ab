// Failures beside what provoked: whether they fell into its windows more often than by chance, and
// the trials on whose time line that can be seen.

/** Milliseconds since the beginning of what is drawn. */
export interface ReceiptWindow {
  readonly provocation: string;
  readonly what: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ProvocationFacts {
  /** As plans name it, and its level: `stop`, `writer every=50ms for=10ms`. */
  readonly provocation: string;
  readonly level: string;
  /** Trials in which it could fire, and how often it did. */
  readonly trials: number;
  readonly fired: number;
  /** How long it could fire, and how long it was in force; milliseconds. */
  readonly spanMs: number;
  readonly inForceMs: number;
  /** After its end a failure still counts as its own for so long; milliseconds. */
  readonly withinMs: number;
  /** Moments of failures meanwhile, those inside a window, and how many would be by chance. */
  readonly failures: number;
  /** Those of them whose moment is that of the read which saw them, and not of what went wrong. */
  readonly failuresRead: number;
  readonly inside: number;
  readonly expected: number;
  /** One-sided, circular-shift permutation; null where there is nothing to tell apart. */
  readonly pValue: number | null;
}

/** A trial on the time line. */
export interface ProvokedTrial {
  readonly trial: number;
  readonly spanMs: number;
  readonly windows: readonly ReceiptWindow[];
  readonly failuresMs: readonly number[];
}

export interface ProvokedFacts {
  readonly provocations: readonly ProvocationFacts[];
  /** A few, those with failures first. */
  readonly timeLine: readonly ProvokedTrial[];
}
