// What `verify` says beyond the damaged ranges: which part of the stamped file was there, which
// bytes of it are intact, which stand elsewhere, and the part size that explains the holes.

import { formatCount, formatExactSize } from '../base/quantities.ts';
import type { CheckedScope, FileDiagnosis } from '../diagnose/file-diagnosis.ts';
import type { MovedBytes } from '../diagnose/intact-ranges.ts';
import type { PartGrid, PartRange } from '../diagnose/part-grid.ts';

const SHOWN_MAX = 8;

/** What was checked, where that is not the whole file; else nothing. */
export function scopeLines({ scope, meantBytes, intact }: FileDiagnosis): string[] {
  if (!scope) return [];
  const of = meantBytes === null ? '' : ` of the ${formatCount(meantBytes)} that were stamped`;
  const bytes = `bytes ${formatCount(scope.from)} to ${formatCount(scope.to)}${of}`;
  if (scope.kind === 'range') return [rangeScope(scope, bytes, meantBytes)];
  if (scope.kind === 'part') {
    return [
      `Its stamps say that it is a part: ${bytes}. Offsets are those of the stamped file; ` +
        `${formatCount(scope.from)} less in this one`,
    ];
  }
  const beginning = intact?.ranges.length === 1 && intact.bytes === scope.to;
  if (meantBytes === null || scope.to >= meantBytes || !beginning) return [];
  const percent = Math.floor((scope.to / meantBytes) * 100);
  return [
    `Intact so far: all ${formatCount(scope.to)} bytes that are there (${percent}% of the file); ` +
      'the rest has not come',
  ];
}

function rangeScope(
  { from, to, askedTo }: CheckedScope,
  bytes: string,
  meant: number | null,
): string {
  if (askedTo === undefined) return `Only ${bytes} were checked, as was asked for`;
  const asked = `to ${formatCount(askedTo)}`;
  if (from < to) {
    const rest = `the rest of the range, ${asked}, is beyond the end of the file`;
    return `Only ${bytes} were checked: ${rest}`;
  }
  const stamped = meant === null ? '' : `; ${formatCount(meant)} bytes were stamped`;
  return `All of the range, ${formatCount(from)} ${asked}, is beyond the end of the file${stamped}`;
}

/** The ranges that are right, the moved ones, and the parts. */
export function partLines({ intact, moved, parts, damage }: FileDiagnosis): string[] {
  const lines: string[] = [];
  if (intact && damage.length > 0) lines.push(intactWords(intact));
  for (const one of (moved ?? []).slice(0, SHOWN_MAX)) lines.push(movedWords(one, parts));
  if (parts) lines.push(`Exactly ${partsWords(parts)}`);
  return lines;
}

function intactWords({ bytes, ranges }: NonNullable<FileDiagnosis['intact']>): string {
  if (bytes === 0) return 'Intact: nothing';
  const shown = ranges
    .slice(0, SHOWN_MAX)
    .map(({ offset, length }) => `${formatCount(offset)} to ${formatCount(offset + length)}`);
  const rest = ranges.length - shown.length;
  const more = rest > 0 ? ` and ${formatCount(rest)} more ranges` : '';
  return `Intact: ${formatCount(bytes)} bytes: ${shown.join(', ')}${more}`;
}

const HOW: Readonly<Record<MovedBytes['how'], string>> = {
  copied: 'which are in their own place as well: a part that is there twice',
  swapped: 'and those of this place are there: the two are swapped',
  moved: 'where they are not',
};

function movedWords({ offset, length, from, how }: MovedBytes, parts: MovedParts): string {
  const place = (at: number) => placeWords(at, length, parts);
  return `In the place of ${place(offset)} are the bytes of ${place(from)}, ${HOW[how]}`;
}

type MovedParts = PartGrid | null | undefined;

function placeWords(at: number, length: number, parts: MovedParts): string {
  const bytes = `bytes ${formatCount(at)} to ${formatCount(at + length)}`;
  if (!parts || at % parts.partBytes !== 0) return bytes;
  const first = at / parts.partBytes;
  const count = Math.ceil(length / parts.partBytes);
  return count === 1 ? `part ${formatCount(first)}` : rangeWords({ first, count }, 'parts ');
}

/** `parts 7 and 9 of 12, of 8MiB each, from 0`. */
export function partsWords({
  partBytes,
  parts,
  damagedParts,
  ofParts,
  largestBytes,
}: Omit<PartGrid, 'chance'>): string {
  const shown = parts.slice(0, SHOWN_MAX).map((one) => rangeWords(one));
  const rest = parts.length - shown.length;
  const last = shown.length > 1 && rest === 0 ? ` and ${shown.pop()}` : '';
  const more = rest > 0 ? ` and ${formatCount(rest)} more ranges` : '';
  const noun = damagedParts === 1 ? 'part' : 'parts';
  const of = ofParts === null ? '' : ` of ${formatCount(ofParts)}`;
  const larger = largestBytes === partBytes ? '' : `, or of ${formatExactSize(largestBytes)}`;
  return (
    `${noun} ${shown.join(', ')}${last}${more}${of}, of ${formatExactSize(partBytes)} each, ` +
    `from 0${larger}`
  );
}

function rangeWords({ first, count }: PartRange, before = ''): string {
  const from = `${before}${formatCount(first)}`;
  return count === 1 ? from : `${from} to ${formatCount(first + count - 1)}`;
}
