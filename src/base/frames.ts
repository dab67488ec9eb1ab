// Values over a stream of bytes: each as the structured clone of Node (v8.serialize), with its
// length before it, so that bytes cross as bytes.

import { deserialize, serialize } from 'node:v8';

const LENGTH_BYTES = 4;
/** A frame carries at most what one call of an actor returns. */
const FRAME_BYTES_MAX = 256 * 1024 * 1024;

export function frameOf(value: unknown): Buffer {
  const body = serialize(value);
  const head = Buffer.alloc(LENGTH_BYTES);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}

/**
 * Calls `take` with every whole value, in order, however the bytes were cut.
 * @throws RangeError by the function it returns, where the stream has something else than frames
 */
export function frameReader(take: (value: unknown) => void): (piece: Buffer) => void {
  let pieces: Buffer[] = [];
  let held = 0;
  let wanted = LENGTH_BYTES;
  return (piece) => {
    pieces.push(piece);
    held += piece.length;
    if (held < wanted) return;
    let rest = Buffer.concat(pieces);
    while (rest.length >= LENGTH_BYTES) {
      const length = rest.readUInt32BE(0);
      if (length > FRAME_BYTES_MAX) throw new RangeError(`no frame is ${length} bytes long`);
      wanted = LENGTH_BYTES + length;
      if (rest.length < wanted) break;
      take(deserialize(rest.subarray(LENGTH_BYTES, wanted)));
      rest = rest.subarray(wanted);
      wanted = LENGTH_BYTES;
    }
    pieces = [rest];
    held = rest.length;
  };
}
