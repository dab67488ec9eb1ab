// Plain text to a width, and colour that can be switched off: colour only repeats what the words
// say.

export type Paint = (text: string) => string;

export interface Paints {
  readonly bad: Paint;
  readonly good: Paint;
  readonly doubt: Paint;
  readonly plain: Paint;
  readonly strong: Paint;
  readonly faint: Paint;
}

const same: Paint = (text) => text;
const sgr =
  (open: number, close: number): Paint =>
  (text) =>
    `\u001b[${open}m${text}\u001b[${close}m`;

export function paints(color: boolean): Paints {
  if (!color) {
    return { bad: same, good: same, doubt: same, plain: same, strong: same, faint: same };
  }
  return {
    bad: (text) => sgr(1, 22)(sgr(31, 39)(text)),
    good: sgr(32, 39),
    doubt: sgr(33, 39),
    plain: same,
    strong: sgr(1, 22),
    faint: sgr(2, 22),
  };
}

/** Control characters would move the cursor or change colours: names from disk must not do that. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** Lines of at most `width` characters, broken at spaces; longer words are cut. */
export function wrap(text: string, width: number): string[] {
  const room = Math.max(8, width);
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(/\s+/).filter((each) => each !== '')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = '';
    }
    while (word.length > room) {
      lines.push(word.slice(0, room));
      word = word.slice(room);
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** At most `width` characters, the end marked when it was cut. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
