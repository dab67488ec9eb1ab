// `heisenwrite verify FILE`: checks a stamped file, alone, or a range or part of one, a member of
// an archive or a stream; any file with a manifest.

import { readSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { parseSize } from '../base/quantities.ts';
import type { FileDiagnosis, FileDiagnosisOptions } from '../diagnose/file-diagnosis.ts';
import { verifyFile } from '../diagnose/files.ts';
import { type OpenedFile, openForReading } from '../diagnose/good-file.ts';
import { verifyStream } from '../diagnose/stamped-part.ts';
import { EXIT_CLEAN, EXIT_DAMAGE, HeisenwriteError } from '../domain/errors.ts';
import { attempt } from '../stamp/file-failure.ts';
import { unlessChanged } from '../stamp/steady-file.ts';
import { answerLines } from './file-answer.ts';
import { fileProgress } from './file-progress.ts';
import { runVerifyAgainst } from './manifest.ts';
import { tarMember } from './tar-member.ts';

export interface VerifyArguments {
  readonly file: string;
  /** Path of the manifest that a file of any kind is held against. */
  readonly manifest?: string | undefined;
  /** `A-B`: only these bytes of the file, the second exclusive. */
  readonly range?: string | undefined;
  /** The file is known to be a part of the stamped one. */
  readonly part?: boolean | undefined;
  /** Name of a member of the tar archive that the file is. */
  readonly member?: string | undefined;
  readonly json?: boolean | undefined;
}

const STREAM = '-';
const ARCHIVE_READ_BYTES = 256 * 1024;

/**
 * @returns the exit code: 0 clean, 1 damaged
 * @throws HeisenwriteError no-such-file, not-readable, not-stamped, read-failed, invalid-option,
 *   and those of a manifest
 */
export async function runVerify(
  given: VerifyArguments,
  io: { readonly out: Writable; readonly err: Writable; readonly in?: AsyncIterable<Uint8Array> },
): Promise<number> {
  const { file, manifest, json } = given;
  if (manifest !== undefined) {
    refuseBeside(given, ['range', 'part', 'member'], '--manifest', 'a manifest is of a whole file');
    return await runVerifyAgainst({ file, manifest, json }, io);
  }
  const progress = fileProgress('verify', io.err);
  const options = { onProgress: progress.show, ...(given.part ? { part: true } : {}) };
  const answer = verifyGiven(given, io.in ?? process.stdin, options);
  const diagnosis = await answer.finally(progress.end);
  const text = json
    ? JSON.stringify(diagnosis, null, 2)
    : answerLines(diagnosis, 'as it was stamped').join('\n');
  io.out.write(`${text}\n`);
  return diagnosis.verdict === 'clean' ? EXIT_CLEAN : EXIT_DAMAGE;
}

async function verifyGiven(
  given: VerifyArguments,
  input: AsyncIterable<Uint8Array>,
  options: FileDiagnosisOptions,
): Promise<FileDiagnosis> {
  const { file, member } = given;
  const name = file === STREAM ? 'stdin' : file;
  if (member !== undefined) {
    refuseBeside(given, ['range'], '--member', 'a range is of a file, not of a member of one');
    const verify = (archive: AsyncIterable<Uint8Array>) =>
      verifyStream(`${name}:${member}`, tarMember(name, archive, member), options);
    return file === STREAM ? await verify(input) : await withArchive(file, verify);
  }
  if (file === STREAM) {
    refuseBeside(given, ['range'], 'stdin', 'a range is of a file; all of a pipe is read anyway');
    return await verifyStream(name, input, options);
  }
  const range = given.range === undefined ? {} : { range: rangeOf(given.range) };
  return await verifyFile(file, { ...options, ...range });
}

/** @throws HeisenwriteError no-such-file, not-readable, read-failed; and what `use` throws */
async function withArchive<Result>(
  path: string,
  use: (chunks: AsyncIterable<Uint8Array>) => Promise<Result>,
): Promise<Result> {
  const opened = openForReading(path);
  try {
    return await unlessChanged([opened], () => use(archiveChunks(opened)));
  } finally {
    opened.close();
  }
}

async function* archiveChunks({ path, descriptor }: OpenedFile): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.alloc(ARCHIVE_READ_BYTES);
  for (let at = 0; ; ) {
    const from = at;
    const got = attempt('read', path, () => readSync(descriptor, buffer, 0, buffer.length, from));
    if (got === 0) return;
    at += got;
    // A copy: the library keeps what it is given.
    yield Buffer.from(buffer.subarray(0, got));
  }
}

/** `8MiB-16MiB`: from the first, up to but not including the second. */
function rangeOf(text: string): { from: number; to: number } {
  const [first, second, more] = text.split('-').map((side) => parseSize(side));
  const isRange = first !== null && second !== null && more === undefined;
  if (isRange && first !== undefined && second !== undefined && first < second) {
    return { from: first, to: second };
  }
  throw new HeisenwriteError('invalid-option', `--range ${text} is not a range`, {
    remedy: 'write FROM-TO, such as 8MiB-16MiB or 0-4096; the byte at TO is not in it',
  });
}

function refuseBeside(
  given: VerifyArguments,
  options: readonly (keyof VerifyArguments)[],
  beside: string,
  why: string,
): void {
  const other = options.find((option) => given[option] !== undefined);
  if (!other) return;
  throw new HeisenwriteError('invalid-option', `--${other} does not go with ${beside}: ${why}`, {
    remedy: 'leave one of the two away',
  });
}
