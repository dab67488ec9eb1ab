// What actors did last before something wrong was read, as their recorders have it: the calls of
// writer and reader beside each other, and what provoked meanwhile.

/** Times in relation to when it was seen that a read was wrong: microseconds, negative before. */
export interface RecordedCall {
  readonly actor: string;
  /** `write`, `read`, `fsync`, ... */
  readonly call: string;
  /** The last part of its path; of a message, its sender and its number. */
  readonly file: string;
  readonly fromUs: number;
  readonly toUs: number;
  /** Of calls that move bytes. */
  readonly offset?: number;
  readonly bytes?: number;
  readonly errno?: string;
  /** It had not ended when this was recorded; `toUs` is that moment, or when it was seen. */
  readonly underWay?: true;
}

/** What was done by a provocation while these calls were made. */
export interface RecordedWindow {
  readonly provocation: string;
  readonly what: string;
  readonly fromUs: number;
  /** Equal to `fromUs` of what has no duration. */
  readonly toUs: number;
}

/** Of an actor on another host, whose clock is another one. */
export interface ActorClock {
  readonly actor: string;
  /** Its times may be wrong by so much, either way, beside those of others; microseconds. */
  readonly uncertaintyUs: number;
}

export interface LastCalls {
  /** By their beginnings; a few of each actor. */
  readonly calls: readonly RecordedCall[];
  readonly windows: readonly RecordedWindow[];
  /** Where some of the actors were on other hosts. */
  readonly clocks?: readonly ActorClock[];
}
