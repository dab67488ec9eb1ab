// `verify FILE`: the fast scan finds the blocks that are not right, and only these are looked at
// closely. What was wrong in one look and is right in another is damage too: the file could not be
// read reliably.

import { readSync } from 'node:fs';
import type { ByteRange } from '../domain/damage.ts';
import type { DamagedBlocks } from '../stamp/block-check.ts';
import { attempt } from '../stamp/file-failure.ts';
import { HEADER_BYTES } from '../stamp/layout.ts';
import { learnIdentity, type StampedIdentity } from '../stamp/stamped-identity.ts';
import { type StampedScan, scanStampedFile } from '../stamp/stamped-scan.ts';
import { type StampedJudge, stampedJudge, stampedSetting } from './blocks.ts';
import { DamageList } from './damage-list.ts';
import {
  type BlockRange,
  type FileDiagnosis,
  type FileDiagnosisOptions,
  RANGES_MAX_DEFAULT,
} from './file-diagnosis.ts';
import type { OpenedFile } from './good-file.ts';
import { observedInFile } from './observed-bytes.ts';
import { stampedAnswer } from './stamped-answer.ts';
import { refuseArchive } from './stamped-archive.ts';
import { verifyPartOfFile } from './stamped-part.ts';

/** @throws HeisenwriteError not-stamped, read-failed */
export async function verifyStamped(
  file: OpenedFile,
  options: FileDiagnosisOptions,
): Promise<FileDiagnosis> {
  const { onProgress, rangesMax = RANGES_MAX_DEFAULT, part = false } = options;
  const { path, descriptor, length } = file;
  const identity = attempt('read', path, () => learnIdentity(descriptor, length));
  attempt('read', path, () =>
    refuseArchive(path, identity, (at, bytes) => readAt(file, at, bytes)),
  );
  if (identity && (identity.partOffset > 0 || options.range)) {
    return await verifyPartOfFile(file, identity, options);
  }
  const verification = identity && new Verification(file, identity, rangesMax, part);
  const look = (blocks: DamagedBlocks) => verification?.look(blocks);
  // Without an identity the scan says why there is none.
  const scan = await scanStampedFile(path, look, onProgress, identity ? { identity } : {});
  return (verification ?? new Verification(file, scan, rangesMax, part)).end(scan);
}

function readAt({ descriptor }: OpenedFile, offset: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  return buffer.subarray(0, readSync(descriptor, buffer, 0, length, offset));
}

class Verification {
  private readonly file: OpenedFile;
  private readonly identity: StampedIdentity;
  private readonly rangesMax: number;
  private readonly list: DamageList;
  private readonly judge: StampedJudge;
  private readonly meantBytes: number | null;
  private readonly blocks: BlockRange[] = [];
  private lookedTo = 0;
  /** Where the look for an identity saw no right header, and the scan has nothing wrong so far. */
  private readonly doubted: Set<number>;

  constructor(file: OpenedFile, identity: StampedIdentity, rangesMax: number, part: boolean) {
    const { stream, generation } = identity;
    this.file = file;
    this.identity = identity;
    this.rangesMax = rangesMax;
    this.doubted = new Set(identity.doubted);
    this.meantBytes = stream.fileBytes === 0 ? null : stream.fileBytes;
    this.list = new DamageList(rangesMax);
    const end = this.meantBytes ?? file.length;
    const observed = observedInFile(file.descriptor, 0, file.length);
    const versionOf = (block: number) =>
      block * stream.blockBytes < end ? { generation } : undefined;
    const setting = stampedSetting(stream, observed, versionOf, generation, this.meantBytes);
    // Of a beginning that is known to be one, the rest is not missing.
    const whole = { lengthBytes: this.meantBytes, seenToEnd: !part };
    this.judge = stampedJudge(setting, this.list, whole);
  }

  look({ firstBlock, blocks, offset, length }: DamagedBlocks): void {
    if (this.blocks.length < this.rangesMax) this.blocks.push({ firstBlock, blocks });
    // What stands beyond the meant end may belong to the same displaced run.
    const last = offset + length === this.meantBytes;
    const end = last ? this.file.length : Math.min(offset + length, this.file.length);
    this.lookedTo = end;
    for (const at of this.doubted) if (offset <= at && at < end) this.doubted.delete(at);
    if (this.list.isOverfull) return;
    const pieces = attempt('read', this.file.path, () => this.judge.look(offset, end));
    if (pieces > 0) return;
    this.addSeenOnce({ offset, length });
  }

  end(scan: StampedScan): FileDiagnosis {
    const { file, identity, meantBytes } = this;
    for (const at of this.doubted) {
      if (at < scan.checkedBytes) this.addSeenOnce({ offset: at, length: HEADER_BYTES });
    }
    if (!this.list.isOverfull)
      attempt('read', file.path, () => {
        const beyond = Math.max(this.lookedTo, meantBytes ?? file.length);
        if (beyond < file.length) this.judge.look(beyond, file.length);
        this.judge.end();
      });
    const checked = { identity, list: this.list, blocks: this.blocks };
    const scope = { kind: 'whole', from: 0, to: file.length } as const;
    return stampedAnswer(file.path, checked, scan.damagedBlocks, scope);
  }

  private addSeenOnce({ offset, length }: ByteRange): void {
    const because = 'wrong when it was read first, and right when it was read again';
    this.list.add({ kind: 'unexplained', offset, length, because });
  }
}
