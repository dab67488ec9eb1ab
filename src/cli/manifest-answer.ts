// What is said of a file that was held against a manifest, or of two manifests: the verdict first,
// then each range, which parts they are, and what could not be judged.

import { formatCount, formatExactSize, formatSize } from '../base/quantities.ts';
import { damageWords } from '../diagnose/damage-words.ts';
import { partGridOf } from '../diagnose/part-grid.ts';
import type { ByteRange, Damage } from '../domain/damage.ts';
import type { ManifestVerification } from '../manifest/verification.ts';
import { lengthDifference } from './file-answer.ts';
import { partsWords } from './part-answer.ts';

/** Ranges shown to a person; `--json` has the others. */
const SHOWN_MAX = 20;
const ZEROS_SHOWN_MAX = 8;
const PAGE_BYTES = 4096;

/** @param against path of the manifest */
export function manifestAnswerLines(answer: ManifestVerification, against: string): string[] {
  const { file, bytes, meantBytes, chunksCompared, chunksDiffering, damage, damageNotListed } =
    answer;
  const name = `${file} (${formatExactSize(bytes)})`;
  const chunks = `${formatCount(chunksCompared)} chunks of ${formatSize(answer.chunkBytes)}`;
  if (answer.verdict === 'clean') {
    return [`CLEAN: every byte of ${name} is as the manifest ${against} has it (${chunks})`];
  }
  const lines = [
    `DAMAGED: ${name} is not as the manifest ${against} has it: ` +
      `${formatCount(chunksDiffering)} of ${chunks} differ${lengthDifference(bytes, meantBytes)}`,
    '',
  ];
  for (const one of damage.slice(0, SHOWN_MAX)) {
    lines.push(`  ${rangeWords(one)}`, `    because ${one.because}`);
  }
  const more = damage.length + damageNotListed - Math.min(SHOWN_MAX, damage.length);
  if (more > 0) lines.push(`  and ${formatCount(more)} more (--json lists up to 1,000)`);
  return [...lines, '', ...remarks(answer)];
}

/** A digest does not tell the kind, so none is claimed where it would be `unexplained`. */
function rangeWords({
  kind,
  offset,
  length,
  from,
  because,
}: ManifestVerification['damage'][number]) {
  const described: Damage = { kind, offset, length, because, ...(from ? { from } : {}) };
  return damageWords(described).replace(/^unexplained/, 'differing');
}

function remarks(answer: ManifestVerification): string[] {
  const { unjudged, nothingInCommon, manifestOf, chunkBytes } = answer;
  const lines = partLines(answer);
  if (nothingInCommon) {
    lines.push(`Not one chunk is right: it may be another file or version than ${manifestOf}`);
  } else if (chunkBytes > 65_536 && answer.damage.some(({ kind }) => kind === 'unexplained')) {
    lines.push('Ranges are whole chunks: a manifest with a smaller --chunk would be more exact');
  }
  if (unjudged) {
    lines.push(
      `Not judged: the ${formatCount(unjudged.length)} bytes from offset ` +
        `${formatCount(unjudged.offset)}, a part of a chunk that has only one digest`,
    );
  }
  if (answer.modified !== answer.meantModified) {
    lines.push(`Last written: ${answer.modified}; by the manifest ${answer.meantModified}`);
  }
  return lines;
}

/** Which parts they are, where chance is no explanation, and which zeros lie in what differs. */
function partLines(answer: ManifestVerification): string[] {
  const { damage, damageNotListed, zeros, bytes, meantBytes, chunkBytes } = answer;
  const inside = damage.filter(({ kind }) => kind !== 'missing' && kind !== 'extra');
  if (inside.length === 0 || damageNotListed > 0) return [];
  const end = Math.min(bytes, meantBytes);
  const grid = partGridOf(inside, end, chunkBytes, [0, end], chunkBytes);
  const lines = grid ? [`Exactly ${partsWords(grid)}`] : [];
  if (zeros.length === 0 || !inside.some(({ kind }) => kind === 'unexplained')) return lines;
  for (const { offset, length } of zeros.slice(0, ZEROS_SHOWN_MAX)) {
    const place = `${formatCount(length)} bytes at offset ${formatCount(offset)}`;
    lines.push(`Zeros in it, whether meant or not: ${place}`);
  }
  const left = zeros.length - ZEROS_SHOWN_MAX;
  if (left > 0) lines.push(`  and ${formatCount(left)} more (--json lists up to 1,000)`);
  const holes = zeros.map(
    (range): Damage => ({ ...wholePages(range), kind: 'zeroed', because: '' }),
  );
  const zerosGrid = partGridOf(holes, end, PAGE_BYTES, [0, end]);
  if (zerosGrid) lines.push(`They hold ${partsWords(zerosGrid)}`);
  return lines;
}

/** Without the zeros that were meant and lie next to it: borders of parts are those of pages. */
function wholePages({ offset, length }: ByteRange): ByteRange {
  const start = Math.ceil(offset / PAGE_BYTES) * PAGE_BYTES;
  const end = Math.floor((offset + length) / PAGE_BYTES) * PAGE_BYTES;
  return { offset: start, length: Math.max(0, end - start) };
}
