// The faults that are set at a mount or proxy: which of them fire at a call, by their conditions
// and a seed, and the receipts of those that did. A server asks `firing` before each call, and
// calls `receipt` for what it changed.

import { monotonicNs, wallMs } from '../base/clock.ts';
import type { Rng } from '../base/rng.ts';
import type {
  Fault,
  FaultOperation,
  FaultRange,
  FaultReceipt,
  PlantableFaults,
} from '../domain/fault.ts';
import { operationsOf } from '../domain/fault-grammar.ts';

/** Words of 8 bytes; what `content=` looks for. */
const WORD_BYTES = 8;
/** Receipts kept in memory until somebody takes them; older ones are counted and dropped. */
const RECEIPTS_MAX = 100_000;

/** A call as a server of faults sees it. */
export interface FaultCall {
  readonly operation: FaultOperation;
  /** From the root of the mount or export, with a leading slash; empty where it is not known. */
  readonly path: string;
  readonly offset: number;
  readonly length: number;
  /** Flags that the file was opened with, by name; undefined where a protocol has none. */
  readonly flags?: readonly string[];
  /** What is written; of a read, what was read. Absent before that is known. */
  readonly data?: Uint8Array;
}

/** A fault that is set, with what it has done. */
export interface ArmedFault {
  /** From 1, in the order in which the faults were set; never used twice. */
  readonly number: number;
  readonly fault: Fault;
  readonly operations: ReadonlySet<FaultOperation>;
  /** Calls that met its conditions, fired or not. */
  matched: number;
  fired: number;
}

interface Armed extends ArmedFault {
  readonly rng: Rng;
  readonly path: RegExp | null;
  /** When its clock began: set, or signalled; null while it waits for a signal. */
  awakeNs: bigint | null;
}

export class ArmedFaults {
  readonly #plantable: PlantableFaults;
  readonly #where: string;
  readonly #rng: Rng;
  readonly #onReceipt: ((receipt: FaultReceipt) => void) | undefined;
  readonly #admit: ((fault: Fault) => void) | undefined;
  readonly #watchers: ((armed: ArmedFault) => void)[] = [];
  #armed: Armed[] = [];
  #receipts: FaultReceipt[] = [];
  #dropped = 0;
  #last = 0;

  /**
   * @param where the words for the server: `a mount`, `the nfs proxy`
   * @param onReceipt told of each, at once, besides what `takeReceipts` gives
   * @param admit throws `invalid-fault` for what `plantable` cannot say, such as an unknown errno
   */
  constructor(
    plantable: PlantableFaults,
    where: string,
    rng: Rng,
    onReceipt?: (receipt: FaultReceipt) => void,
    admit?: (fault: Fault) => void,
  ) {
    this.#plantable = plantable;
    this.#where = where;
    this.#rng = rng;
    this.#onReceipt = onReceipt;
    this.#admit = admit;
  }

