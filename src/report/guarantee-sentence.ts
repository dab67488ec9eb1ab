// The sentence of a guarantee: its subject, what was seen, and a bound that holds for every size it
// names, so that a size that was hardly tried does not borrow the certainty of the others.

import { formatSize } from '../base/quantities.ts';
import type { Levels } from '../domain/cell.ts';
import type { MessagePromise, PromiseName } from '../domain/promise.ts';
import { modeWords } from './guarantee-words.ts';
import { isOfMessages, MESSAGE_WORDS } from './message-words.ts';
import { tryNoun } from './promise-sums.ts';
import { boundText, countInterval, proportionText, triedWords } from './rate-words.ts';

/** What was counted at one size. */
export interface Sized {
  readonly bytes: number;
  readonly tries: number;
  readonly broken: number;
  readonly chances: number;
}

/** Sizes of a mode that share an outcome. */
export interface GuaranteePart {
  readonly promise: PromiseName;
  readonly expected: boolean;
  readonly mode: Levels;
  /** Of several modes where `scope` is given, else of one and each size once. */
  readonly sizes: readonly Sized[];
  readonly outcome: 'kept' | 'too-few' | 'broken';
  /** Which modes share this sentence: `every mode`. */
  readonly scope?: string;
}

const OUTCOMES: Readonly<
  Record<Exclude<PromiseName, MessagePromise>, readonly [good: string, bad: string]>
> = {
  'read-back': ['read back right', 'not read back right'],
  'unit-atomic': ['never torn', 'torn'],
  'fresh-read': ['never stale', 'stale'],
  'append-atomic': ['never mixed or lost', 'mixed or lost'],
  'replace-atomic': ['always whole', 'seen partial, empty or absent'],
  synced: ['the medium agrees', 'the medium disagrees'],
  'ready-whole': ['never picked up too early', 'picked up too early'],
};

/** @param caveat why it may not be built on although it was not seen broken, or null */
export function guaranteeSentence(part: GuaranteePart, caveat: string | null): string {
  const { promise, mode, sizes, scope } = part;
  const subject = modeWords(promise, mode, sizes.map((s) => formatSize(s.bytes)).join(', '), scope);
  return `${subject}: ${outcomeWords(part, caveat)}`;
}

function outcomeWords(part: GuaranteePart, caveat: string | null): string {
  const { promise } = part;
  const [good, bad] = isOfMessages(promise) ? MESSAGE_WORDS[promise].outcomes : OUTCOMES[promise];
  switch (part.outcome) {
    case 'too-few': {
      const each = part.sizes.length > 1 ? 'of each ' : '';
      return `too few tries ${each}to say: ${neverWords(part)}`;
    }
    case 'kept': {
      const never = `(${neverWords(part)}, under ${boundWords(part)})`;
      return caveat === null
        ? `${good} ${never}`
        : `not seen ${bad} in this hunt ${never}, ${caveat}`;
    }
    case 'broken':
      return `${bad}, ${brokenRates(part).join('; ')}`;
  }
}

function neverWords({ promise, sizes }: GuaranteePart): string {
  const tries = sizes.reduce((sum, size) => sum + size.tries, 0);
  const chances = sizes.reduce((sum, size) => sum + size.chances, 0);
  return triedWords(0, tries, tryNoun(promise), chances);
}

function boundWords({ sizes, scope }: GuaranteePart): string {
  const fewest = Math.min(...sizes.map((size) => size.chances));
  const bound = boundText(countInterval(0, fewest).high ?? 1, 'up');
  if (sizes.length === 1) return bound;
  return scope === undefined ? `${bound} for each size` : `${bound} for each mode and size`;
}

function brokenRates({ promise, sizes }: GuaranteePart): string[] {
  return sizes.map(({ bytes, broken, tries }) => {
    const rate = broken <= 1 ? '' : ` (${proportionText(broken / tries)})`;
    const often = `${triedWords(broken, tries, tryNoun(promise))}${rate}`;
    return sizes.length === 1 ? often : `${formatSize(bytes)} in ${often}`;
  });
}
