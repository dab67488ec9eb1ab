// `heisenwrite stamp FILE`: writes a file that can check itself anywhere, alone.

import type { Writable } from 'node:stream';
import { formatCount, formatSize, parseSize } from '../base/quantities.ts';
import { EXIT_CLEAN, EXIT_INTERRUPTED, HeisenwriteError } from '../domain/errors.ts';
import { PATTERNS, type Pattern } from '../domain/observation.ts';
import { nearest } from '../plan/nearest.ts';
import { type ResumedStamps, resumeStampedFile } from '../stamp/stamp-resumption.ts';
import { type StampedFileOptions, writeStampedFile } from '../stamp/stamped-file.ts';
import { fileProgress } from './file-progress.ts';

export interface StampArguments {
  readonly file: string;
  readonly size: string;
  readonly block?: string | undefined;
  readonly generation?: string | undefined;
  readonly pattern?: string | undefined;
  readonly seed?: string | undefined;
  /** Go on with a file that an earlier `stamp` had begun. */
  readonly resume?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/**
 * @returns the exit code
 * @throws HeisenwriteError invalid-size, invalid-option, unknown-level, file-exists when a file
 *   cannot be gone on with, and those of writing
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
  const written = await writeInterruptibly(given, options, io.err);
  if (written === null) return EXIT_INTERRUPTED;
  const { stoodBytes } = written;
  const { hunt } = written.stream;
  if (given.json) {
    const answer = { file, bytes: sizeBytes, blockBytes, generation, pattern, hunt };
    const more = { seed: seed ?? null, resumedAt: given.resume ? stoodBytes : null };
    const document = { schema: 'heisenwrite.stamp/1', ...answer, ...more };
    io.out.write(`${JSON.stringify(document, null, 2)}\n`);
    return EXIT_CLEAN;
  }
  const blocks = Math.ceil(sizeBytes / blockBytes);
  io.out.write(
    `${file}: ${formatSize(sizeBytes)} in ${formatCount(blocks)} blocks of ` +
      `${formatSize(blockBytes)}, pattern ${pattern}, generation ${generation}, hunt ${hunt}\n` +
      (stoodBytes > 0
        ? `${formatCount(stoodBytes)} bytes of it stood there and were right\n`
        : '') +
      `check it anywhere with: heisenwrite verify ${file}\n`,
  );
  return EXIT_CLEAN;
}

/** Null when it was interrupted: what stands is kept, and says itself that it is not all. */
async function writeInterruptibly(
  { file, resume }: StampArguments,
  options: StampedFileOptions,
  err: Writable,
): Promise<ResumedStamps | null> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  const progress = fileProgress('stamp', err);
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const interruptible = { ...options, signal: interruption.signal, onProgress: progress.show };
  try {
    if (resume) return await resumeStampedFile(file, interruptible);
    return { stream: await writeStampedFile(file, interruptible), stoodBytes: 0 };
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    err.write(
      `interrupted: ${file} is a beginning; the same command with --resume goes on with it\n`,
    );
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