  /**
   * Sets one more.
   * @throws HeisenwriteError `invalid-fault` where it cannot be planted here
   */
  set(fault: Fault): ArmedFault {
    const operations = new Set(operationsOf(fault, this.#plantable, this.#where));
    this.#admit?.(fault);
    const number = ++this.#last;
    const { path, signal } = fault.values;
    const armed: Armed = {
      number,
      fault,
      operations,
      matched: 0,
      fired: 0,
      rng: this.#rng.fork(`fault-${number}`),
      path: path === undefined ? null : globPattern(String(path)),
      awakeNs: signal === undefined ? monotonicNs() : null,
    };
    this.#armed = [...this.#armed, armed];
    if (armed.awakeNs !== null) this.#tell(armed);
    return armed;
  }

  list(): readonly ArmedFault[] {
    return this.#armed;
  }

  /** True while nothing is set: a server passes everything on without asking. */
  get quiet(): boolean {
    return this.#armed.length === 0;
  }

  /** Told whenever the clock of a fault begins: when it was set, or was woken by its signal. */
  watch(listener: (armed: ArmedFault) => void): void {
    this.#watchers.push(listener);
  }

  /** Removes one, or all. Returns how many there were. */
  clear(number?: number): number {
    const before = this.#armed.length;
    this.#armed = number === undefined ? [] : this.#armed.filter((each) => each.number !== number);
    return before - this.#armed.length;
  }

  /** Wakes those that wait for this signal. Returns how many. */
  signalled(signal: string): number {
    const waiting = this.#armed.filter(({ fault }) => fault.values.signal === signal);
    for (const armed of waiting) {
      armed.awakeNs = monotonicNs();
      this.#tell(armed);
    }
    return waiting.length;
  }

  #tell(armed: ArmedFault): void {
    for (const each of this.#watchers) each(armed);
  }

  /** Whether one of these kinds is set for this call, awake or not: what needs preparation. */
  mayFire(operation: FaultOperation, kinds: readonly Fault['kind'][]): boolean {
    return this.#armed.some(
      ({ fault, operations }) => kinds.includes(fault.kind) && operations.has(operation),
    );
  }

  /** Those that may yet fire at such a call to this path: where none may, it can pass unseen. */
  meeting(operation: FaultOperation, path: string): readonly ArmedFault[] {
    return this.#armed.filter((armed) => {
      const { count } = armed.fault.values;
      const isSpent = count !== undefined && armed.fired >= Number(count);
      return !isSpent && armed.operations.has(operation) && (armed.path?.test(path) ?? true);
    });
  }

  /**
   * Those that fire at this call, in the order in which they were set. Each is counted as fired:
   * the server must carry it out, and say so with `receipt`. Where one fires by which the call is
   * not carried out, nothing else can act on it but what slows it: the others are not asked.
   * @param may leaves out those that the server cannot carry out at this moment of the call
   */
  firing(call: FaultCall, may: (fault: Fault) => boolean = ALL): readonly ArmedFault[] {
    if (this.#armed.length === 0) return NONE;
    const asked = this.#armed.filter((armed) => may(armed.fault));
    const ending = asked.find((armed) => ENDING.has(armed.fault.kind) && fires(armed, call));
    return asked.filter((armed) => {
      if (armed === ending) return true;
      if (ending ? !SLOWING.has(armed.fault.kind) : ENDING.has(armed.fault.kind)) return false;
      return fires(armed, call);
    });
  }

  /** Keeps what a fault changed. */
  receipt(armed: ArmedFault, call: FaultCall, what: string): void {
    const receipt: FaultReceipt = {
      fault: armed.number,
      kind: armed.fault.kind,
      operation: call.operation,
      path: call.path,
      offset: call.offset,
      length: call.length,
      what,
      atNs: String(monotonicNs()),
      atMs: wallMs(),
    };
    this.#onReceipt?.(receipt);
    this.#receipts.push(receipt);
    if (this.#receipts.length > RECEIPTS_MAX) {
      this.#receipts = this.#receipts.slice(RECEIPTS_MAX / 2);
      this.#dropped += RECEIPTS_MAX / 2;
    }
  }

  /** The receipts since the last time, and how many older ones were dropped. */
  takeReceipts(): { readonly receipts: readonly FaultReceipt[]; readonly dropped: number } {
    const taken = { receipts: this.#receipts, dropped: this.#dropped };
    this.#receipts = [];
    this.#dropped = 0;
    return taken;
  }
}

const NONE: readonly ArmedFault[] = [];
const ALL = () => true;
/** With these the call is not carried out. */
const ENDING: ReadonlySet<Fault['kind']> = new Set(['errno', 'lost', 'late']);
const SLOWING: ReadonlySet<Fault['kind']> = new Set(['latency', 'rate']);

function fires(armed: Armed, call: FaultCall): boolean {
  const { values } = armed.fault;
  if (!armed.operations.has(call.operation)) return false;
  if (values.count !== undefined && armed.fired >= Number(values.count)) return false;
  if (armed.path !== null && !armed.path.test(call.path)) return false;
  if (values.offset !== undefined && !touches(values.offset as FaultRange, call)) return false;
  if (!hasFlags(values, call.flags ?? NO_FLAGS)) return false;
  if (!isAwake(armed)) return false;
  if (values.content !== undefined && firstWord(call.data, String(values.content)) === null) {
    return false;
  }
  armed.matched++;
  if (armed.matched <= Number(values.skip ?? 0)) return false;
  if (values.probability !== undefined && armed.rng.uniform() >= Number(values.probability)) {
    return false;
  }
  armed.fired++;
  return true;
}

const NO_FLAGS: readonly string[] = [];

function hasFlags(values: Fault['values'], flags: readonly string[]): boolean {
  const wanted = (values.with ?? NO_FLAGS) as readonly string[];
  const unwanted = (values.without ?? NO_FLAGS) as readonly string[];
  return (
    wanted.every((each) => flags.includes(each)) && !unwanted.some((each) => flags.includes(each))
  );
}

function touches({ from, to }: FaultRange, { offset, length }: FaultCall): boolean {
  return offset < to && offset + length > from;
}

/** Whether its time has come: after `start`, for `for`, and again `every`. */
function isAwake({ fault, awakeNs }: Armed): boolean {
  if (awakeNs === null) return false;
  const { start, every } = fault.values;
  if (start === undefined && fault.values.for === undefined) return true;
  const sinceMs = Number(monotonicNs() - awakeNs) / 1e6 - Number(start ?? 0);
  if (sinceMs < 0) return false;
  if (fault.values.for === undefined) return true;
  const within = every === undefined ? sinceMs : sinceMs % Number(every);
  return within < Number(fault.values.for);
}

/** `*` is anything, slashes included; `?` one character. Without a slash it is of the name. */
function globPattern(pattern: string): RegExp {
  const body = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(pattern.includes('/') ? `^${body}$` : `(^|/)${body}$`, 's');
}

/** Index of the first 64-bit word of `data` that is all ones or all zeros, or null. */
export function firstWord(data: Uint8Array | undefined, content: string): number | null {
  if (!data) return null;
  const byte = content === 'ones' ? 0xff : 0;
  for (let at = 0; at + WORD_BYTES <= data.length; at += WORD_BYTES) {
    let same = 0;
    while (same < WORD_BYTES && data[at + same] === byte) same++;
    if (same === WORD_BYTES) return at / WORD_BYTES;
  }
  return null;
}
