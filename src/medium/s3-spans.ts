// Which bytes of an object have been given. S3 takes each byte of an upload once and has no holes:
// a second write of the same place, or a place left out, must be refused and not be guessed at.

import { OperationError } from './operation-error.ts';

export class Spans {
  /** Ascending; span i is [starts[i], ends[i]); spans that touch are one. */
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];

  /** Bytes from the first to behind the last that was given. */
  get end(): number {
    return this.ends.at(-1) ?? 0;
  }

  /** @throws OperationError `EINVAL` where some of them were given already */
  take(operation: string, path: string, from: number, to: number): void {
    if (from >= to) return;
    const next = this.firstBehind(from);
    const nextStart = this.starts[next];
    if (nextStart !== undefined && nextStart < to) {
      const words = `bytes ${from} to ${to} were written in part before; S3 takes each byte once`;
      throw new OperationError(operation, path, 'EINVAL', words, from);
    }
    const joinsLeft = next > 0 && this.ends[next - 1] === from;
    const joinsRight = nextStart === to;
    if (joinsLeft && joinsRight) {
      this.ends[next - 1] = this.ends[next] as number;
      this.starts.splice(next, 1);
      this.ends.splice(next, 1);
    } else if (joinsLeft) this.ends[next - 1] = to;
    else if (joinsRight) this.starts[next] = from;
    else {
      this.starts.splice(next, 0, from);
      this.ends.splice(next, 0, to);
    }
  }

  /** @throws OperationError `EINVAL` where bytes before the end were never given */
  refuseGap(operation: string, path: string): void {
    const [first] = this.starts;
    if (first === undefined || (first === 0 && this.starts.length === 1)) return;
    const [from, to] = first > 0 ? [0, first] : [this.ends[0], this.starts[1]];
    const words = `bytes ${from} to ${to} were never written; an object of S3 has no holes`;
    throw new OperationError(operation, path, 'EINVAL', words, from);
  }

  /** Index of the first span that ends behind `from`. */
  private firstBehind(from: number): number {
    let low = 0;
    let high = this.ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.ends[middle] as number) > from) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
