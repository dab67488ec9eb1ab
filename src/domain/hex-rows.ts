// Rows of a hex dump, expected beside observed: what a person looks at first.

import type { HexRow } from './hunt-report.ts';

export const ROW_BYTES = 16;
const AROUND_BYTES_DEFAULT = 64;

/**
 * Rows of 16 bytes from the row that holds the first difference.
 * @param offset file offset of the first byte of both arrays; rows begin at multiples of 16 in it
 * @param around bytes shown from the row before the first difference on
 */
export function hexRows(
  expected: Uint8Array,
  observed: Uint8Array,
  offset: number,
  around: number = AROUND_BYTES_DEFAULT,
): HexRow[] {
  const first = firstDifference(expected, observed) ?? 0;
  const from = Math.max(offset, Math.floor((offset + first) / ROW_BYTES) * ROW_BYTES - ROW_BYTES);
  const end = offset + Math.max(expected.length, observed.length);
  const rows: HexRow[] = [];
  let at = from;
  while (at < end && at < from + around) {
    const next = Math.min(end, Math.floor(at / ROW_BYTES) * ROW_BYTES + ROW_BYTES);
    const cut = (bytes: Uint8Array) => hexOf(bytes.subarray(at - offset, next - offset));
    rows.push({ offset: at, expected: cut(expected), observed: cut(observed) });
    at = next;
  }
  return rows;
}

/** Index of the first byte that differs, or where one ends before the other; null when equal. */
export function firstDifference(expected: Uint8Array, observed: Uint8Array): number | null {
  const both = Math.min(expected.length, observed.length);
  for (let at = 0; at < both; at++) if (expected[at] !== observed[at]) return at;
  return expected.length === observed.length ? null : both;
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** Lines of text for hexdump.txt; bytes that differ are marked with `^` below the observed ones. */
export function hexLines(expected: Uint8Array, observed: Uint8Array, offset: number): string[] {
  const length = Math.max(expected.length, observed.length);
  const lines: string[] = [];
  let same = 0;
  for (let at = 0; at < length; at += ROW_BYTES) {
    const meant = expected.subarray(at, at + ROW_BYTES);
    const found = observed.subarray(at, at + ROW_BYTES);
    if (firstDifference(meant, found) === null) {
      same += ROW_BYTES;
      continue;
    }
    if (same > 0) lines.push(`            ... ${same} bytes as expected`);
    same = 0;
    const place = (offset + at).toString(16).padStart(10, '0');
    lines.push(`${place}  expected  ${hexOf(meant)}`);
    lines.push(`${place}  observed  ${hexOf(found)}`);
    lines.push(`                      ${marks(meant, found)}`);
  }
  if (same > 0) lines.push(`            ... ${same} bytes as expected`);
  return lines;
}

function marks(meant: Uint8Array, found: Uint8Array): string {
  const length = Math.max(meant.length, found.length);
  const each = Array.from({ length }, (_, at) => (meant[at] === found[at] ? '  ' : '^^'));
  return each.join(' ').trimEnd();
}
