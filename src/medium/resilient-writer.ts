// A writer for a long capture that must not end half-way because a server reloads its exports,
// restarts or is away for a moment. What is not yet durable is kept, in a bounded buffer, so that
// it can be written again: an acknowledged write may be lost until a sync has succeeded (a failed
// fsync(2) drops pages, a restarted NFS server forgets UNSTABLE writes).
//
//      0          durable        acknowledged      taken
//      |-- gone ---->|---------- held ----------------->|

import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../base/clock.ts';
import { TRANSIENT_ERRORS } from '../domain/transient-errors.ts';
import { RESILIENT_DEFAULTS, type ResilientOptions } from './resilient-options.ts';
import type { OpenWritable, WritableFile } from './writable-file.ts';

/** An error, or several in a row, that was survived. */
export interface SurvivedOutage {
  /** Of the first error: `EACCES`. */
  readonly code: string;
  /** What had been acknowledged then; bytes. */
  readonly offset: number;
  readonly tries: number;
  /** Until it went on; milliseconds. */
  readonly lastedMs: number;
}

export interface ResilientWriter {
  /**
   * Appends a copy. Also where it rejects the bytes are held and must not be given again, unless
   * `wasTaken` of the error is false: there was no room for more that is not durable.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** All that was given is durable. */
  sync(): Promise<void>;
  /** As sync, then closes. */
  close(): Promise<void>;
  /** Given to this writer; bytes. */
  readonly takenBytes: number;
  readonly acknowledgedBytes: number;
  readonly durableBytes: number;
  readonly outages: readonly SurvivedOutage[];
}

/**
 * The writer gave up, for now: what it took is still held, and the next `write`, `sync` or `close`
 * tries again with a new budget. `cause` is the last error.
 */
export class ResilientWriteError extends Error {
  override name = 'ResilientWriteError';
  /** Of the last error: `ENOSPC`. */
  readonly code: string;
  /** From the beginning to here nothing is lost; bytes. */
  readonly durableBytes: number;
  /** Acknowledged, and perhaps lost since beyond `durableBytes`; bytes. */
  readonly acknowledgedBytes: number;
  readonly takenBytes: number;
  readonly tries: number;
  readonly lastedMs: number;
  /** Of a `write`: whether its bytes are held. */
  wasTaken = true;

  constructor(words: string, code: string, sizes: Sizes, outage: Outage, cause: unknown) {
    super(words, { cause });
    this.code = code;
    this.durableBytes = sizes.durableBytes;
    this.acknowledgedBytes = sizes.acknowledgedBytes;
    this.takenBytes = sizes.takenBytes;
    this.tries = outage.tries;
    this.lastedMs = outage.lastedMs;
  }
}

type Sizes = Pick<ResilientWriter, 'takenBytes' | 'acknowledgedBytes' | 'durableBytes'>;

interface Outage {
  readonly tries: number;
  readonly lastedMs: number;
}

/** Outages that are remembered; a capture may go on for weeks. */
const OUTAGES_MAX = 1_000;

/**
 * Writes one file from its beginning to its end. Calls may overlap: they are carried out in turn.
 * Every call rejects with a ResilientWriteError: at once for what is not transient, else when the
 * budget of time or tries is used up.
 */
export function resilientWriter(
  open: OpenWritable,
  options: ResilientOptions = {},
): ResilientWriter {
  return new Writer(open, options);
}

/** Which step failed: after a sync or close that failed nothing is known of what is not durable. */
type Step = 'open' | 'write' | 'sync' | 'close';

class StepError {
  readonly step: Step;
  readonly cause: unknown;

  constructor(step: Step, cause: unknown) {
    this.step = step;
    this.cause = cause;
  }
}

