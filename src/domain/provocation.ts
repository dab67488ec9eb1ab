// Something legitimate that is done while a trial runs, to make a rare failure frequent. It leaves
// a receipt each time it fires, so that a failure can be set beside what was going on.

/** What was done and when; kept with the trial. */
export interface Receipt {
  /** As plans name it: `toggle-export`. */
  readonly provocation: string;
  /** What was done: `read-only`. */
  readonly what: string;
  /** Monotonic time of this host when it took effect at the earliest; nanoseconds, decimal. */
  readonly atNs: string;
  /** Milliseconds since 1970, for logs of other hosts. */
  readonly atMs: number;
}

/** One that is under way. */
export interface Provocation {
  /** Ends it, with everything as it was before, and returns what it did. Never rejects. */
  stop(): Promise<readonly Receipt[]>;
}
