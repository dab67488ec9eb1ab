// What an actor does wherever it lives: it stays up across trials and answers calls, one at a time.
// Only plain errors cross back: a message and a stack.

import { keepTimeOf } from '../base/clock.ts';
import { recordCallsTo } from '../base/recorded-calls.ts';
import { createStampKernel, type StampKernel } from '../stamp/kernel.ts';
import type { ActorBench } from '../workload/role.ts';
import { ROLES } from '../workload/roles.ts';
import { openActorRecorder } from './actor-recorder.ts';
import type { HuntClock } from './hunt-clock.ts';

export interface ActorCall {
  readonly id: number;
  readonly role: string;
  readonly assignment: object;
  /** For an actor on another host. */
  readonly clock?: HuntClock;
}

export type ActorReply =
  | { readonly id: number; readonly result: object }
  | { readonly id: number; readonly error: string };

/** What an actor has to itself; its kernel grows with what it is asked for. */
export function createBench(name: string): ActorBench {
  let kernel: StampKernel | null = null;
  return {
    name,
    held: new Map(),
    kernel: (dataBytes) => {
      if (!kernel || kernel.memory.length < dataBytes) kernel = createStampKernel(dataBytes);
      return kernel;
    },
  };
}

async function answer(call: ActorCall, bench: ActorBench): Promise<ActorReply> {
  const role = ROLES[call.role];
  if (!role) return { id: call.id, error: `no role ${call.role} in this version` };
  try {
    return { id: call.id, result: await role(call.assignment as never, bench) };
  } catch (error) {
    return { id: call.id, error: (error as Error).stack ?? String(error) };
  }
}

/**
 * One call at a time, in the order in which they came.
 * @param recordings the directory of recordings, or null for an actor that has none
 */
export function serve(
  name: string,
  recordings: string | null,
  post: (reply: ActorReply) => void,
): (call: ActorCall) => void {
  const bench = createBench(name);
  const recorder = recordings === null ? null : openActorRecorder(recordings, name);
  recordCallsTo(recorder);
  let last = Promise.resolve();
  return (call) => {
    last = last.then(async () => {
      if (call.clock) {
        keepTimeOf(call.clock.offsetNs);
        recorder?.clock(call.clock);
      }
      recorder?.role(call.role);
      post(await answer(call, bench));
    });
  };
}