class Writer implements ResilientWriter {
  takenBytes = 0;
  acknowledgedBytes = 0;
  durableBytes = 0;
  readonly outages: SurvivedOutage[] = [];
  readonly #open: OpenWritable;
  readonly #options: Required<ResilientOptions>;
  /** What was taken and is not durable, in order, the first at `durableBytes`. */
  #held: Uint8Array[] = [];
  /** How many of these the file has acknowledged. */
  #sent = 0;
  #file: WritableFile | null = null;
  #wasOpened = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(open: OpenWritable, options: ResilientOptions) {
    this.#open = open;
    this.#options = { ...RESILIENT_DEFAULTS, ...options };
  }

  write(bytes: Uint8Array): Promise<void> {
    const own = bytes.slice();
    return this.#inTurn(async () => {
      const held = this.takenBytes - this.durableBytes;
      if (held > 0 && held + own.length > this.#options.bufferBytes) {
        await this.#settle().catch(notTaken);
      }
      // From here on they are ours, whatever becomes of this call.
      if (own.length > 0) this.#held.push(own);
      this.takenBytes += own.length;
      await this.#persevere(() => this.#push());
    });
  }

  sync(): Promise<void> {
    return this.#inTurn(() => this.#settle());
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#settle();
      await this.#persevere(() => this.#closeFile());
    });
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #settle(): Promise<void> {
    return this.#persevere(async () => {
      const file = await this.#push();
      if (file.sync) await during('sync', file.sync());
      this.durableBytes = this.acknowledgedBytes;
      [this.#held, this.#sent] = [[], 0];
    });
  }

  /** Writes what is held and was not acknowledged by this file. */
  async #push(): Promise<WritableFile> {
    const file = this.#file ?? (await this.#opened());
    for (; this.#sent < this.#held.length; this.#sent++) {
      const bytes = this.#held[this.#sent] as Uint8Array;
      await during('write', file.write(this.acknowledgedBytes, bytes));
      this.acknowledgedBytes += bytes.length;
    }
    return file;
  }

  async #opened(): Promise<WritableFile> {
    const file = await during('open', this.#open(this.#wasOpened));
    this.#wasOpened = true;
    this.#file = file;
    return file;
  }

  /** All is durable by then; without a sync it is close that completes it, so its error counts. */
  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    if (!file) return;
    try {
      await during('close', file.close());
    } catch (error) {
      const isTransient = this.#transient(error as StepError) !== null;
      if (!file.sync || !isTransient) throw error;
    }
  }

  async #persevere(step: () => Promise<unknown>): Promise<void> {
    const { tries: triesMax, budgetMs, firstPauseMs, pauseMsMax } = this.#options;
    let first: { readonly code: string; readonly offset: number; readonly ms: number } | null =
      null;
    for (let tries = 1; ; tries++) {
      try {
        await step();
        if (first) this.#survived(first, { tries, lastedMs: monotonicMs() - first.ms });
        return;
      } catch (thrown) {
        if (!(thrown instanceof StepError)) throw thrown;
        const code = codeOf(thrown.cause);
        first ??= { code, offset: this.acknowledgedBytes, ms: monotonicMs() };
        const remedy = this.#transient(thrown);
        const outage = { tries, lastedMs: monotonicMs() - first.ms };
        const pauseMs = Math.min(pauseMsMax, firstPauseMs * 2 ** Math.min(tries - 1, 30));
        const isOver = tries >= triesMax || outage.lastedMs + pauseMs > budgetMs;
        if (remedy === null || isOver) await this.#giveUp(thrown, outage, remedy !== null);
        if (remedy === 'reopen' || thrown.step !== 'write') await this.#forget();
        await sleep(pauseMs);
      }
    }
  }

  /** What to do after it, null for what does not pass by itself. */
  #transient({ step, cause }: StepError): 'again' | 'reopen' | null {
    const code = codeOf(cause);
    const known = Object.hasOwn(TRANSIENT_ERRORS, code) ? TRANSIENT_ERRORS[code] : undefined;
    const isFirstOpen = step === 'open' && !this.#wasOpened && !this.#options.patientOpen;
    if (known) return isFirstOpen && known.onlyOnceOpened ? null : known.remedy;
    return this.#options.also.includes(code) && !isFirstOpen ? 'reopen' : null;
  }

  async #giveUp({ step, cause }: StepError, outage: Outage, transient: boolean): Promise<never> {
    const { takenBytes, acknowledgedBytes, durableBytes } = this;
    await this.#forget();
    const said = cause instanceof Error ? cause.message : String(cause);
    const why = transient
      ? `gave up after ${outage.tries} tries in ${Math.round(outage.lastedMs)} ms`
      : 'does not pass by itself';
    const words =
      `${step} at ${acknowledgedBytes}: ${said}; ${why}. ${durableBytes} bytes are durable, ` +
      `${acknowledgedBytes} were acknowledged, ${takenBytes - durableBytes} are held`;
    const sizes = { takenBytes, acknowledgedBytes, durableBytes };
    throw new ResilientWriteError(words, codeOf(cause), sizes, outage, cause);
  }

  /** The next step opens it anew, and writes all that is held again. */
  async #forget(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    [this.acknowledgedBytes, this.#sent] = [this.durableBytes, 0];
    await file?.close().catch(() => undefined);
  }

  #survived({ code, offset }: { code: string; offset: number }, outage: Outage): void {
    if (this.outages.length < OUTAGES_MAX) this.outages.push({ code, offset, ...outage });
  }
}

function notTaken(error: unknown): never {
  if (error instanceof ResilientWriteError) error.wasTaken = false;
  throw error;
}

function during<Result>(step: Step, call: Promise<Result>): Promise<Result> {
  return call.catch((error: unknown) => Promise.reject(new StepError(step, error)));
}

/** `code` of Node's errors, `errno` of an OperationError; empty where it has neither. */
function codeOf(error: unknown): string {
  const { code, errno } = (error ?? {}) as { code?: unknown; errno?: unknown };
  if (typeof code === 'string') return code;
  return typeof errno === 'string' ? errno : '';
}
