// What all connections to one server have in common: the faults, what was learnt of its files, and
// what is pretended of it.

import type { Rng } from '../../base/rng.ts';
import type { FaultOperation } from '../../domain/fault.ts';
import type { ArmedFaults } from '../armed-faults.ts';
import type { ProxySettings } from '../fault-proxy.ts';
import { CallFaults, fileKey } from './call-faults.ts';
import type { Arguments, CalledOperation, NfsCall } from './called-operation.ts';
import { FileNames } from './file-names.ts';
import type { HeldWrite } from './held-writes.ts';
import { NFS3, operationsOfProcedure } from './nfs3.ts';
import { ReplyFaults } from './reply-faults.ts';
import { ServerCrashes } from './server-crashes.ts';
import { ServerState } from './server-state.ts';
import { SessionSlots } from './session-slots.ts';

const UNSTABLE = 0;
const XID_MAX = 0xffff_ffff;

export class ProxiedServer {
  readonly names = new FileNames();
  readonly callFaults: CallFaults;
  readonly replyFaults: ReplyFaults;
  /** `untouched`: calls that could not be read, and passed. */
  readonly counts = { calls: 0, untouched: 0 };
  readonly slots = new SessionSlots();
  readonly #state: ServerState;
  readonly #crashes: ServerCrashes;
  readonly #rng: Rng;
  readonly #faults: ArmedFaults;
  readonly #note: (text: string) => void;
  readonly #noted = new Set<string>();
  /** The faults that `#concerned` was made of. */
  #asOf: ReturnType<ArmedFaults['list']> | null = null;
  #concerned: ReadonlySet<FaultOperation> = new Set();

  constructor({ faults, rng, note }: Pick<ProxySettings, 'faults' | 'rng' | 'note'>) {
    this.#faults = faults;
    this.#note = note;
    this.#rng = rng.fork('own-calls');
    this.#state = new ServerState(rng.fork('verifier'));
    const parts = [this.names, this.#state] as const;
    this.callFaults = new CallFaults(faults, rng.fork('calls'), ...parts);
    this.replyFaults = new ReplyFaults(faults, rng.fork('replies'), ...parts);
    this.#crashes = new ServerCrashes(faults, this.callFaults.held, this.#state);
  }

  close(): void {
    this.#crashes.close();
  }

  /** WRITEs that were held and come before this call; all, where too much is held. */
  heldBefore(call: NfsCall): readonly HeldWrite[] {
    const { held } = this.callFaults;
    if (held.isEmpty) return [];
    if (held.isFull) return held.takeAll(call);
    const before = call.operations.flatMap((asked) => {
      if (asked.operation === null || isOfCachedWrite(asked, call)) return [];
      const isEnd = asked.operation === 'fsync' || asked.operation === 'close';
      return [...held.takeBefore(call, fileKey(asked.subject, this.names), isEnd)];
    });
    const last = call.operations.at(-1);
    if (call.unknown === null || !last) return before;
    // It may be what ends the use of the file, as DELEGRETURN does.
    return [...before, ...held.takeBefore(call, fileKey(last.subject, this.names), true)];
  }

  /** For a call of the proxy's own. @param isTaken whether a number is awaited already */
  freshXid(isTaken: (xid: number) => boolean): number {
    let xid = this.#rng.integer(1, XID_MAX);
    while (isTaken(xid)) xid = this.#rng.integer(1, XID_MAX);
    return xid;
  }

  /** The next COMMIT of the file says so. */
  failLater(file: string, status: number): void {
    this.#state.failLater(file, status);
  }

  /** Whether every call and reply passes as it is. */
  get isQuiet(): boolean {
    const { hasOtherVerifier, hasLateFailures } = this.#state;
    const isClean = !hasOtherVerifier && !hasLateFailures && !this.slots.areShifted;
    return this.#faults.quiet && isClean && this.callFaults.held.isEmpty;
  }

  /** Whether a procedure of NFSv3 must be looked into. */
  concerns(procedure: number): boolean {
    if (this.isQuiet) return false;
    if (!this.callFaults.held.isEmpty) return true;
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
      if (this.#faults.mayFire('write', ['late', 'delayed', 'unsynced'])) operations.add('fsync');
      this.#asOf = armed;
      this.#concerned = operations;
    }
    return this.#concerned;
  }
}

/**
 * What is itself only cached comes after the others in any case; the attributes that a COMPOUND
 * asks
 * for behind its WRITE are what NFSv3 has in the reply.
 */
function isOfCachedWrite({ operation, args, subject }: CalledOperation, call: NfsCall): boolean {
  const isCached = (each: Arguments) => each.kind === 'write' && each.stable === UNSTABLE;
  if (isCached(args)) return true;
  const isSame = (other: CalledOperation) => other.subject.handle === subject.handle;
  return (
    operation === 'getattr' && call.operations.some((each) => isCached(each.args) && isSame(each))
  );
}
