// Where an actor's recorder hears of the calls that are made for it. Each actor is a thread or a
// process, with modules of its own, so that there is one recorder at a time and no call has to be
// handed one. Without a recorder nothing is timed.

import { monotonicMs } from './clock.ts';

export interface RecordedMessage {
  /** Tells trials apart, 32 bits. */
  readonly trial: number;
  readonly sender: number;
  /** As the sender numbers them; what cannot be told is 2^32 - 1. */
  readonly sequence: number;
  readonly bytes: number;
}

export interface CallRecorder {
  /** A write begins: what it does is seen by readers before it ends. */
  writeBegins(path: string, offset: number, bytes: number): void;
  /**
   * A call has ended.
   * @param bytes what it returned, 0 where it does not move bytes
   * @param tookMs from its begin to now
   * @param errno null where it succeeded
   */
  ended(
    call: string,
    path: string,
    offset: number,
    bytes: number,
    tookMs: number,
    errno: string | null,
  ): void;
  /** A message is given to a channel now, or was handed over by one. */
  message(way: 'send' | 'recv', message: RecordedMessage): void;
  /** Something wrong was read just now: what led up to it must not be overwritten. */
  wrongSeen(): void;
}

let recorder: CallRecorder | null = null;

export function recordCallsTo(next: CallRecorder | null): void {
  recorder = next;
}

/** What `callEnded` wants to be given back; ms. */
export function callBegins(): number {
  return recorder === null ? 0 : monotonicMs();
}

/** The same before a write. */
export function writeBegins(path: string, offset: number, bytes: number): number {
  recorder?.writeBegins(path, offset, bytes);
  return callBegins();
}

export function callEnded(
  begun: number,
  call: string,
  path: string,
  offset: number,
  bytes: number,
  errno: string | null = null,
): void {
  recorder?.ended(call, path, offset, bytes, monotonicMs() - begun, errno);
}

/** Before it is sent: a sender that dies of it has told. */
export function messageSent(message: RecordedMessage): void {
  recorder?.message('send', message);
}

export function messageReceived(message: RecordedMessage): void {
  recorder?.message('recv', message);
}

export function wrongSeen(): void {
  recorder?.wrongSeen();
}
