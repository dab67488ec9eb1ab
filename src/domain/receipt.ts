// What provocations leave behind in a trial: each firing with its beginning and end, so that a
// failure can be set beside what was going on.

/** What was done and when; kept with the trial. */
export interface Receipt {
  /** As plans name it: `toggle-export`. */
  readonly provocation: string;
  /** What was done: `read-only`. */
  readonly what: string;
  /** Monotonic time of this host when it took effect at the earliest; nanoseconds, decimal. */
  readonly atNs: string;
  /** When all was as before, at the latest; the same clock. Absent of what has no duration. */
  readonly untilNs?: string;
  /** Milliseconds since 1970, for logs of other hosts. */
  readonly atMs: number;
}

/** What could fire in a trial, and while so long: monotonic times, nanoseconds, decimal. */
export interface Provoked {
  /** Level by name of the provocation, as receipts name it. */
  readonly by: Readonly<Record<string, string>>;
  readonly fromNs: string;
  readonly untilNs: string;
}
