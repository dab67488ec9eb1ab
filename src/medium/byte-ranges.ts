// Which bytes of a file have been written. A device has no holes: what was never written must be
// filled with zeros, or bytes of a file that was removed would show in it.

export type ByteRange = readonly [from: number, to: number];

export class ByteRanges {
  /** Ascending, apart from each other. */
  private ranges: ByteRange[] = [];

  add(from: number, to: number): void {
    if (from >= to) return;
    const apart = this.ranges.filter(([low, high]) => high < from || low > to);
    const touching = this.ranges.filter(([low, high]) => high >= from && low <= to);
    const low = Math.min(from, ...touching.map(([begin]) => begin));
    const high = Math.max(to, ...touching.map(([, end]) => end));
    this.ranges = [...apart, [low, high] as const].toSorted(([a], [b]) => a - b);
  }

  /** Nothing from here on counts as written. */
  cutAt(length: number): void {
    this.ranges = this.ranges.flatMap(([low, high]) =>
      low >= length ? [] : [[low, Math.min(high, length)] as const],
    );
  }

  /** What is not written of [0, length). */
  gaps(length: number): ByteRange[] {
    const gaps: ByteRange[] = [];
    let at = 0;
    for (const [low, high] of this.ranges) {
      if (low >= length) break;
      if (low > at) gaps.push([at, low]);
      at = high;
    }
    if (at < length) gaps.push([at, length]);
    return gaps;
  }
}
