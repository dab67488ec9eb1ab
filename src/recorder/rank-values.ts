// Quantiles of millions of numbers without sorting them all: one pass counts them by their first
// bits, which order numbers coarsely; for each wanted one another pass collects those that share
// its bits, which are mostly few, and only these are sorted.

/** Sign, exponent and eight bits of the fraction: buckets of 0.4 %. */
const KEY_BITS = 20;
const SHIFT = 32 - KEY_BITS;

/**
 * The values that would stand at `ranks` (from 0, each less than the number of all) if all were
 * sorted. None is NaN; -0 and 0 are one value.
 */
export function valuesAtRanks(
  parts: readonly Float64Array[],
  ranks: readonly number[],
): readonly number[] {
  const counts = new Int32Array(2 ** KEY_BITS);
  for (const part of parts) {
    const halves = new Int32Array(part.buffer, part.byteOffset, 2 * part.length);
    for (let high = 1; high < halves.length; high += 2) {
      const key = keyOf(halves[high] as number);
      counts[key] = (counts[key] as number) + 1;
    }
  }
  const wanted = ranks.map((rank) => bucketOf(counts, rank));
  const keys = new Set(wanted.map(({ key }) => key));
  const buckets = new Map([...keys].map((key) => [key, collect(parts, counts, key)]));
  return wanted.map(({ key, before }, index) => {
    const bucket = buckets.get(key) as Float64Array;
    return bucket[(ranks[index] as number) - before] as number;
  });
}

/** Larger for larger numbers: of negative ones, the larger the bits, the less the number. */
function keyOf(highWord: number): number {
  return (highWord < 0 ? ~highWord : highWord | 0x8000_0000) >>> SHIFT;
}

function bucketOf(counts: Int32Array, rank: number): { key: number; before: number } {
  let [key, before] = [0, 0];
  while (before + (counts[key] as number) <= rank) before += counts[key++] as number;
  return { key, before };
}

function collect(parts: readonly Float64Array[], counts: Int32Array, key: number): Float64Array {
  const found = new Float64Array(counts[key] as number);
  let end = 0;
  for (const part of parts) {
    const halves = new Int32Array(part.buffer, part.byteOffset, 2 * part.length);
    for (let index = 0; index < part.length; index++) {
      if (keyOf(halves[2 * index + 1] as number) === key) found[end++] = part[index] as number;
    }
  }
  return found.sort();
}
