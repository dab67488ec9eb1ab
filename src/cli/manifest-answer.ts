// What is said of a file that was held against a manifest, or of two manifests: the verdict first,
// then each range, which parts they are, and what could not be judged.

import { formatCount, formatSize, parseSize } from '../base/quantities.ts';
import { damageWords } from '../diagnose/damage-words.ts';
import type { ByteRange, Damage } from '../domain/damage.ts';
import type { ManifestVerification } from '../manifest/verification.ts';

/** Ranges shown to a person; `--json` has the others. */
const SHOWN_MAX = 20;
const PARTS_SHOWN_MAX = 8;
/** Writers take no smaller parts; below, a common divisor of borders is chance. */
const PART_BYTES_MIN = 65_536;

/** @param against path of the manifest */
export function manifestAnswerLines(answer: ManifestVerification, against: string): string[] {
  const { file, bytes, chunksCompared, chunksDiffering, damage, damageNotListed } = answer;
  const name = `${file} (${exactSize(bytes)})`;
  const chunks = `${formatCount(chunksCompared)} chunks of ${formatSize(answer.chunkBytes)}`;
  if (answer.verdict === 'clean') {
    return [`CLEAN: every byte of ${name} is as the manifest ${against} has it (${chunks})`];
  }
  const lines = [
    `DAMAGED: ${name} is not as the manifest ${against} has it: ` +
      `${formatCount(chunksDiffering)} of ${chunks} differ${lengthWords(answer)}`,
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

/** `Exactly parts 7, 9 (of 8MiB, from 0)` where all ranges fit a grid coarser than the chunks. */
function partLines(answer: ManifestVerification): string[] {
  const { damage, damageNotListed, zeros, bytes, chunkBytes } = answer;
  const inside = damage.filter(({ kind }) => kind !== 'missing' && kind !== 'extra');
  if (inside.length === 0 || damageNotListed > 0) return [];
  const isNews = inside.some(({ kind }) => kind === 'unexplained') && zeros.length > 0;
  const [size, zerosSize] = [gridOf(inside, bytes), gridOf(zeros.map(wholePages), bytes)];
  const lines = [`Exactly ${partWords(inside, size, size > chunkBytes ? 'part' : 'chunk')}`];
  if (!isNews) return lines;
  for (const { offset, length } of zeros.slice(0, PARTS_SHOWN_MAX)) {
    const place = `${formatCount(length)} bytes at offset ${formatCount(offset)}`;
    lines.push(`Zeros in it, whether meant or not: ${place}`);
  }
  const left = zeros.length - PARTS_SHOWN_MAX;
  if (left > 0) lines.push(`  and ${formatCount(left)} more (--json lists up to 1,000)`);
  if (zerosSize >= PART_BYTES_MIN) {
    lines.push(`They hold ${partWords(zeros.map(wholePages), zerosSize, 'part')}`);
  }
  return lines;
}

/** Without the zeros that were meant and lie next to it: borders of parts are those of pages. */
function wholePages({ offset, length }: ByteRange): ByteRange {
  const start = Math.ceil(offset / 4096) * 4096;
  const end = Math.floor((offset + length) / 4096) * 4096;
  return { offset: start, length: Math.max(0, end - start) };
}

/** The greatest size of which all borders are multiples, but for the end of the file. */
function gridOf(ranges: readonly ByteRange[], bytes: number): number {
  const edges = ranges.flatMap(({ offset, length }) => [offset, offset + length]);
  const inner = edges.filter((edge) => edge !== bytes).reduce(greatestCommonDivisor, 0);
  return inner === 0 ? bytes : inner;
}

function partWords(ranges: readonly ByteRange[], size: number, noun: string): string {
  const parts = ranges.flatMap(({ offset, length }) => {
    const count = Math.min(PARTS_SHOWN_MAX + 1, Math.ceil(length / size));
    return Array.from({ length: count }, (_, at) => offset / size + at);
  });
  const shown = parts.slice(0, PARTS_SHOWN_MAX).map(formatCount).join(', ');
  const more = parts.length > PARTS_SHOWN_MAX ? ' and more' : '';
  return `${noun}${parts.length === 1 ? '' : 's'} ${shown}${more} (of ${formatSize(size)}, from 0)`;
}

function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right);
}

function lengthWords({ bytes, meantBytes }: ManifestVerification): string {
  if (meantBytes === bytes) return '';
  const [difference, word] =
    bytes < meantBytes ? [meantBytes - bytes, 'shorter'] : [bytes - meantBytes, 'longer'];
  const unit = difference === 1 ? 'byte' : 'bytes';
  return `; it is ${formatCount(difference)} ${unit} ${word} than it should be`;
}

/** `1MiB` only where that is exact. */
function exactSize(bytes: number): string {
  const text = formatSize(bytes);
  return parseSize(text) === bytes ? text : `${formatCount(bytes)} bytes`;
}
