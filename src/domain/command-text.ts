// A command as its user writes it, `cp {canary} "{out}"`, and what is made of it: words for a
// program that needs no shell, or a text for /bin/sh in which every value stands quoted as its
// place asks for. `${out}` and `{print $1}` belong to the shell and to awk and are left alone.

/** Not after `$`, where it is a parameter of the shell. */
const PLACEHOLDER = /(?<!\$)\{([a-z]+(?::[\w.-]+)?)\}/y;
/** Nothing of this means anything to a shell. */
const PLAIN = /^[\w@%+:,./= \t-]*$/;
/** Words that only a shell knows, or that change the shell itself (POSIX.1-2017, XCU 2.4, 2.14). */
const OF_THE_SHELL = new Set(
  (
    '. : ! alias bg break case cd command continue do done elif else esac eval exec exit export ' +
    'fg fi for getopts hash if jobs read readonly return set shift then times trap type ulimit ' +
    'umask unalias unset until wait while'
  ).split(' '),
);

/** What a placeholder stands for, or undefined where it is none of ours. */
export type ValueFor = (name: string) => string | undefined;

type Quoting = 'plain' | 'single' | 'double' | 'backquote';

/** Names of all that looks like a placeholder: `canary`, `build:copier`. */
export function placeholdersIn(text: string): string[] {
  const names: string[] = [];
  for (let at = 0; at < text.length; at++) {
    const name = placeholderAt(text, at);
    if (name !== null) names.push(name);
  }
  return names;
}

function placeholderAt(text: string, at: number): string | null {
  if (text[at] !== '{') return null;
  PLACEHOLDER.lastIndex = at;
  return PLACEHOLDER.exec(text)?.[1] ?? null;
}

/** The program and its arguments, with a shell only where the command needs one. */
export function commandWords(command: string, valueFor: ValueFor): string[] {
  return plainWords(command, valueFor) ?? ['/bin/sh', '-c', shellText(command, valueFor)];
}

/** Null where only a shell understands it. */
export function plainWords(command: string, valueFor: ValueFor): string[] | null {
  const words = command.trim().split(/[ \t]+/);
  const [first = ''] = words;
  if (first === '' || first.includes('=') || OF_THE_SHELL.has(first)) return null;
  const filled: string[] = [];
  for (const word of words) {
    let literal = '';
    let value = '';
    for (let at = 0; at < word.length; ) {
      const name = placeholderAt(word, at);
      const meant = name === null ? undefined : valueFor(name);
      literal += meant === undefined ? word[at] : '';
      value += meant ?? word[at];
      at += meant === undefined ? 1 : (name as string).length + 2;
    }
    if (!PLAIN.test(literal)) return null;
    filled.push(value);
  }
  return filled;
}

/** The text with every value quoted, so that the shell reads it as one word whatever is in it. */
export function shellText(command: string, valueFor: ValueFor): string {
  const quotings: Quoting[] = ['plain'];
  let text = '';
  for (let at = 0; at < command.length; ) {
    const quoting = quotings.at(-1) as Quoting;
    const name = placeholderAt(command, at);
    const value = name === null ? undefined : valueFor(name);
    if (value !== undefined) {
      text += quotedValue(value, quoting);
      at += (name as string).length + 2;
      continue;
    }
    const taken = followQuoting(command, at, quotings);
    text += command.slice(at, at + taken);
    at += taken;
  }
  return text;
}

/** Returns how many characters belong together from here on. */
function followQuoting(command: string, at: number, quotings: Quoting[]): number {
  const letter = command[at];
  const quoting = quotings.at(-1) as Quoting;
  const enter = (one: Quoting) => {
    if (quoting === one) quotings.pop();
    else quotings.push(one);
    return 1;
  };
  if (quoting === 'single') return letter === "'" ? enter('single') : 1;
  if (letter === '\\') return 2;
  if (letter === '"') return enter('double');
  if (letter === '`') return enter('backquote');
  if (letter === '$' && command[at + 1] === '(') {
    quotings.push('plain');
    return 2;
  }
  if (quoting === 'double') return 1;
  if (letter === "'") return enter('single');
  if (letter === '(') quotings.push('plain');
  if (letter === ')' && quoting === 'plain' && quotings.length > 1) quotings.pop();
  return 1;
}

function quotedValue(value: string, quoting: Quoting): string {
  switch (quoting) {
    case 'single':
      return value.replaceAll("'", "'\\''");
    case 'double':
      return value.replace(/[\\$`"]/g, '\\$&');
    default:
      return shellWord(value);
  }
}

/** One word for a POSIX shell, quoted only where it must be. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
