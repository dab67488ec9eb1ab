// From what a person writes for a level (`4KiB`, 4096, "direct", true) to the level that a cell
// holds, checked against what the workload declares, with messages that name the likely mistake.

import { formatDuration, formatSize, parseDuration, parseSize } from '../base/quantities.ts';
import type { Level } from '../domain/cell.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { FactorDeclaration } from '../domain/plan.ts';
import { nearest } from './nearest.ts';

/** @throws HeisenwriteError `unknown-level` or `invalid-size`, naming `where` (a plan's field). */
export function parseLevel(factor: FactorDeclaration, written: Level, where: string): Level {
  switch (factor.kind) {
    case 'choice':
      return parseChoice(factor, written, where);
    case 'flag':
      return parseFlag(factor, written, where);
    case 'size':
      return checkedNumber(factor, written, where, parseSize, formatSize);
    case 'duration':
      return checkedNumber(factor, written, where, parseDuration, formatDuration);
    case 'count':
      return checkedNumber(
        factor,
        written,
        where,
        (text) => (/^\d+$/.test(text) ? Number(text) : null),
        String,
      );
  }
}

/** As a person would write it. */
export function levelText(factor: FactorDeclaration | undefined, level: Level): string {
  if (factor?.kind === 'size') return formatSize(Number(level));
  if (factor?.kind === 'duration') return formatDuration(Number(level));
  return String(level);
}

function parseChoice(factor: FactorDeclaration, written: Level, where: string): Level {
  const choices = factor.choices ?? [];
  if (choices.includes(String(written))) return String(written);
  const near = nearest(String(written), choices);
  throw new HeisenwriteError(
    'unknown-level',
    `${where}: "${written}" is not a level of ${factor.name}` +
      `${near ? `; did you mean "${near}"?` : ''} (levels: ${choices.join(', ')})`,
  );
}

function parseFlag(factor: FactorDeclaration, written: Level, where: string): Level {
  const text = String(written);
  if (['true', 'yes', 'on'].includes(text)) return true;
  if (['false', 'no', 'off'].includes(text)) return false;
  throw new HeisenwriteError(
    'unknown-level',
    `${where}: "${written}" is not a level of ${factor.name} (levels: true, false)`,
  );
}

function checkedNumber(
  factor: FactorDeclaration,
  written: Level,
  where: string,
  parse: (text: string) => number | null,
  format: (value: number) => string,
): Level {
  const value = typeof written === 'number' ? written : parse(String(written));
  const code = factor.kind === 'size' ? 'invalid-size' : 'unknown-level';
  if (value === null || !Number.isFinite(value) || value < 0) {
    const example = factor.kind === 'size' ? '4KiB' : factor.kind === 'duration' ? '10ms' : '2';
    throw new HeisenwriteError(
      code,
      `${where}: "${written}" is not a ${factor.kind} (an example: ${example})`,
    );
  }
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = factor;
  if (value < min || value > max) {
    throw new HeisenwriteError(
      code,
      `${where}: ${factor.name} must be from ${format(min)} to ${format(max)}, not ${format(value)}`,
    );
  }
  if (factor.powerOfTwo && !Number.isInteger(Math.log2(value))) {
    throw new HeisenwriteError(
      code,
      `${where}: ${factor.name} must be a power of two, not ${format(value)}`,
    );
  }
  return value;
}
