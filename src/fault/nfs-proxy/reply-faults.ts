// What the client is told: what the server says, or would, as the plan of the call has it, with
// other data, older data, older attributes and another verifier where faults fire.

import type { Rng } from '../../base/rng.ts';
import type { ArmedFault, ArmedFaults, FaultCall } from '../armed-faults.ts';
import { EarlierAttributes } from '../earlier-attributes.ts';
import { EarlierContent } from '../earlier-content.ts';
import { flip } from '../kinds/flip.ts';
import { zero } from '../kinds/zero.ts';
import { AT_REPLY, fileKey } from './call-faults.ts';
import type { CallPlan, OperationPlan } from './call-plan.ts';
import type { CalledOperation, NfsReply, OperationResult } from './called-operation.ts';
import type { FileNames } from './file-names.ts';
import type { ServerState } from './server-state.ts';
import { OK } from './status.ts';

/** What is kept of earlier content while a stale read is set. */
const EARLIER_BYTES_MAX = 128 * 1024 * 1024;

export class ReplyFaults {
  readonly #faults: ArmedFaults;
  readonly #rng: Rng;
  readonly #names: FileNames;
  readonly #state: ServerState;
  readonly #content = new EarlierContent(EARLIER_BYTES_MAX);
  readonly #attributes = new EarlierAttributes();

  constructor(faults: ArmedFaults, rng: Rng, names: FileNames, state: ServerState) {
    this.#faults = faults;
    this.#rng = rng;
    this.#names = names;
    this.#state = state;
  }

  /**
   * The reply as the client is to see it.
   * @param given what the server says; of a call that it was not asked, a reply without results
   * @returns `given` itself where nothing is changed
   */
  compose(plan: CallPlan, given: NfsReply): NfsReply {
    const results: OperationResult[] = [];
    let isChanged = plan.isChanged;
    let next = 0;
    for (const operation of plan.operations) {
      const answered = operation.sent === null ? null : (given.results[next++] ?? null);
      if (answered === null && operation.sent !== null) break;
      if (answered) this.#remember(operation, answered);
      const edited = operation.edits.reduce((result, edit) => edit(result), answered);
      if (edited === null) break;
      const told = this.#changed(operation, this.#withVerifier(operation, edited));
      if (told !== answered) isChanged = true;
      results.push(told);
      if (told.status !== OK) break;
    }
    if (!isChanged) return given;
    const isWhole = results.length === plan.nfsCall.operations.length;
    const goesOn = isWhole && results.at(-1)?.status === OK;
    return { ...given, results, unknown: goesOn ? given.unknown : null };
  }

  /** As the client means it: whether it was carried out so is another matter. */
  #remember({ asked }: OperationPlan, { status, result }: OperationResult): void {
    if (status !== OK) return;
    const { args } = asked;
    if (args.kind === 'write' && this.#faults.mayFire('read', ['stale'])) {
      this.#content.wrote(this.#key(asked), Number(args.offset), args.data);
    }
    const isAttributes = asked.operation === 'getattr' && result.kind === 'other';
    if (isAttributes && this.#faults.mayFire('getattr', ['stale'])) {
      this.#attributes.seen(this.#attributesKey(asked), result.bytes);
    }
  }

  #key({ subject }: CalledOperation): string {
    return fileKey(subject, this.#names);
  }

  /** Of NFSv4 a client may ask for some attributes now and for others then. */
  #attributesKey(asked: CalledOperation): string {
    const wanted = asked.args.kind === 'other' ? asked.args.bytes.toString('latin1') : '';
    return `${this.#key(asked)}\n${wanted}`;
  }

  #withVerifier({ verifier }: OperationPlan, told: OperationResult): OperationResult {
    const { result } = told;
    if (!this.#state.hasOtherVerifier || result.kind === 'read' || result.kind === 'other') {
      return told;
    }
    const asTold = verifier ?? this.#state.verifierNow();
    return { ...told, result: { ...result, verifier: asTold(result.verifier) } };
  }

  #changed({ asked, call }: OperationPlan, told: OperationResult): OperationResult {
    if (told.status !== OK) return told;
    if (told.result.kind === 'read') return this.#changedData(asked, call, told, told.result.data);
    if (asked.operation !== 'getattr') return told;
    const before = this.#attributes.before(this.#attributesKey(asked));
    if (before === null) return told;
    const [armed] = this.#faults.firing(call, ({ kind }) => kind === 'stale');
    if (!armed) return told;
    this.#faults.receipt(armed, call, 'the attributes before the last change');
    return { ...told, result: { kind: 'other', bytes: before } };
  }

  #changedData(
    asked: CalledOperation,
    asCalled: FaultCall,
    told: OperationResult,
    data: Buffer,
  ): OperationResult {
    const call = { ...asCalled, length: data.length, data };
    const key = this.#key(asked);
    const firing = this.#faults.firing(call, ({ kind }) => {
      if (!AT_REPLY.includes(kind) || data.length === 0) return false;
      return kind !== 'stale' || this.#content.has(key, call.offset, data.length);
    });
    if (firing.length === 0 || told.result.kind !== 'read') return told;
    const changed = Buffer.from(data);
    for (const armed of firing) {
      this.#faults.receipt(armed, call, this.#changeData(armed, key, call.offset, changed));
    }
    return { ...told, result: { ...told.result, data: changed } };
  }

  #changeData({ fault }: ArmedFault, key: string, offset: number, data: Buffer): string {
    if (fault.kind === 'flip') return flip(data, fault, this.#rng);
    if (fault.kind === 'zero') return zero(data, fault);
    return `${this.#content.lay(key, offset, data)} bytes as they were before the last write`;
  }
}
