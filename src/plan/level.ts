// From what a person writes for a level (`4KiB`, 4096, "direct", true) to the level that a cell
// holds, checked against what the workload declares, with messages that name the likely mistake.

import { formatDuration, formatSize, parseDuration, parseSize } from '../base/quantities.ts';
import type { Level } from '../domain/cell.ts';
import { placeholdersIn } from '../domain/command-text.ts';
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
    case 'text':
      return parseText(factor, written, where);
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

/** As a person would write it, and exact, since replay commands are made of it. */
export function levelText(factor: FactorDeclaration | undefined, level: Level): string {
  const value = Number(level);
  if (factor?.kind === 'size') {
    const text = formatSize(value);
    return parseSize(text) === value ? text : String(value);
  }
  if (factor?.kind === 'duration') {
    const text = formatDuration(value);
    return parseDuration(text) === value ? text : `${value}ms`;
  }
  return String(level);
}

function parseChoice(factor: FactorDeclaration, written: Level, where: string): Level {
  const choices = factor.choices ?? [];
  if (choices.includes(String(written))) return String(written);
  const { named } = factor;
  // A name that begins with a dash would be an option to the program that takes it.
  if (named && new RegExp(`^${named.prefix}[^-\\s]\\S*$`).test(String(written))) {
    return String(written);
  }
  const all = named ? [...choices, named.about] : choices;
  const near = nearest(String(written), choices);
  throw new HeisenwriteError(
    'unknown-level',
    `${where}: "${written}" is not a level of ${factor.name}` +
      `${near ? `; did you mean "${near}"?` : ''} (levels: ${all.join(', ')})`,
  );
}

/** A command or a path: one line, and no placeholder that is nearly one of ours. */
function parseText(factor: FactorDeclaration, written: Level, where: string): Level {
  const text = String(written).trim();
  if (text === '' || /[\0\r\n]/.test(text)) {
    const what = text === '' ? 'is empty' : 'has several lines: put them into a script';
    throw new HeisenwriteError('unknown-level', `${where}: ${factor.name} ${what}`);
  }
  if (factor.check) return factor.check(text, where);
  const { placeholders = [] } = factor;
  for (const name of placeholders.length > 0 ? placeholdersIn(text) : []) {
    if (placeholders.some((each) => each === name || isOfKind(name, each))) continue;
    const near = nearest(name, placeholders);
    // `{print}` may well be meant for awk; a slip of the pen is not.
    if (near === null || name.length < 3) continue;
    const known = placeholders.map((each) => `{${each}${each.endsWith(':') ? 'NAME' : ''}}`);
    throw new HeisenwriteError(
      'unknown-level',
      `${where}: {${name}} means nothing; did you mean "{${near}}"? (${known.join(', ')})`,
    );
  }
  return text;
}

const isOfKind = (name: string, known: string) => known.endsWith(':') && name.startsWith(known);

function parseFlag(factor: FactorDeclaration, written: Level, where: string): Level {
  const text = String(written);
  if (['true', 'yes', 'on'].includes(text)) return true;
  if (['false', 'no', 'off'].includes(text)) return false;
  throw new HeisenwriteError(
    'unknown-level',
    `${where}: "${written}" is not a level of ${factor.name} (levels: true, false)`,
  );
}

/** Of `4kB`: kB and KiB differ by 2.4 %, so it is asked and not guessed. */
function binaryUnit(factor: FactorDeclaration, written: Level): string {
  const decimal = /^\s*(\d+(?:\.\d+)?)\s*([kmgt])b\s*$/i.exec(String(written));
  if (factor.kind !== 'size' || !decimal) return '';
  return `; did you mean "${decimal[1]}${decimal[2]?.toUpperCase()}iB"?`;
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
  const whole = factor.kind === 'duration' ? Number.isFinite(value) : Number.isSafeInteger(value);
  if (value === null || !whole || value < 0) {
    const example = factor.kind === 'size' ? '4KiB' : factor.kind === 'duration' ? '10ms' : '2';
    throw new HeisenwriteError(
      code,
      `${where}: "${written}" is not a ${factor.kind}${binaryUnit(factor, written)} ` +
        `(an example: ${example})`,
    );
  }
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = factor;
  if (value < min || value > max) {
    throw new HeisenwriteError(
      code,
      `${where}: ${factor.name} must be from ${format(min)} to ${format(max)}, ` +
        `not ${format(value)}`,
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
