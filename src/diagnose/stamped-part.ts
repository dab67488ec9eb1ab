// `verify` of what is not a whole file on a disk: a range of one, a file that is a range of
// another, a member of an archive, a pipe. All of these are read once, forward, in constant memory.

import { readSync } from 'node:fs';
import { formatCount, formatSize } from '../base/quantities.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import { attempt } from '../stamp/file-failure.ts';
import { nothingLeft } from '../stamp/nothing-left.ts';
import { learnIdentityFrom, type StampedIdentity } from '../stamp/stamped-identity.ts';
import {
  type CheckedScope,
  type FileDiagnosis,
  type FileDiagnosisOptions,
  RANGES_MAX_DEFAULT,
} from './file-diagnosis.ts';
import type { OpenedFile } from './good-file.ts';
import { missingDamage, missingEnd } from './missing.ts';
import { stampedAnswer } from './stamped-answer.ts';
import { refuseArchive } from './stamped-archive.ts';
import { checkedBytes, missingRange } from './stamped-range.ts';
import { PIECE_BYTES, StampedStream } from './stamped-stream.ts';

/** So much of a stream is looked at for what it is; up to the second when nothing says. */
const OPENING_BYTES = 8 * PIECE_BYTES;
const OPENING_BYTES_MAX = 32 * PIECE_BYTES;
const PROGRESS_BYTES = 64 * PIECE_BYTES;

/** @throws HeisenwriteError read-failed, invalid-option */
export async function verifyPartOfFile(
  file: OpenedFile,
  identity: StampedIdentity,
  options: FileDiagnosisOptions,
): Promise<FileDiagnosis> {
  const { from, to, scope, lacksSome } = checkedBytes(file, identity, options);
  if (from === to && lacksSome) return missingRange(file, identity, scope);
  const isWhole = !options.part && !options.range;
  const place = { start: scope.from, zeroBytes: 0, seenToEnd: isWhole || lacksSome };
  const stream = new StampedStream(identity, place, options.rangesMax ?? RANGES_MAX_DEFAULT);
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  for (let at = from; at < to; ) {
    const wanted = Math.min(PIECE_BYTES, to - at);
    const read = () => readSync(file.descriptor, buffer, 0, wanted, at);
    const got = attempt('read', file.path, read);
    if (got === 0) break;
    stream.take(buffer.subarray(0, got));
    at += got;
    if (at % PROGRESS_BYTES === 0) {
      options.onProgress?.(at - from, to - from);
      await new Promise(setImmediate);
    }
  }
  const found = { stream, blocksDamaged: stream.end(scope.askedTo) };
  return answer(file.path, found, scope, isWhole);
}

/**
 * Checks a stamped file that comes as a stream, or a part of one.
 * @param name for the answer. @param chunks in order; they may be overwritten after their turn
 * @throws HeisenwriteError not-stamped, and what `chunks` throws
 */
export async function verifyStream(
  name: string,
  chunks: AsyncIterable<Uint8Array>,
  options: FileDiagnosisOptions = {},
): Promise<FileDiagnosis> {
  const opening = new Opening();
  let streams: readonly StampedStream[] = [];
  let doneBytes = 0;
  let shownBytes = 0;
  for await (const chunk of chunks) {
    doneBytes += chunk.length;
    for (const stream of streams) stream.take(chunk);
    if (streams.length === 0 && opening.take(chunk)) streams = opening.begin(name, options, 0);
    if (doneBytes - shownBytes < PROGRESS_BYTES) continue;
    shownBytes = doneBytes;
    options.onProgress?.(doneBytes, doneBytes);
  }
  if (streams.length === 0) streams = opening.begin(name, options, doneBytes);
  const ended = streams.map((stream) => ({ stream, blocksDamaged: stream.end() }));
  const { stream, blocksDamaged } = ended.reduce((best, next) =>
    next.blocksDamaged < best.blocksDamaged ? next : best,
  );
  const from = stream.identity.partOffset;
  const scope = { kind: from > 0 ? 'part' : 'whole', from, to: from + doneBytes } as const;
  return answer(name, { stream, blocksDamaged }, scope, !options.part);
}

