// The text of one call as strace(1) prints it with -yy: `write(3</srv/a\76b>, "x\n"..., 4096)`.
// Strings and paths are escaped as in C with octal numbers; a `<` after a descriptor opens what it
// is, in which `<` and `>` of a path are escaped and those of `->` and `<char 1:3>` are not.

export interface CallText {
  readonly name: string;
  readonly words: readonly string[];
  /** After ` = `, without the duration. */
  readonly result: string;
  /** Seconds in angle brackets at the end of the line, as nanoseconds; null without them. */
  readonly tookNs: number | null;
}

const OPENING = '([{';
const CLOSING = ')]}';

/** Null where it is no whole call. */
export function parseCallText(text: string): CallText | null {
  const start = /^([a-z_][\w$]*)\(/i.exec(text);
  if (!start) return null;
  const words: string[] = [];
  let depth = 0;
  let begun = start[0].length;
  let at = begun;
  for (; at < text.length; at++) {
    const char = text[at] as string;
    if (char === '"') at = endOfString(text, at);
    else if (char === '<' && opensSubject(text, at)) at = endOfSubject(text, at);
    else if (text.startsWith('/*', at)) at = Math.max(at, text.indexOf('*/', at) + 1);
    else if (OPENING.includes(char)) depth++;
    else if (CLOSING.includes(char) && depth > 0) depth--;
    else if (char === ')') break;
    else if (char === ',' && depth === 0) {
      words.push(text.slice(begun, at).trim());
      begun = at + 1;
    }
  }
  if (at >= text.length) return null;
  const last = text.slice(begun, at).trim();
  if (last !== '' || words.length > 0) words.push(last);
  const rest = /^\)\s*= (.*?)(?: <(\d+)\.(\d+)>)?$/s.exec(text.slice(at));
  if (!rest) return null;
  const [, result = '', seconds, fraction = ''] = rest;
  const tookNs =
    seconds === undefined ? null : Number(seconds) * 1e9 + Number(fraction.padEnd(9, '0'));
  return { name: start[1] as string, words, result, tookNs };
}

/** Index of the closing quote, or of the end. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

/** After a number, `AT_FDCWD` or a pid; never the `<<` of a shift. */
function opensSubject(text: string, at: number): boolean {
  return /[\dD]/.test(text[at - 1] ?? '') && text[at + 1] !== '<';
}

function endOfSubject(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (char === '<') depth++;
    else if (char === '>' && text[at - 1] !== '-' && --depth === 0) return at;
  }
  return text.length;
}

export interface DescriptorText {
  readonly fd: number;
  readonly subject?: string;
}

/** `3</srv/a>` and `3`; `AT_FDCWD</srv>` is -100. Null where it is no descriptor. */
export function parseDescriptor(word: string): DescriptorText | null {
  const match = /^(-?\d+|AT_FDCWD)(?:<(.*)>(\(deleted\))?)?(?: \(.*\))?$/s.exec(word);
  if (!match) return null;
  const fd = match[1] === 'AT_FDCWD' ? -100 : Number(match[1]);
  if (match[2] === undefined) return { fd };
  return { fd, subject: unescapeText(match[2]) };
}

/** A string in quotes, without them; null for anything else (`NULL`, an address). */
export function parseString(word: string): string | null {
  const match = /^"(.*)"(?:\.\.\.)?$/s.exec(word);
  return match ? unescapeText(match[1] as string) : null;
}

/** `O_WRONLY|O_CREAT`, and numbers that it has no name for. */
export function parseFlags(word: string): string[] {
  return word.split('|').map((each) => each.trim());
}

/** Decimal, octal or hexadecimal; null where it is no number. */
export function parseNumber(word: string): number | null {
  if (!/^-?(0x[\da-f]+|\d+)$/i.test(word)) return null;
  return /^0\d/.test(word) ? Number.parseInt(word, 8) : Number(word);
}

/** The sum of the lengths in `[{iov_base=..., iov_len=3}, ...]`; null where some are left out. */
export function parseVectorBytes(word: string): number | null {
  if (word === 'NULL' || word === '[]') return 0;
  if (!word.startsWith('[')) return null;
  let total = 0;
  for (let at = 1; at < word.length; at++) {
    if (word[at] === '"') {
      at = endOfString(word, at);
      if (word.startsWith('...', at + 1)) at += 3;
    } else if (word.startsWith('...', at)) return null;
    else if (word.startsWith('iov_len=', at)) {
      const length = parseNumber(/^\d+/.exec(word.slice(at + 8))?.[0] ?? '');
      if (length === null) return null;
      total += length;
    }
  }
  return total;
}

const LETTERS: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, v: 11, f: 12, b: 8, a: 7 };

/** Octal, hexadecimal and letter escapes are bytes; what they make together is read as UTF-8. */
export function unescapeText(text: string): string {
  if (!text.includes('\\')) return text;
  const bytes: number[] = [];
  const escapes = /\\([0-7]{1,3})|\\x([\da-fA-F]{2})|\\(.)|([^\\]+)/gs;
  for (const [, octal, hexadecimal, letter, plain] of text.matchAll(escapes)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 0xff);
    else if (hexadecimal !== undefined) bytes.push(Number.parseInt(hexadecimal, 16));
    else if (letter !== undefined) bytes.push(LETTERS[letter] ?? letter.charCodeAt(0));
    else bytes.push(...Buffer.from(plain ?? ''));
  }
  return Buffer.from(bytes).toString('utf8');
}
