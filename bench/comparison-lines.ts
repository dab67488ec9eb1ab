// What a bench prints: ratios of ours to theirs with their spread, and both speeds.

import { availableParallelism, loadavg } from 'node:os';
import { type Comparison, ratioText } from './ratio.ts';

/** @param peer what was compared with, for the conditions */
export function printComparisons(
  comparisons: readonly Comparison[],
  { pairs, peer, json }: { pairs: number; peer: string; json: boolean },
): void {
  const conditions = `${availableParallelism()} CPUs, load ${loadavg()[0]?.toFixed(2)}, ${peer}`;
  if (json) {
    const schema = 'heisenwrite.bench/1';
    console.log(JSON.stringify({ schema, conditions, comparisons }, null, 2));
    return;
  }
  console.log(`ours / theirs, median (least to greatest) of ${pairs} pairs; ${conditions}`);
  for (const one of comparisons) {
    const speeds = `${one.oursMedian.toFixed(0)} / ${one.peerMedian.toFixed(0)} ${one.unit}`;
    console.log(`${one.name.padEnd(44)} ${ratioText(one).padEnd(22)} ${speeds}`);
  }
}
