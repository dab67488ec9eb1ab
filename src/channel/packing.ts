// Messages in frames of one size, in the manner of totempg of openais and corosync: several small
// messages share a frame, and one that is too large goes on in the next. A frame is made of parts,
// one of each message that has bytes in it; all numbers are little endian.
//
//   +---------+-------+-------------+--------------+------------------+-- ...
//   | u32     | u16   | u8          | u8           | u16 of each part | the parts
//   | number  | parts | fragmented  | continuation | its length       |
//   +---------+-------+-------------+--------------+------------------+-- ...
//
// `fragmented` is not 0 where the last part goes on in the next frame, whose `continuation` is then
// the same number. A receiver that joins parts believes these two and nothing else.

const NUMBER_BYTES = 4;
const HEADER_BYTES = 8;
const LENGTH_BYTES = 2;
export const FRAME_BYTES_MIN = 64;
/** The length of a part has 16 bits. */
export const FRAME_BYTES_MAX = 65_507;

/** Of a message that has a frame to itself. */
export function frameRoom(frameBytes: number): number {
  return frameBytes - HEADER_BYTES - LENGTH_BYTES;
}

export interface PackingOptions {
  /** Of a whole frame, header and all. */
  readonly frameBytes: number;
  /**
   * True: vectors without bytes are left out before anything is packed. False is the mistake of
   * the case `lost-fragment`: a message whose last vector is empty, and whose bytes just fill the
   * frame, is marked as one that goes on, so that the next message is joined to it.
   */
  readonly dropsEmpty: boolean;
}

/** Packs the messages of one sender. Frames are lent for the time of the call of `emit`. */
export class FramePacker {
  readonly #options: PackingOptions;
  readonly #emit: (frame: Uint8Array) => void;
  readonly #body: Buffer;
  #used = 0;
  #lengths: number[] = [];
  #number = 0;
  #continuation = 0;

  constructor(options: PackingOptions, emit: (frame: Uint8Array) => void) {
    this.#options = options;
    this.#emit = emit;
    this.#body = Buffer.alloc(options.frameBytes);
  }

  /** One message. It may stay in a frame that is not full yet, until `flush`. */
  add(vectors: readonly Uint8Array[]): void {
    const parts = this.#options.dropsEmpty ? vectors.filter(({ length }) => length > 0) : vectors;
    if (this.#room(1) < 1) this.#send(false);
    this.#lengths.push(0);
    let taken = 0;
    for (let index = 0; index < parts.length; ) {
      const vector = parts[index] as Uint8Array;
      const left = vector.length - taken;
      const room = this.#room(0);
      if (left < room) {
        this.#copy(vector.subarray(taken));
        index++;
        taken = 0;
        continue;
      }
      this.#copy(vector.subarray(taken, taken + room));
      taken += room;
      const isWhole = taken === vector.length;
      const goesOn = !isWhole || index < parts.length - 1;
      this.#send(goesOn);
      if (goesOn) this.#lengths.push(0);
      if (isWhole) index++;
      if (isWhole) taken = 0;
    }
    // Of a message that goes on and has no bytes left there is nothing to say in this frame.
    if (this.#continuation !== 0 && this.#lengths.length === 1 && this.#used === 0) {
      this.#lengths.pop();
    }
  }

  flush(): void {
    if (this.#lengths.length > 0) this.#send(false);
  }

  /** Bytes that fit, where so many parts more are begun. */
  #room(more: number): number {
    const parts = this.#lengths.length + more;
    return this.#options.frameBytes - HEADER_BYTES - LENGTH_BYTES * parts - this.#used;
  }

  #copy(bytes: Uint8Array): void {
    this.#body.set(bytes, this.#used);
    this.#used += bytes.length;
    this.#lengths[this.#lengths.length - 1] = (this.#lengths.at(-1) as number) + bytes.length;
  }

  #send(goesOn: boolean): void {
    const fragmented = goesOn ? (this.#number % 255) + 1 : 0;
    const head = Buffer.alloc(HEADER_BYTES + LENGTH_BYTES * this.#lengths.length);
    head.writeUInt32LE(this.#number++, 0);
    head.writeUInt16LE(this.#lengths.length, NUMBER_BYTES);
    head.writeUInt8(fragmented, 6);
    head.writeUInt8(this.#continuation, 7);
    this.#lengths.forEach((length, part) => {
      head.writeUInt16LE(length, HEADER_BYTES + LENGTH_BYTES * part);
    });
    this.#continuation = fragmented;
    const frame = Buffer.concat([head, this.#body.subarray(0, this.#used)]);
    [this.#lengths, this.#used] = [[], 0];
    this.#emit(frame);
  }
}

export function frameNumber(frame: Buffer): number {
  return frame.length < HEADER_BYTES ? -1 : frame.readUInt32LE(0);
}

/** Joins the parts of one sender's frames, which must come in their order. */
export class FrameUnpacker {
  readonly #deliver: (message: Uint8Array) => void;
  #begun: Buffer[] = [];
  #expected = 0;

  constructor(deliver: (message: Uint8Array) => void) {
    this.#deliver = deliver;
  }

  /** @throws Error where it is no frame */
  add(frame: Buffer): void {
    const parts = partsOf(frame);
    const [fragmented, continuation] = [frame.readUInt8(6), frame.readUInt8(7)];
    // What was begun in a frame that this one does not go on from is given up.
    if (continuation !== this.#expected) this.#begun = [];
    parts.forEach((part, index) => {
      this.#begun.push(Buffer.from(part));
      if (index === parts.length - 1 && fragmented !== 0) return;
      const message = Buffer.concat(this.#begun);
      this.#begun = [];
      this.#deliver(message);
    });
    this.#expected = fragmented;
  }
}

function partsOf(frame: Buffer): Buffer[] {
  const refuse = (what: string) => new Error(`a frame of ${frame.length} bytes ${what}`);
  if (frame.length < HEADER_BYTES) throw refuse('has no header');
  const count = frame.readUInt16LE(NUMBER_BYTES);
  let at = HEADER_BYTES + LENGTH_BYTES * count;
  if (at > frame.length) throw refuse(`has no lengths of ${count} parts`);
  const parts = Array.from({ length: count }, (_, part) => {
    const from = at;
    at += frame.readUInt16LE(HEADER_BYTES + LENGTH_BYTES * part);
    return frame.subarray(from, at);
  });
  if (at !== frame.length) throw refuse('does not end with its last part');
  return parts;
}
