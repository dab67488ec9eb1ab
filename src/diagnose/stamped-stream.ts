// A stamped file that comes once, from front to back: from a pipe, out of an archive, or as a range
// of a file. Each piece is checked by the kernel when it has come; what is not right is looked at
// closely when enough has come after it, and forgotten when nothing can refer to it any more.

import type { ByteRange } from '../domain/damage.ts';
import { checkWindow, joinRanges } from '../stamp/block-check.ts';
import { createStampKernel, type StampKernel } from '../stamp/kernel.ts';
import type { StampedIdentity } from '../stamp/stamped-identity.ts';
import { ArrivedBytes } from './arrived-bytes.ts';
import { type StampedJudge, stampedJudge, stampedSetting } from './blocks.ts';
import { DamageList } from './damage-list.ts';
import { extraEnd } from './extra.ts';
import type { BlockRange } from './file-diagnosis.ts';
import type { StampedFindings } from './stamped-answer.ts';

/** A multiple of every block size. */
export const PIECE_BYTES = 2 ** 20;
/** What comes after damage and may explain it: a block, how far is looked ahead, some more. */
const AFTER_BYTES = 3 * PIECE_BYTES;
/** A run that is longer is concluded in parts. */
const SPAN_BYTES_MAX = 8 * PIECE_BYTES;
/** Three spans may wait for each other: a copy, what stands after it, and a run. */
const KEPT_BYTES = 3 * SPAN_BYTES_MAX + AFTER_BYTES + PIECE_BYTES;

interface Piece extends ByteRange {
  /** What is not right in it, joined. */
  readonly wrong: ByteRange[];
}

export class StampedStream implements StampedFindings {
  readonly identity: StampedIdentity;
  readonly list: DamageList;
  readonly blocks: BlockRange[] = [];
  private readonly kernel: StampKernel;
  private readonly arrived: ArrivedBytes;
  private readonly judge: StampedJudge;
  private readonly joined: ReturnType<typeof joinRanges>;
  private readonly meantEnd: number;
  private waiting: Piece[] = [];
  private piece = Buffer.allocUnsafe(PIECE_BYTES);
  private filled = 0;

  /**
   * @param start offset in the stamped file of the first byte that will come
   * @param zeroBytes that have come already, all zeros
   * @param seenToEnd what comes ends where the file does: what is missing then, is missing
   */
  constructor(
    identity: StampedIdentity,
    { start, zeroBytes, seenToEnd }: { start: number; zeroBytes: number; seenToEnd: boolean },
    rangesMax: number,
  ) {
    const { stream, generation } = identity;
    this.identity = identity;
    this.list = new DamageList(rangesMax);
    this.kernel = createStampKernel(PIECE_BYTES);
    this.kernel.use(stream);
    this.arrived = new ArrivedBytes(start, zeroBytes);
    const lengthBytes = stream.fileBytes === 0 ? null : stream.fileBytes;
    this.meantEnd = lengthBytes ?? Number.POSITIVE_INFINITY;
    const versionOf = (block: number) =>
      block * stream.blockBytes < this.meantEnd ? { generation } : undefined;
    const setting = stampedSetting(stream, this.arrived, versionOf, generation, lengthBytes);
    const file = { lengthBytes, seenToEnd, spanBytesMax: SPAN_BYTES_MAX };
    this.judge = stampedJudge(setting, this.list, file);
    this.joined = joinRanges(stream.blockBytes, this.meantEnd, ({ firstBlock, blocks }) => {
      if (this.blocks.length < rangesMax) this.blocks.push({ firstBlock, blocks });
    });
    if (zeroBytes > 0) this.takeZeros(start, start + zeroBytes);
  }

  take(bytes: Uint8Array): void {
    for (let used = 0; used < bytes.length; ) {
      const room = PIECE_BYTES - (this.arrived.end % PIECE_BYTES) - this.filled;
      const some = bytes.subarray(used, used + room);
      this.piece.set(some, this.filled);
      this.filled += some.length;
      used += some.length;
      if (some.length === room) this.closePiece();
    }
  }

  /**
   * @param askedTo what is missing from here on, nobody asked for
   * @returns how many blocks are not right
   */
  end(askedTo?: number): number {
    if (this.filled > 0) this.closePiece();
    this.concludeUntil(Number.POSITIVE_INFINITY);
    const { end } = this.arrived;
    const isOverfull = this.list.isOverfull;
    if (!isOverfull) this.judge.end(askedTo);
    else if (end > this.meantEnd) this.list.add(extraEnd(this.meantEnd, end));
    return this.joined.end();
  }

  /** Zeros before the first stamp: no block of them is right, as none has its header. */
  private takeZeros(from: number, to: number): void {
    const { blockBytes } = this.identity.stream;
    const end = Math.min(to, this.meantEnd);
    for (let block = Math.floor(from / blockBytes); block * blockBytes < end; block++) {
      this.joined.add(block);
    }
    for (let at = from; at < to; at += SPAN_BYTES_MAX) {
      const length = Math.min(SPAN_BYTES_MAX, to - at);
      this.waiting.push({ offset: at, length, wrong: [{ offset: at, length }] });
    }
  }

  private closePiece(): void {
    const offset = this.arrived.end;
    const length = this.filled;
    const bytes = this.piece.subarray(0, length);
    this.piece = Buffer.allocUnsafe(PIECE_BYTES);
    this.filled = 0;
    this.arrived.append(bytes);
    this.waiting.push({ offset, length, wrong: this.wrongIn(offset, bytes) });
    this.concludeUntil(this.arrived.end - AFTER_BYTES);
  }

  /** The first block may be cut, and is looked at closely; so is what stands beyond the end. */
  private wrongIn(offset: number, bytes: Uint8Array): ByteRange[] {
    const { blockBytes } = this.identity.stream;
    const end = Math.min(offset + bytes.length, Math.max(offset, this.meantEnd));
    const firstWhole = Math.min(Math.ceil(offset / blockBytes) * blockBytes, end);
    const wrong: ByteRange[] = [];
    const add = (from: number, to: number) => {
      const last = wrong.at(-1);
      const touches = last !== undefined && last.offset + last.length === from;
      if (touches) wrong[wrong.length - 1] = { offset: last.offset, length: to - last.offset };
      else if (to > from) wrong.push({ offset: from, length: to - from });
    };
    add(offset, firstWhole);
    this.kernel.memory.set(bytes.subarray(firstWhole - offset));
    checkWindow(this.kernel, this.identity, firstWhole, end - firstWhole, (block) => {
      this.joined.add(block);
      add(block * blockBytes, Math.min((block + 1) * blockBytes, end));
    });
    add(end, offset + bytes.length);
    return wrong;
  }

  private concludeUntil(to: number): void {
    const ripe = this.waiting.findIndex(({ offset, length }) => offset + length > to);
    const pieces = ripe < 0 ? this.waiting : this.waiting.slice(0, ripe);
    this.waiting = ripe < 0 ? [] : this.waiting.slice(ripe);
    for (const { offset, length, wrong } of pieces) {
      if (this.list.isOverfull) break;
      for (const range of wrong) {
        this.judge.passed(range.offset);
        this.judge.look(range.offset, range.offset + range.length);
      }
      const last = wrong.at(-1);
      const right = last === undefined || last.offset + last.length < offset + length;
      if (right) this.judge.passed(offset + length);
    }
    const next = this.waiting[0]?.offset ?? this.arrived.end;
    this.arrived.forgetBefore(next - KEPT_BYTES);
  }
}
