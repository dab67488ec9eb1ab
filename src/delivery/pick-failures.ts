// What failed while files were picked up: noted, so that the others are gone on with, and told at
// the end with where each file is now.

import { EXIT_UNKNOWN, HeisenwriteError } from '../domain/errors.ts';
import { OperationError, UnreachableError } from '../medium/operation-error.ts';
import { type Failed, PickingEnded } from './picking.ts';
import { told } from './refusals.ts';

const STILL_THERE = 'the file is still there, for the next try';
const LOST: ReadonlySet<string> = new Set(['ETIMEDOUT', 'ENOTCONN']);

export class PickFailures {
  readonly #from: string;
  readonly #failed: Failed[] = [];
  #first: unknown = null;

  /** @param from the folder, as it was given */
  constructor(from: string) {
    this.#from = from;
  }

  get failed(): readonly Failed[] {
    return this.#failed;
  }

  /** @param left where it is now, null where it is where it was. @throws PickingEnded */
  note(name: string, error: unknown, left: string | null): void {
    const doing = `pick up ${name} from ${this.#from}`;
    const said = withLeft(told(error, { doing, place: this.#from, isPickUp: true }), name, left);
    if (this.#failed.length === 0) this.#first = said;
    const message = said instanceof Error ? said.message : String(said);
    this.#failed.push({
      name,
      why: left === null ? `${message}; ${STILL_THERE}` : message,
      remedy: said instanceof HeisenwriteError ? said.remedy : 'try again when that is mended',
    });
    if (isLost(error)) throw new PickingEnded('the medium is not reached any more');
  }

  /** @throws the first one, if there is any */
  reject(): void {
    if (this.#failed.length > 0) throw this.#first;
  }
}

/** With where the file is, when that is not where it was. */
function withLeft(error: unknown, name: string, left: string | null): unknown {
  if (left === null) return error;
  const because = error instanceof Error ? error.message : String(error);
  if (!(error instanceof HeisenwriteError)) {
    return new HeisenwriteError('write-failed', `${name}: ${because}; ${left}`, { cause: error });
  }
  const { code, remedy } = error;
  const words = `${because}; ${left}`;
  return new HeisenwriteError(code, words, { cause: error, remedy, exitCode: EXIT_UNKNOWN });
}

function isLost(error: unknown): boolean {
  if (error instanceof HeisenwriteError) {
    return error.code === 'unreachable' || isLost(error.cause);
  }
  if (error instanceof OperationError) return LOST.has(error.errno);
  return error instanceof UnreachableError;
}
