// What all connections to one server have in common: the faults, what was learnt of its files, and
// what is pretended of it.

import type { FaultOperation } from '../../domain/fault.ts';
import type { ArmedFaults } from '../armed-faults.ts';
import type { ProxySettings } from '../fault-proxy.ts';
import { CallFaults } from './call-faults.ts';
import { FileNames } from './file-names.ts';
import { NFS3, operationsOfProcedure } from './nfs3.ts';
import { ReplyFaults } from './reply-faults.ts';
import { ServerState } from './server-state.ts';

export class ProxiedServer {
  readonly names = new FileNames();
  readonly callFaults: CallFaults;
  readonly replyFaults: ReplyFaults;
  /** `untouched`: calls that could not be read, and passed. */
  readonly counts = { calls: 0, untouched: 0 };
  readonly #state: ServerState;
  readonly #faults: ArmedFaults;
  readonly #note: (text: string) => void;
  readonly #noted = new Set<string>();
  /** The faults that `#concerned` was made of. */
  #asOf: ReturnType<ArmedFaults['list']> | null = null;
  #concerned: ReadonlySet<FaultOperation> = new Set();

  constructor({ faults, rng, note }: Pick<ProxySettings, 'faults' | 'rng' | 'note'>) {
    this.#faults = faults;
    this.#note = note;
    this.#state = new ServerState(rng.fork('verifier'));
    const parts = [this.names, this.#state] as const;
    this.callFaults = new CallFaults(faults, rng.fork('calls'), ...parts);
    this.replyFaults = new ReplyFaults(faults, rng.fork('replies'), ...parts);
  }

  /** Whether every call and reply passes as it is. */
  get isQuiet(): boolean {
    const { hasOtherVerifier, hasLateFailures } = this.#state;
    return this.#faults.quiet && !hasOtherVerifier && !hasLateFailures;
  }

  /** Whether a procedure of NFSv3 must be looked into. */
  concerns(procedure: number): boolean {
    if (this.isQuiet) return false;
    const isWriting = procedure === NFS3.WRITE || procedure === NFS3.COMMIT;
    if (isWriting && (this.#state.hasOtherVerifier || this.#state.hasLateFailures)) return true;
    const concerned = this.#operationsConcerned();
    return operationsOfProcedure(procedure).some((operation) => concerned.has(operation));
  }

  noteOnce(text: string): void {
    if (this.#noted.has(text)) return;
    this.#noted.add(text);
    this.#note(text);
  }

  #operationsConcerned(): ReadonlySet<FaultOperation> {
    const armed = this.#faults.list();
    if (armed !== this.#asOf) {
      const operations = new Set(armed.flatMap((each) => [...each.operations]));
      // What is stale is known by what was written since.
      if (this.#faults.mayFire('read', ['stale'])) operations.add('write');
      if (this.#faults.mayFire('write', ['late'])) operations.add('fsync');
      this.#asOf = armed;
      this.#concerned = operations;
    }
    return this.#concerned;
  }
}
