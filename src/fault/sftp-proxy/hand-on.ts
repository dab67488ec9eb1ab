// What comes by one channel of ssh2 goes to another, past the queue that a stream has for what was
// read: whatever waits there would hold the memory in which it came, and nobody could say how long.
// What waits to be written is known, since a write says when it is out.

import type { Duplex } from 'node:stream';

/** One end of a session. */
export interface Side {
  readonly channel: Duplex;
  /** Called before writes, so that those of one turn leave together. */
  readonly pack: () => void;
  /** Called for what came from there and passes; what it returns, once that is out. */
  readonly lend: () => () => void;
  /** Told how many bytes came from there. */
  readonly came: (bytes: number) => void;
}

/**
 * @param take is given all that comes, in order, and writes to `to`; while that has enough, the
 *   peer is given no more room in its window
 */
export function handOn(from: Duplex, to: Duplex, take: (bytes: Buffer) => void): void {
  const queue = from.push.bind(from);
  from.push = (bytes: Buffer | null) => {
    if (bytes === null) return queue(null);
    take(bytes);
    return !to.writableNeedDrain;
  };
  // Then the channel opens its window again.
  to.on('drain', () => from._read(0));
  for (let early = from.read(); early !== null; early = from.read()) take(early);
  // There is nothing to flow but the end.
  from.resume();
}
