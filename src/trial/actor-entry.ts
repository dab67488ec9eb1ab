// Where an actor lives: the entry of a worker thread or of a forked process. It stays up across
// trials and answers calls, one at a time. Only plain errors cross back: a message and a stack.

import { basename } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { createStampKernel, type StampKernel } from '../stamp/kernel.ts';
import type { ActorBench } from '../workload/role.ts';
import { ROLES } from '../workload/roles.ts';

export interface ActorCall {
  readonly id: number;
  readonly role: string;
  readonly assignment: object;
}

export type ActorReply =
  | { readonly id: number; readonly result: object }
  | { readonly id: number; readonly error: string };

function createBench(name: string): ActorBench {
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

function answer(call: ActorCall, bench: ActorBench): ActorReply {
  const role = ROLES[call.role];
  if (!role) return { id: call.id, error: `no role ${call.role} in ${basename(import.meta.url)}` };
  try {
    return { id: call.id, result: role(call.assignment as never, bench) };
  } catch (error) {
    return { id: call.id, error: (error as Error).stack ?? String(error) };
  }
}

if (parentPort) {
  const port = parentPort;
  const bench = createBench((workerData as { name: string }).name);
  port.on('message', (call: ActorCall) => port.postMessage(answer(call, bench)));
} else {
  const bench = createBench(process.argv[2] ?? 'actor');
  process.on('message', (call: ActorCall) => process.send?.(answer(call, bench)));
  process.on('disconnect', () => process.exit(0));
}
