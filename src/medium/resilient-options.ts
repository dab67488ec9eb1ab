// How long a resilient writer tries, what it tries again, and how much it may hold meanwhile.

export interface ResilientOptions {
  /** From the first error of an outage to giving up; milliseconds, default 60,000. */
  readonly budgetMs?: number;
  /** Tries in one outage; default 1,000. */
  readonly tries?: number;
  /** What may be held that is not durable; bytes, default 16 MiB. Then a sync is made. */
  readonly bufferBytes?: number;
  /** Errors besides TRANSIENT_ERRORS that are tried again, such as `ENOSPC` or `EROFS`. */
  readonly also?: readonly string[];
  /**
   * Also the first open of all is tried again: where it is known that one may write there, so that
   * a refusal cannot be meant. Default false.
   */
  readonly patientOpen?: boolean;
  /** Before the second try, then twice as long each time; milliseconds, default 10. */
  readonly firstPauseMs?: number;
  /** Default 1,000 ms. */
  readonly pauseMsMax?: number;
}

export const RESILIENT_DEFAULTS: Required<ResilientOptions> = {
  budgetMs: 60_000,
  tries: 1_000,
  bufferBytes: 16 * 2 ** 20,
  also: [],
  patientOpen: false,
  firstPauseMs: 10,
  pauseMsMax: 1_000,
};
