// Writes that were acknowledged and are carried out later. What reads through the mount see them,
// as they see a page cache; the directory below, and whoever else uses it, does not yet.

export interface DelayedWrite {
  readonly offset: number;
  readonly data: Uint8Array;
  readonly until: 'close' | 'fsync' | 'reversed';
}

export class DelayedWrites {
  #queue: DelayedWrite[] = [];
  #bytes = 0;

  add(write: DelayedWrite): void {
    this.#queue.push(write);
    this.#bytes += write.data.length;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  touches(offset: number, length: number): boolean {
    return this.#queue.some(
      (each) => each.offset < offset + length && offset < each.offset + each.data.length,
    );
  }

  /** Where the file ends for who reads through the mount. */
  end(): number {
    return this.#queue.reduce((end, { offset, data }) => Math.max(end, offset + data.length), 0);
  }

  /**
   * Those that are due, in the order in which they are carried out.
   * @param at `fsync` leaves those that wait for close; at `close` all are due
   */
  take(at: 'close' | 'fsync'): readonly DelayedWrite[] {
    const due = this.#queue.filter(({ until }) => at === 'close' || until === 'fsync');
    this.#queue = this.#queue.filter((each) => !due.includes(each));
    this.#bytes = this.#queue.reduce((sum, { data }) => sum + data.length, 0);
    const reversed = due.filter(({ until }) => until === 'reversed').reverse();
    return [...due.filter(({ until }) => until !== 'reversed'), ...reversed];
  }

  /**
   * Lays them over what was read.
   * @param into as long as the read; what was read is at its start
   * @returns how many bytes there are with them
   */
  lay(offset: number, into: Uint8Array, read: number): number {
    let end = read;
    for (const write of this.#queue) {
      const from = Math.max(write.offset, offset);
      const to = Math.min(write.offset + write.data.length, offset + into.length);
      if (to <= from) continue;
      // What lies between the end of the file and a write beyond it is a hole.
      if (from - offset > end) into.fill(0, end, from - offset);
      into.set(write.data.subarray(from - write.offset, to - write.offset), from - offset);
      end = Math.max(end, to - offset);
    }
    const fileEnd = Math.min(this.end() - offset, into.length);
    if (fileEnd > end) into.fill(0, end, fileEnd);
    return Math.max(end, fileEnd);
  }
}
