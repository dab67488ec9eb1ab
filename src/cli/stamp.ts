// `heisenwrite stamp FILE`: writes a file that can check itself anywhere, alone.

import type { Writable } from 'node:stream';
import { formatCount, formatSize, parseSize } from '../base/quantities.ts';
import { EXIT_CLEAN, EXIT_INTERRUPTED, HeisenwriteError } from '../domain/errors.ts';
import { PATTERNS, type Pattern } from '../domain/observation.ts';
import { nearest } from '../plan/nearest.ts';
import { type StampedFileOptions, writeStampedFile } from '../stamp/stamped-file.ts';
import { fileProgress } from './file-progress.ts';

export interface StampArguments {
  readonly file: string;
  readonly size: string;
  readonly block?: string | undefined;
  readonly generation?: string | undefined;
  readonly pattern?: string | undefined;
  readonly seed?: string | undefined;
  readonly json?: boolean | undefined;
}

/**
 * @returns the exit code
 * @throws HeisenwriteError invalid-size, invalid-option, unknown-level, and those of writing
 */
export async function runStamp(
  given: StampArguments,
  io: { readonly out: Writable; readonly err: Writable },
): Promise<number> {
  const sizeBytes = sizeOf('--size', given.size);
  const blockBytes = sizeOf('--block', given.block ?? '4KiB');
  const generation = generationOf(given.generation ?? '1');
  const pattern = patternOf(given.pattern ?? 'stamp');
  const { file, seed } = given;
  const options = { sizeBytes, blockBytes, generation, pattern, seed };
  const stream = await writeInterruptibly(file, options, io.err);
  if (stream === null) return EXIT_INTERRUPTED;
  const { hunt } = stream;
  if (given.json) {
    const answer = { file, bytes: sizeBytes, blockBytes, generation, pattern, hunt };
    const document = { schema: 'heisenwrite.stamp/1', ...answer, seed: seed ?? null };
    io.out.write(`${JSON.stringify(document, null, 2)}\n`);
    return EXIT_CLEAN;
  }
  const blocks = Math.ceil(sizeBytes / blockBytes);
  io.out.write(
    `${file}: ${formatSize(sizeBytes)} in ${formatCount(blocks)} blocks of ` +
      `${formatSize(blockBytes)}, pattern ${pattern}, generation ${generation}, hunt ${hunt}\n` +
      `check it anywhere with: heisenwrite verify ${file}\n`,
  );
  return EXIT_CLEAN;
}

/** Null when it was interrupted: an unfinished file would only be mistaken for a damaged one. */
async function writeInterruptibly(file: string, options: StampedFileOptions, err: Writable) {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  const progress = fileProgress('stamp', err);
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    const { signal } = interruption;
    return await writeStampedFile(file, { ...options, signal, onProgress: progress.show });
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    err.write(`interrupted: the unfinished ${file} was removed\n`);
    return null;
  } finally {
    progress.end();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

function sizeOf(option: string, text: string): number {
  const bytes = parseSize(text);
  if (bytes !== null) return bytes;
  throw new HeisenwriteError('invalid-size', `${option} ${text} is not a size`);
}

function generationOf(text: string): number {
  const generation = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(generation)) return generation;
  throw new HeisenwriteError('invalid-option', `--generation ${text} is not a generation`, {
    remedy: 'give a whole number from 0',
  });
}

function patternOf(text: string): Pattern {
  const pattern = PATTERNS.find((one) => one === text);
  if (pattern) return pattern;
  const near = PATTERNS.find((one) => one.startsWith(text)) ?? nearest(text, PATTERNS);
  const hint = near === null ? '' : `; did you mean ${near}?`;
  throw new HeisenwriteError('unknown-level', `there is no pattern ${text}${hint}`, {
    remedy: `use one of ${PATTERNS.join(', ')}`,
  });
}
