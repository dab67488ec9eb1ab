// Cuts the bytes of an SFTP channel into packets. Those that nobody wants to see pass in the pieces
// in which they came, without a copy, since most bytes are data that no fault looks at.
//
//     0        4      5        9            draft-ietf-secsh-filexfer-02, section 3
//     | length | type | id     | ...        length counts from the type; INIT and VERSION
//     | uint32 | byte | uint32 |            have a version where others have an id

/** Length and type, which decide whether a packet is wanted. */
const HEAD_BYTES = 5;
/** No server takes a packet of this length: whatever it is, it is passed on and not kept. */
const WANTED_BYTES_MAX = 4 * 1024 * 1024;

export interface PacketSink {
  /** Whether a packet of this type, of so many bytes in all, is to come whole to `packet`. */
  wants(type: number, bytes: number): boolean;
  packet(packet: Buffer): void;
  /** Bytes of packets that nobody wants. `isWhole`: the last of them ends a packet. */
  pass(bytes: Buffer, isWhole: boolean): void;
}

export class PacketFramer {
  readonly #sink: PacketSink;
  /** The beginning of a packet of which the type has not come. */
  #head: Buffer = Buffer.alloc(0);
  /** Of a packet that is wanted: what has come of it. */
  #kept: Buffer | null = null;
  #keptBytes = 0;
  /** Of a packet that passes: bytes that are still to come. */
  #passingBytes = 0;

  constructor(sink: PacketSink) {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    let bytes = chunk;
    if (this.#head.length > 0) {
      bytes = Buffer.concat([this.#head, chunk]);
      this.#head = Buffer.alloc(0);
    }
    let at = 0;
    /** From here to `at` the bytes pass together. */
    let passFrom = 0;
    const pass = (isWhole: boolean) => {
      if (at > passFrom) this.#sink.pass(bytes.subarray(passFrom, at), isWhole);
      passFrom = at;
    };
    while (at < bytes.length) {
      if (this.#kept !== null) {
        at += this.#keep(this.#kept, bytes.subarray(at));
        passFrom = at;
      } else if (this.#passingBytes > 0) {
        const passed = Math.min(this.#passingBytes, bytes.length - at);
        this.#passingBytes -= passed;
        at += passed;
      } else if (bytes.length - at < HEAD_BYTES) {
        pass(true);
        this.#head = Buffer.from(bytes.subarray(at));
        return;
      } else {
        const packetBytes = 4 + bytes.readUInt32BE(at);
        const type = bytes[at + 4] as number;
        if (packetBytes <= WANTED_BYTES_MAX && this.#sink.wants(type, packetBytes)) {
          pass(true);
          this.#kept = Buffer.allocUnsafe(Math.max(HEAD_BYTES, packetBytes));
          this.#keptBytes = 0;
        } else this.#passingBytes = Math.max(HEAD_BYTES, packetBytes);
      }
    }
    pass(this.#passingBytes === 0);
  }

  /** Returns how many bytes were taken. */
  #keep(packet: Buffer, bytes: Buffer): number {
    const taken = bytes.copy(packet, this.#keptBytes);
    this.#keptBytes += taken;
    if (this.#keptBytes === packet.length) {
      this.#kept = null;
      this.#sink.packet(packet);
    }
    return taken;
  }
}
