// What a hunt says to `heisenwrite agent` on another host besides the calls of its actor, and what
// comes back; frames of src/base/frames.ts.

import type { ActorCall, ActorReply } from './actor-service.ts';
import type { TakenRecording } from './recordings-place.ts';

/** The first frame of an agent. */
export interface AgentHello {
  readonly hello: 'heisenwrite agent';
  readonly version: string;
}

export type AgentRequest =
  /** The first frame to an agent: who it is, and whether it records. */
  | { readonly ask: 'begin'; readonly name: string; readonly records: boolean }
  /** Answered at once, unless a call keeps the agent busy. */
  | { readonly ask: 'clock' }
  | { readonly ask: 'recordings' };

export type ToAgent = AgentRequest | ActorCall;

export type FromAgent =
  | AgentHello
  | ActorReply
  /** What its monotonic clock shows, ns. */
  | { readonly answer: 'clock'; readonly ns: bigint }
  | { readonly answer: 'recordings'; readonly taken: readonly TakenRecording[] };
