// How the level of a provocation is written: words and key=value, separated by spaces, quoted as
// for a shell: `writer every=200ms for=20ms`. Each provocation declares what it takes; messages
// name the key and the likely mistake.

import { formatDuration, parseDuration, parseSize } from '../base/quantities.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import { UNPROVOKED } from '../domain/provocation.ts';
import { nearest } from '../plan/nearest.ts';

type KeyKind = 'duration' | 'size' | 'count' | 'text';

export interface LevelShape {
  readonly provocation: string;
  /** A whole level that is right, for messages. */
  readonly example: string;
  readonly keys: Readonly<Record<string, KeyKind>>;
  readonly required: readonly string[];
  /** Words without a key: how many at most, and what they are. */
  readonly words: { readonly most: number; readonly about: string };
}

export interface LevelValues {
  readonly words: readonly string[];
  /** Milliseconds, bytes, a count; only keys that were written. */
  readonly numbers: Readonly<Record<string, number>>;
  readonly texts: Readonly<Record<string, string>>;
}

/**
 * What a level says, checked.
 * @param where the field of a plan or the option, for messages
 * @throws HeisenwriteError `unknown-level`
 */
export function readLevel(text: string, shape: LevelShape, where: string): LevelValues {
  const refuse = refusalIn(shape, where, text);
  const words: string[] = [];
  const numbers: Record<string, number> = {};
  const texts: Record<string, string> = {};
  for (const word of shellWords(text) ?? refuse('has a quote that does not end')) {
    const at = word.indexOf('=');
    const key = at > 0 ? word.slice(0, at) : '';
    if (key === '') {
      words.push(word);
      continue;
    }
    const kind = shape.keys[key] ?? refuse(unknownKey(key, shape));
    if (key in numbers || key in texts) refuse(`has ${key} twice`);
    const written = word.slice(at + 1);
    if (written === '') refuse(`has nothing after ${key}=`);
    if (kind === 'text') texts[key] = written;
    else numbers[key] = numberOf(kind, written) ?? refuse(wrongValue(key, kind, written));
  }
  const { most, about } = shape.words;
  if (words.length > most) {
    const extra = words[most] as string;
    const near = nearest(extra, Object.keys(shape.keys));
    refuse(
      near && !about.includes(extra)
        ? `has the word "${extra}"; did you mean "${near}=..."?`
        : `has the word "${extra}" (${most === 0 ? 'only key=value is known here' : about})`,
    );
  }
  const lacking = shape.required.find((key) => !(key in numbers) && !(key in texts));
  if (lacking !== undefined) refuse(`has no ${lacking}=`);
  return { words, numbers, texts };
}

/** Throws the message. @param where as of readLevel */
export function refusalIn(
  { provocation, example }: Pick<LevelShape, 'provocation' | 'example'>,
  where: string,
  text: string,
) {
  return (what: string): never => {
    throw new HeisenwriteError(
      'unknown-level',
      `${where}: the ${provocation} "${text}" ${what} (for example: ${example}; ` +
        `or ${UNPROVOKED})`,
    );
  };
}

/**
 * Words as sh(1) makes them, without expansions: quotes and backslashes. Null where a quote does
 * not end.
 */
export function shellWords(text: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] as string;
    if (/\s/.test(letter)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (letter === "'" || letter === '"') {
      const end = quoteEnd(text, at + 1, letter);
      if (end < 0) return null;
      const inside = text.slice(at + 1, end);
      word = (word ?? '') + (letter === '"' ? inside.replace(/\\(["\\$`])/g, '$1') : inside);
      at = end;
    } else if (letter === '\\') {
      at++;
      word = (word ?? '') + (text[at] ?? '');
    } else {
      word = (word ?? '') + letter;
    }
  }
  if (word !== null) words.push(word);
  return words;
}

function quoteEnd(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === quote) return at;
    if (quote === '"' && text[at] === '\\') at++;
  }
  return -1;
}

/** One space between words, outside of quotes: the same level is one level. */
export function canonical(text: string): string {
  return text.trim().replace(/('[^']*'|"(?:\\.|[^"\\])*")|\s+/g, (_all, quoted) => quoted ?? ' ');
}

/** @throws HeisenwriteError unless 1 ms <= `for` < `every` */
export function checkTimes(numbers: LevelValues['numbers'], refuse: (what: string) => never): void {
  const { every = 0, for: length = 0 } = numbers;
  if (every < 1) refuse('has every= below 1ms');
  if ('for' in numbers && length < 1) refuse('has for= below 1ms');
  if (length >= every) {
    refuse(
      `lasts for=${formatDuration(length)} of every=${formatDuration(every)}; it must be less`,
    );
  }
}

function unknownKey(key: string, { keys }: LevelShape): string {
  const names = Object.keys(keys);
  const near = nearest(key, names);
  const known = names.length === 0 ? 'it takes none' : `keys: ${names.join(', ')}`;
  return `has the unknown key "${key}"${near ? `; did you mean "${near}"?` : ''} (${known})`;
}

function numberOf(kind: Exclude<KeyKind, 'text'>, written: string): number | null {
  if (kind === 'duration') return parseDuration(written);
  if (kind === 'size') return parseSize(written);
  return /^\d+$/.test(written) ? Number(written) : null;
}

function wrongValue(key: string, kind: KeyKind, written: string): string {
  if (kind === 'count') return `has ${key}=${written}, which is no whole number`;
  const unit = /^\d+(\.\d+)?$/.test(written) && kind === 'duration';
  const near = unit ? `; did you mean "${key}=${written}ms"?` : '';
  return `has ${key}=${written}, which is no ${kind}${near}`;
}
