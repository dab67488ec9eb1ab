// Calls without data: what fires at one delays it, refuses it, skips it, or lets it happen and then
// calls it failed. Also what all calls of a mount have in common: faults, and errors as numbers.

import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  FAULT_KINDS,
  type Fault,
  type FaultKind,
  type FaultOperation,
} from '../../domain/fault.ts';
import type { ArmedFault, FaultCall } from '../armed-faults.ts';
import { errnoNumber } from '../kinds/errno.ts';
import type { BackingTree } from './backing-tree.ts';
import { type Planning, slow } from './write-plan.ts';

const EVERY_KIND = Object.keys(FAULT_KINDS) as FaultKind[];
const NO_FLAGS: readonly string[] = [];

/** 0 or more for success, or a negated error number; then what the call gives. */
export type Answer<T> = (result: number, given?: T) => void;

export interface PlainCall {
  readonly operation: FaultOperation;
  readonly path: string;
  readonly flags?: readonly string[];
}

export class FaultGate {
  readonly planning: Planning;

  constructor(planning: Planning) {
    this.planning = planning;
  }

  get isQuiet(): boolean {
    return this.planning.faults.quiet;
  }

  /** Whether a fault of any kind is set for this call, awake or not. */
  concerns(operation: FaultOperation): boolean {
    return this.planning.faults.mayFire(operation, EVERY_KIND);
  }

  /** Whether what files held before must be kept. */
  get wantsHistory(): boolean {
    const { faults } = this.planning;
    return (
      faults.mayFire('write', ['unsynced']) ||
      faults.mayFire('read', ['stale']) ||
      faults.mayFire('getattr', ['stale'])
    );
  }

  /**
   * Answers with what fires, or else with what `carryOut` answers.
   * @param stale gives the older answer, where there is one
   */
  pass<T>(
    { operation, path, flags = NO_FLAGS }: PlainCall,
    answer: Answer<T>,
    carryOut: (answer: Answer<T>) => void,
    stale?: () => T,
  ): void {
    const { faults } = this.planning;
    if (faults.quiet) {
      carryOut(answer);
      return;
    }
    const call: FaultCall = { operation, path, flags, offset: 0, length: 0 };
    const may = ({ kind }: Fault) => kind !== 'stale' || stale !== undefined;
    const firing = faults.firing(call, may);
    if (firing.length === 0) carryOut(answer);
    else void this.#apply(call, firing, { answer, carryOut, stale });
  }

  async #apply<T>(
    call: FaultCall,
    firing: readonly ArmedFault[],
    { answer, carryOut, stale }: Passing<T>,
  ): Promise<void> {
    const plan = { waitMs: 0, refusal: 0, forwarded: 0, isLost: false, isStale: false };
    for (const armed of firing) {
      this.planning.faults.receipt(armed, call, this.#change(plan, armed.fault));
    }
    if (plan.waitMs > 0) await sleep(plan.waitMs);
    if (plan.refusal !== 0) answer(-plan.refusal);
    else if (plan.isLost) answer(0);
    else if (plan.isStale) answer(0, stale?.());
    else if (plan.forwarded !== 0) {
      carryOut((result) => answer(result < 0 ? result : -plan.forwarded));
    } else carryOut(answer);
  }

  #change(plan: PlainPlan, fault: Fault): string {
    switch (fault.kind) {
      case 'errno':
        plan.refusal = errnoNumber(fault);
        return String(fault.values.errno);
      case 'forwarded':
        plan.forwarded = errnoNumber(fault);
        return `${fault.values.errno}, but done`;
      case 'lost':
        plan.isLost = true;
        return 'not done';
      case 'stale':
        plan.isStale = true;
        return 'attributes of before the last write';
      default:
        return slow(plan, fault, 0, this.planning);
    }
  }
}

interface PlainPlan {
  waitMs: number;
  refusal: number;
  forwarded: number;
  isLost: boolean;
  isStale: boolean;
}

interface Passing<T> {
  readonly answer: Answer<T>;
  readonly carryOut: (answer: Answer<T>) => void;
  readonly stale: (() => T) | undefined;
}

/** The negated error number of a failed call. */
export function negated(error: unknown): number {
  const { errno } = error as { errno?: unknown };
  return typeof errno === 'number' && errno !== 0 ? -Math.abs(errno) : -constants.errno.EIO;
}

/**
 * What a call is told that found a file's name and comes when another file has it and the first is
 * gone: the kernel looks the name up again at ESTALE, and gives ENOENT to the program.
 */
export function goneWithoutName(tree: BackingTree, path: string): number | null {
  return tree.isHiding(path) ? -constants.errno.ESTALE : null;
}
