// What is said at the control socket of a mount or proxy: one request a line, one answer a line,
// both JSON. Both sides check what they are told, since they may be of different versions.

import { z } from 'zod';
import type { FaultReceipt } from '../domain/fault.ts';

/** What serves the faults, and how it is called in a command. */
export interface ServerIdentity {
  readonly server: 'mount' | 'proxy';
  /** The absolute mount point, or protocol and port: `nfs:2049`. */
  readonly name: string;
  /** What is under it: the directory below a mount, the address of a proxy's server. */
  readonly at: string;
}

export const CONTROL_REQUEST = z.discriminatedUnion('ask', [
  z.object({ ask: z.literal('list') }),
  /** All of them or, where one is refused, none. */
  z.object({ ask: z.literal('set'), faults: z.array(z.string()).min(1) }),
  z.object({ ask: z.literal('clear'), number: z.int().positive().optional() }),
  z.object({ ask: z.literal('signal'), signal: z.string() }),
  /** Those since they were last asked for. */
  z.object({ ask: z.literal('receipts') }),
]);
export type ControlRequest = z.infer<typeof CONTROL_REQUEST>;

const LISTED_FAULT = z.object({
  number: z.int(),
  text: z.string(),
  /** Calls that met its conditions, and those of them at which it fired. */
  matched: z.int(),
  fired: z.int(),
});

export const CONTROL_ANSWER = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    about: z.object({
      server: z.enum(['mount', 'proxy']),
      name: z.string(),
      at: z.string(),
      pid: z.int(),
    }),
    /** Those that are set once the request was carried out. */
    faults: z.array(LISTED_FAULT),
    /** How many were set, cleared or woken. */
    changed: z.int(),
    receipts: z.array(z.custom<FaultReceipt>((value) => typeof value === 'object')),
    /** Receipts that were dropped since nobody took them. */
    dropped: z.int(),
  }),
  z.object({ ok: z.literal(false), code: z.string(), message: z.string(), remedy: z.string() }),
]);
export type ControlAnswer = z.infer<typeof CONTROL_ANSWER>;
export type ControlSuccess = Extract<ControlAnswer, { ok: true }>;
