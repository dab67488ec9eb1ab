// The options that every benchmark has: how large the files are, in how many pairs of runs it is
// measured, and in which form it answers.

import { readFileSync } from 'node:fs';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { formatSize, parseSize } from '../src/base/quantities.ts';

/** Fewer tell nothing of the spread. */
const PAIRS_MIN = 5;

export interface SizeLimits {
  /** As one writes it; what is taken without `--size`. */
  readonly usual: string;
  readonly mostBytes: number;
  /** The size is a multiple of it. */
  readonly unitBytes: number;
}

/** Ends the process with 2 where an option is not one. */
export function benchOptions({ usual, mostBytes, unitBytes }: SizeLimits, usualPairs = PAIRS_MIN) {
  const values = parseOptions({
    json: { type: 'boolean', default: false },
    pairs: { type: 'string', default: String(usualPairs) },
    size: { type: 'string', default: usual },
    /** Of a benchmark with several parts: one of them. */
    only: { type: 'string' },
  });
  const pairs = Number(values.pairs);
  const sizeBytes = parseSize(values.size) ?? 0;
  const isSize = sizeBytes > 0 && sizeBytes <= mostBytes && sizeBytes % unitBytes === 0;
  if (!isSize || !(pairs >= PAIRS_MIN)) {
    const size = `a multiple of ${formatSize(unitBytes)} up to ${formatSize(mostBytes)}`;
    console.error(`bench: --size ${size}, --pairs ${PAIRS_MIN} or more`);
    process.exit(2);
  }
  return { json: values.json, pairs, sizeBytes, only: values.only };
}

/** Ends the process where an option is not one, and with `--help`: what the script's head says. */
export function parseOptions<Options extends ParseArgsOptionsConfig>(options: Options) {
  try {
    if (!process.argv.includes('--help')) return parseArgs({ options }).values;
  } catch (error) {
    console.error(`bench: ${(error as Error).message}; see --help`);
    process.exit(2);
  }
  const lines = readFileSync(process.argv[1] as string, 'utf8').split('\n');
  const head = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('//')),
  );
  console.log(head.map((line) => line.slice(3)).join('\n'));
  process.exit(0);
}
