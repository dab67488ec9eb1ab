// What `verify` and `diagnose` say about a file: the verdict first, then each range in one line
// with its evidence, the blocks, the alignment, and what all of it has in common.

import { formatCount, formatExactSize, formatSize } from '../base/quantities.ts';
import { damageWords } from '../diagnose/damage-words.ts';
import type { BlockRange, FileDiagnosis } from '../diagnose/file-diagnosis.ts';
import { partLines, scopeLines } from './part-answer.ts';

/** Ranges shown to a person; `--json` has the others. */
const SHOWN_MAX = 20;
const BLOCK_RANGES_SHOWN_MAX = 8;

/** @param meant what it was held against: `as it was stamped`, `as in good.bin` */
export function answerLines(diagnosis: FileDiagnosis, meant: string): string[] {
  const { file, bytes, damage, damageNotListed, givenUp, signature } = diagnosis;
  const size = `${file} (${formatExactSize(bytes)})`;
  if (diagnosis.verdict === 'clean') {
    const clean = `CLEAN: every byte of ${size} is ${meant}${stampWords(diagnosis)}`;
    return [clean, ...scopeLines(diagnosis)];
  }
  const ranges = damage.length + damageNotListed;
  const lines = [
    `DAMAGED: ${size} is not ${meant}: ${givenUp ? 'more than ' : ''}${formatCount(ranges)} ` +
      `${ranges === 1 ? 'range' : 'ranges'}${lengthWords(diagnosis)}`,
    ...scopeLines(diagnosis),
    '',
  ];
  for (const one of damage.slice(0, SHOWN_MAX)) {
    lines.push(`  ${damageWords(one)}`, `    because ${one.because}`);
  }
  const more = ranges - Math.min(SHOWN_MAX, damage.length);
  if (more > 0) lines.push(`  and ${formatCount(more)} more (--json lists up to 1,000)`);
  lines.push('', ...partLines(diagnosis), ...blockLines(diagnosis));
  if (signature) {
    const { offsetAlignment, lengthAlignment } = signature;
    // Of a single range an alignment would be no more than its own offset.
    if (ranges > 1) {
      const offsets = `offsets are multiples of ${formatSize(offsetAlignment)}`;
      lines.push(`Alignment: ${offsets}, lengths of ${formatSize(lengthAlignment)}`);
    }
    lines.push(`In common: ${signature.words}`);
  }
  return lines;
}

function stampWords({ stamp }: FileDiagnosis): string {
  if (!stamp) return '';
  const { hunt, file, pattern, generation } = stamp;
  return ` (pattern ${pattern}, generation ${generation}, file ${file} of hunt ${hunt})`;
}

function lengthWords({ bytes, meantBytes, scope }: FileDiagnosis): string {
  if (scope && scope.kind !== 'whole') return '';
  return meantBytes === null ? '' : lengthDifference(bytes, meantBytes);
}

/** `; it is 3 bytes shorter than it should be`, or nothing. */
export function lengthDifference(bytes: number, meantBytes: number): string {
  if (meantBytes === bytes) return '';
  const [difference, word] =
    bytes < meantBytes ? [meantBytes - bytes, 'shorter'] : [bytes - meantBytes, 'longer'];
  const unit = difference === 1 ? 'byte' : 'bytes';
  return `; it is ${formatCount(difference)} ${unit} ${word} than it should be`;
}

function blockLines(diagnosis: FileDiagnosis): string[] {
  const { stamp, blocks, blocksDamaged } = diagnosis;
  if (!stamp || !blocks || !blocksDamaged) return [];
  const shown = blocks.slice(0, BLOCK_RANGES_SHOWN_MAX).map(rangeWords);
  const listed = blocks.slice(0, BLOCK_RANGES_SHOWN_MAX).reduce((sum, one) => sum + one.blocks, 0);
  const rest = blocksDamaged - listed;
  const noun = blocksDamaged === 1 ? 'block' : 'blocks';
  const size = formatSize(stamp.blockBytes);
  if (rest > 0) {
    return [`Blocks of ${size}: ${shown.join(', ')} and ${formatCount(rest)} more`];
  }
  const which = `${noun} ${shown.join(', ')} (of ${size}, from 0)`;
  return [coversBlocks(diagnosis, stamp.blockBytes) ? `Exactly ${which}` : `In ${which}`];
}

/** Whether each range of damage begins and ends where blocks do. */
function coversBlocks({ damage, bytes }: FileDiagnosis, blockBytes: number): boolean {
  return damage.every(({ offset, length }) => {
    const end = offset + length;
    return offset % blockBytes === 0 && (end % blockBytes === 0 || end === bytes);
  });
}

function rangeWords({ firstBlock, blocks }: BlockRange): string {
  if (blocks === 1) return formatCount(firstBlock);
  return `${formatCount(firstBlock)} to ${formatCount(firstBlock + blocks - 1)}`;
}
