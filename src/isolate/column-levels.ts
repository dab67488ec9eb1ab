// The levels of one column of a table, as written there, so that a claim names what its reader can
// look up. Ordered only where the order is beyond doubt: a claim such as "size >= 1MiB" rests on
// it. Of 5.9 and 5.10 nobody can tell whether they are numbers or versions.

import { parseDuration, parseSize } from '../base/quantities.ts';

export interface ColumnLevels {
  readonly ordered: boolean;
  /** By value where ordered, else as they appear. */
  readonly levels: readonly string[];
  /** From each spelling to its level: `1024KiB` and `1MiB` are one. */
  readonly levelOf: ReadonlyMap<string, string>;
}

const NUMBER = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;
const VERSION_LIKE = /^\d+(\.\d+)*$/;

/** @param written each spelling once, in order of appearance */
export function columnLevels(written: readonly string[]): ColumnLevels {
  const numbers = valuesOf(written, (text) => (NUMBER.test(text) ? Number(text) : null));
  if (numbers)
    return isCertainOrder(written, numbers) ? inOrder(written, numbers) : asNamed(written);
  const quantities = valuesOf(written, parseSize) ?? valuesOf(written, parseDuration);
  return quantities ? inOrder(written, quantities) : asNamed(written);
}

function valuesOf(
  written: readonly string[],
  parse: (text: string) => number | null,
): number[] | null {
  const values = written.map(parse);
  return values.every((value) => value !== null && Number.isFinite(value))
    ? (values as number[])
    : null;
}

/** Whether they stand in one order, read as numbers and, where they may be that, as versions. */
function isCertainOrder(written: readonly string[], numbers: readonly number[]): boolean {
  // 5.1 and 5.10, or 7 and 007, are different names of one number: then they are names.
  if (new Set(numbers).size < numbers.length) return false;
  if (!written.some((text) => text.includes('.'))) return true;
  if (!written.every((text) => VERSION_LIKE.test(text))) return true;
  const byNumber = written.toSorted((a, b) => Number(a) - Number(b));
  const byVersion = written.toSorted(compareVersions);
  return byNumber.every((text, index) => text === byVersion[index]);
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number)) as [number[], number[]];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? -1) - (right[at] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

function inOrder(written: readonly string[], values: readonly number[]): ColumnLevels {
  const names = new Map<number, string>();
  const levelOf = new Map<string, string>();
  written.forEach((text, index) => {
    const value = values[index] as number;
    if (!names.has(value)) names.set(value, text);
    levelOf.set(text, names.get(value) as string);
  });
  const levels = [...names].toSorted(([a], [b]) => a - b).map(([, name]) => name);
  return { ordered: true, levels, levelOf };
}

function asNamed(written: readonly string[]): ColumnLevels {
  return {
    ordered: false,
    levels: written,
    levelOf: new Map(written.map((text) => [text, text])),
  };
}
