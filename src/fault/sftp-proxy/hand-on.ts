// What comes by one channel of ssh2 goes to another, past the queue that a stream has for what was
// read: whatever waits there would hold the memory in which it came, and nobody could say how long.
// What waits to be written is known, since a write says when it is out.

import type { Duplex } from 'node:stream';

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