/** Kept until it says what the stream is; zeros before it are only counted. */
class Opening {
  private zeroBytes = 0;
  private kept: Buffer[] = [];
  private keptBytes = 0;
  private wanted = OPENING_BYTES;
  private identity: StampedIdentity | null = null;

  /** @returns whether it is known what the stream is, or that nobody will know */
  take(chunk: Uint8Array): boolean {
    const zeros = Buffer.alloc(chunk.length);
    if (this.keptBytes === 0 && zeros.equals(chunk)) {
      this.zeroBytes += chunk.length;
      return false;
    }
    this.kept.push(Buffer.from(chunk));
    this.keptBytes += chunk.length;
    if (this.keptBytes < this.wanted) return false;
    this.wanted += OPENING_BYTES;
    this.identity = learnIdentityFrom(Buffer.concat(this.kept), this.zeroBytes);
    return this.identity !== null || this.keptBytes >= OPENING_BYTES_MAX;
  }

  /**
   * Where the beginning belongs elsewhere, the stream may be a part, or a whole whose first part
   * is misplaced: which of the two explains more is known at its end.
   * @param bytes length of the stream, when it has ended; else 0
   */
  begin(name: string, options: FileDiagnosisOptions, bytes: number): StampedStream[] {
    const kept = Buffer.concat(this.kept);
    const identity = this.identity ?? learnIdentityFrom(kept, this.zeroBytes, bytes);
    if (this.zeroBytes === 0) {
      refuseArchive(name, identity, (offset, length) => kept.subarray(offset, offset + length));
    }
    if (!identity && this.keptBytes === 0) throw nothingLeft(name, this.zeroBytes);
    if (!identity) throw new HeisenwriteError('not-stamped', `${name} ${this.whyNot(bytes)}`);
    const identities =
      identity.partOffset > 0 ? [{ ...identity, partOffset: 0 }, identity] : [identity];
    const streams = identities.map((one) => {
      // What is only counted ends where a block begins, whatever its size.
      const start = one.partOffset;
      const rest = Math.min(this.zeroBytes, (start + this.zeroBytes) % PIECE_BYTES);
      const place = { start, zeroBytes: this.zeroBytes - rest, seenToEnd: !options.part };
      const stream = new StampedStream(one, place, options.rangesMax ?? RANGES_MAX_DEFAULT);
      stream.take(Buffer.alloc(rest));
      return stream;
    });
    for (const chunk of this.kept) for (const stream of streams) stream.take(chunk);
    this.kept = [];
    return streams;
  }

  private whyNot(bytes: number): string {
    if (bytes > 0) return 'has no block with the header of a stamp';
    return `has no block with the header of a stamp in its first ${formatSize(OPENING_BYTES_MAX)}`;
  }
}

function answer(
  name: string,
  { stream, blocksDamaged }: { stream: StampedStream; blocksDamaged: number },
  scope: CheckedScope,
  isWhole: boolean,
): FileDiagnosis {
  if (scope.kind === 'part' && isWhole) addOutside(stream, scope);
  return stampedAnswer(name, stream, blocksDamaged, scope);
}

/** A part that is taken for the whole lacks what is before it; what is after it has been said. */
function addOutside({ list, identity }: StampedStream, { from, to }: CheckedScope): void {
  const because = `it begins with byte ${formatCount(from)} of the stamped file`;
  list.add(missingDamage({ offset: 0, length: from }, because));
  const { fileBytes } = identity.stream;
  const said = list.all().some(({ kind, offset }) => kind === 'missing' && offset === to);
  if (fileBytes > to && !said) list.add(missingEnd(to, fileBytes));
}
