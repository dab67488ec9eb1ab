// A role is what an actor does in a trial: one function, run in a thread or process of its own. On
// a mounted file system it is synchronous, because a polling reader must not wait for an event loop
// between two reads; where a client library is used it answers when its promise does.

import type { StampKernel } from '../stamp/kernel.ts';

/** What an actor keeps between calls, and what a role works with. */
export interface ActorBench {
  /** `writer-0`, as observations name it. */
  readonly name: string;
  /** A stamp kernel with at least this many bytes of page-aligned data area. */
  kernel(dataBytes: number): StampKernel;
  /** Descriptors that stay open from one call to the next, by path. */
  readonly held: Map<string, number>;
}

/** The assignment crosses a thread or process boundary: plain data and shared boards only. */
export type Role = (assignment: never, bench: ActorBench) => object | Promise<object>;
