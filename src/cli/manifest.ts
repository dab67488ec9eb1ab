// `heisenwrite manifest FILE`, `manifest --compare A B`, and what `verify FILE --manifest M` does.

import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { isoTime } from '../base/clock.ts';
import { formatCount, formatSize, parseSize } from '../base/quantities.ts';
import { EXIT_CLEAN, EXIT_DAMAGE, HeisenwriteError } from '../domain/errors.ts';
import { type Manifest, takeManifest } from '../manifest/manifest.ts';
import { readManifest, writeManifest } from '../manifest/manifest-file.ts';
import { manifestText } from '../manifest/manifest-text.ts';
import {
  compareManifests,
  type ManifestVerification,
  verifyAgainst,
} from '../manifest/verification.ts';
import { attempt } from '../stamp/file-failure.ts';
import { fileProgress } from './file-progress.ts';
import { manifestAnswerLines } from './manifest-answer.ts';

export interface ManifestArguments {
  readonly file: string;
  /** The second manifest of `--compare`. */
  readonly other?: string | undefined;
  readonly compare?: boolean | undefined;
  readonly output?: string | undefined;
  readonly chunk?: string | undefined;
  readonly json?: boolean | undefined;
}

interface Streams {
  readonly out: Writable;
  readonly err: Writable;
}

/**
 * @returns the exit code: 0, or 1 where two manifests differ
 * @throws HeisenwriteError invalid-option, invalid-size, file-exists, no-such-place, no-such-file,
 *   not-readable, read-failed, not-a-manifest, manifest-damaged, and those of writing
 */
export async function runManifest(given: ManifestArguments, io: Streams): Promise<number> {
  refuseMixed(given);
  const { file, other, output, json } = given;
  if (other !== undefined) {
    const [meant, found] = [await readManifest(file), await readManifest(other)];
    return answer(await compareManifests(other, found, meant), file, { json, out: io.out });
  }
  refusePipe(file);
  const chunkBytes = given.chunk === undefined ? undefined : chunkOf(given.chunk);
  if (output !== undefined) refuseOutput(output);
  const progress = fileProgress('manifest', io.err);
  const options = { chunkBytes, onProgress: progress.show };
  const manifest = await takeManifest(file, options).finally(progress.end);
  if (output !== undefined) writeManifest(output, manifest);
  io.out.write(json ? documentOf(manifest, output) : textOf(manifest, file, output));
  return EXIT_CLEAN;
}

/**
 * @returns the exit code: 0 clean, 1 damaged
 * @throws HeisenwriteError no-such-file, not-readable, read-failed, not-a-manifest,
 *   manifest-damaged
 */
export async function runVerifyAgainst(
  given: { readonly file: string; readonly manifest: string; readonly json?: boolean | undefined },
  io: Streams,
): Promise<number> {
  refusePipe(given.file);
  const manifest = await readManifest(given.manifest);
  const progress = fileProgress('verify', io.err);
  const judged = verifyAgainst(given.file, manifest, progress.show).finally(progress.end);
  return answer(await judged, given.manifest, { json: given.json, out: io.out });
}

function answer(
  verification: ManifestVerification,
  against: string,
  { json, out }: { readonly json: boolean | undefined; readonly out: Writable },
): number {
  const text = json
    ? JSON.stringify(verification, null, 2)
    : manifestAnswerLines(verification, against).join('\n');
  out.write(`${text}\n`);
  return verification.verdict === 'clean' ? EXIT_CLEAN : EXIT_DAMAGE;
}

function refuseMixed({ other, compare, output, chunk }: ManifestArguments): void {
  const refuse = (message: string, remedy: string) => {
    throw new HeisenwriteError('invalid-option', message, { remedy });
  };
  if (compare !== (other !== undefined)) {
    refuse(
      compare ? '--compare needs two manifests' : 'a manifest is of one file',
      'heisenwrite manifest FILE -o M, or heisenwrite manifest --compare M1 M2',
    );
  }
  if (compare && (output !== undefined || chunk !== undefined)) {
    refuse('--compare takes neither --output nor --chunk', 'leave them away');
  }
}

function refusePipe(file: string): void {
  if (file !== '-') return;
  throw new HeisenwriteError('invalid-option', 'a manifest needs a file, not a pipe (-)', {
    remedy: 'store it first, and give its path; a file that is named - is ./-',
  });
}

/** Before a long file is read for nothing. */
function refuseOutput(output: string): void {
  if (existsSync(output)) throw new HeisenwriteError('file-exists', `${output} exists`);
  attempt('write', output, () => accessSync(dirname(output), constants.W_OK));
}

function chunkOf(text: string): number {
  const bytes = parseSize(text);
  if (bytes !== null) return bytes;
  throw new HeisenwriteError('invalid-size', `--chunk ${text} is not a size`);
}

function documentOf(manifest: Manifest, output: string | undefined): string {
  const { file, bytes, modifiedMs, chunkBytes, digests, root } = manifest;
  const hex = Buffer.from(digests).toString('hex');
  const document = {
    schema: 'heisenwrite.manifest/1',
    file,
    bytes,
    modified: isoTime(modifiedMs),
    chunkBytes,
    chunks: hex.length / 32,
    root,
    ...(output === undefined ? { digests: hex.match(/.{32}/g) ?? [] } : { output }),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function textOf(manifest: Manifest, file: string, output: string | undefined): string {
  if (output === undefined) return manifestText(manifest);
  const { bytes, chunkBytes, digests, root } = manifest;
  const chunks = formatCount(digests.length / 16);
  return (
    `${file}: ${formatSize(bytes)} in ${chunks} chunks of ${formatSize(chunkBytes)}, ` +
    `root ${root}\n` +
    `check a copy anywhere with: heisenwrite verify COPY --manifest ${output}\n`
  );
}
