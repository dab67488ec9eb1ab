// Comparisons are ratios of runs made side by side, since the speed of a shared machine drifts by
// more than what is compared. Both sides of a pair run next to each other, in alternating order.

export interface Comparison {
  readonly name: string;
  readonly ratios: readonly number[];
  readonly oursMedian: number;
  readonly peerMedian: number;
  readonly unit: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}

export async function compare(
  name: string,
  pairs: number,
  ours: () => Promise<number>,
  peer: () => Promise<number>,
): Promise<Comparison> {
  const runs: { ours: number; peer: number }[] = [];
  // The first pair only warms up.
  for (let pair = 0; pair <= pairs; pair++) {
    const oursFirst = pair % 2 === 0 ? await ours() : null;
    const peerSpeed = await peer();
    const run = { ours: oursFirst ?? (await ours()), peer: peerSpeed };
    if (pair > 0) runs.push(run);
  }
  return {
    name,
    ratios: runs.map((run) => run.ours / run.peer),
    oursMedian: median(runs.map((run) => run.ours)),
    peerMedian: median(runs.map((run) => run.peer)),
    unit: 'MiB/s',
  };
}

/** `1.04  (0.98 to 1.11)`: median, least and greatest ratio. */
export function ratioText({ ratios }: Comparison): string {
  const [low, high] = [Math.min(...ratios), Math.max(...ratios)];
  return `${median(ratios).toFixed(2)}  (${low.toFixed(2)} to ${high.toFixed(2)})`;
}
