// What the faults that fire make of a chunk of bytes on its way: when it is due, in which pieces it
// goes, how much of it, and whether the connection ends with it.

import { monotonicMs } from '../../base/clock.ts';
import type { Rng } from '../../base/rng.ts';
import type { ArmedFault, ArmedFaults, FaultCall } from '../armed-faults.ts';
import { latencyMs } from '../kinds/latency.ts';
import type { Ending } from './lane.ts';

/** A rate is kept in steps of so many milliseconds, or 64 KiB would come at once after minutes. */
const RATE_STEP_MS = 20;

export interface PlannedChunk {
  /** What is still to be sent of it. */
  readonly bytes: Uint8Array;
  /** As it came: what it weighs in the queue. */
  readonly takenBytes: number;
  /** monotonicMs from which its first byte may leave. */
  readonly dueMs: number;
  readonly pieceBytes: number;
  readonly msPerByte: number;
  readonly ending: Ending | 'dropped' | null;
  /** To be called when the ending is carried out. */
  ended(): void;
}

interface Doom {
  readonly armed: ArmedFault;
  readonly ending: Ending | 'dropped';
  /** Position in the stream at which it comes. */
  readonly at: number;
}

const ENDINGS = ['cut', 'reset', 'half-close', 'dropped'] as const;

/** The plans of one direction, in the order of its bytes. */
export class LanePlanner {
  readonly #operation: 'read' | 'write';
  readonly #faults: ArmedFaults;
  readonly #rng: Rng;
  /** Bytes that came so far. */
  #position = 0;
  /** When the line is free again, where a rate is kept. */
  #freeMs = 0;
  #doom: Doom | null = null;

  /** @param operation `write` from the client to the server, `read` the other way */
  constructor(operation: 'read' | 'write', faults: ArmedFaults, rng: Rng) {
    this.#operation = operation;
    this.#faults = faults;
    this.#rng = rng;
  }

  /** Whether bytes may pass without a plan. */
  get quiet(): boolean {
    return this.#faults.quiet && this.#doom === null;
  }

  /** Counts bytes that passed without a plan. */
  passed(bytes: number): void {
    this.#position += bytes;
  }

  plan(chunk: Buffer): PlannedChunk {
    const call: FaultCall = {
      operation: this.#operation,
      path: '',
      offset: this.#position,
      length: chunk.length,
      data: chunk,
    };
    this.#position += chunk.length;
    const pace = { dueMs: monotonicMs(), pieceBytes: Math.max(1, chunk.length), msPerByte: 0 };
    for (const armed of this.#faults.firing(call)) this.#apply(armed, call, pace);
    if (pace.msPerByte > 0) {
      pace.dueMs = Math.max(pace.dueMs, this.#freeMs);
      this.#freeMs = pace.dueMs + chunk.length * pace.msPerByte;
    }
    const doom = this.#doom !== null && this.#doom.at <= this.#position ? this.#doom : null;
    const keptBytes = doom === null ? chunk.length : Math.max(0, doom.at - call.offset);
    return {
      ...pace,
      bytes: chunk.subarray(0, keptBytes),
      takenBytes: chunk.length,
      ending: doom?.ending ?? null,
      ended: () => {
        if (doom) this.#faults.receipt(doom.armed, call, `${doom.ending} at byte ${doom.at}`);
      },
    };
  }

  #apply(armed: ArmedFault, call: FaultCall, pace: Pace): void {
    const { kind, values } = armed.fault;
    const bytes = Number(values.bytes ?? 0);
    const ending = ENDINGS.find((each) => each === kind);
    if (ending !== undefined) {
      this.#doom ??= { armed, ending, at: call.offset + bytes };
      return;
    }
    if (kind === 'latency') {
      const ms = latencyMs(armed.fault, this.#rng);
      pace.dueMs += ms;
      this.#faults.receipt(armed, call, `${ms.toFixed(1)} ms later`);
    } else if (kind === 'rate') {
      pace.msPerByte = Math.max(pace.msPerByte, 1000 / bytes);
      const stepBytes = Math.ceil(RATE_STEP_MS / pace.msPerByte);
      pace.pieceBytes = Math.min(pace.pieceBytes, stepBytes);
      this.#faults.receipt(armed, call, `${bytes} bytes per second`);
    } else if (kind === 'slice') {
      pace.pieceBytes = Math.min(pace.pieceBytes, bytes);
      this.#faults.receipt(armed, call, `in pieces of ${bytes} bytes`);
    }
  }
}

interface Pace {
  dueMs: number;
  pieceBytes: number;
  msPerByte: number;
}
