// A claim about factors on a terminal: what must be said, what must not, and that it fits.

import { describe, expect, test } from 'vitest';
import type { Isolation, Witness } from '../../../src/domain/isolation.ts';
import type { FactorKind } from '../../../src/domain/plan.ts';
import { isolationLines } from '../../../src/report/isolation-lines.ts';
import {
  evidenceText,
  isolationExit,
  literalsText,
  milestoneText,
  ratioText,
} from '../../../src/report/isolation-words.ts';
import { NO_KINDS } from '../../../src/report/level-words.ts';
import { printable } from '../../../src/report/wrap.ts';
import {
  ASYNC,
  contrast,
  counted,
  hostileIsolation,
  KERNEL,
  needsIsolation,
  noIsolation,
  raisesIsolation,
  witness,
} from '../../fixtures/report/isolation.ts';

const KINDS = new Map<string, FactorKind>([['size', 'size']]);
const ALL: readonly [string, () => Isolation][] = [
  ['needs', needsIsolation],
  ['raises', raisesIsolation],
  ['none', noIsolation],
  ['hostile', hostileIsolation],
];
const text = (isolation: Isolation, width = 90) =>
  isolationLines(isolation, KINDS, { color: false, width }).join('\n');
/** Wrapped sentences and columns in single spaces. */
const flat = (isolation: Isolation, width = 90) => text(isolation, width).replace(/\s+/g, ' ');

describe.each(ALL)('%s', (_, make) => {
  test.each([60, 78, 100, 300])('fits %i columns', (width) => {
    for (const line of text(make(), width).split('\n')) {
      expect(line.length, line).toBeLessThanOrEqual(Math.min(100, width));
    }
  });

  test('says the same at every width', () => {
    const words = (width: number) => new Set(flat(make(), width).match(/\d([\d,.]*\d)?%?/g));
    for (const width of [60, 78]) expect(words(width)).toEqual(words(100));
  });

  test('without colour there is no escape and no control character', () => {
    expect(text(make())).not.toMatch(/[^\P{Cc}\n]|[\u202e\u2028]/u);
  });

  test('colour changes nothing but colour', () => {
    const colored = isolationLines(make(), KINDS, { color: true, width: 90 }).join('\n');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the colours looked for
    const colours = /\u001b\[\d+m/g;
    expect(colored).toMatch(colours);
    expect(colored.replace(colours, '')).toBe(text(make()));
  });

  test('opens with the claim', () => {
    const [claim = ''] = make().words;
    expect(flat(make()).startsWith(` ${printable(claim)}`)).toBe(true);
  });
});

test('needs: every contrast, every level, the bound outside, the exit code', () => {
  const said = flat(needsIsolation());
  for (const part of [
    'kernel=5.1 and sync=async: 13 of 3,992 trials, 0.33% (95% interval 0.17% to 0.56%)',
    'Outside failed in 0 of 9,020 trials, under 0.034%',
    '13,012 trials, 13 failures; 25 unknown ones are left out',
    'first failure after 1,804 trials, claim frozen after 6,812, certified after 11,906',
    'kernel=5.1, flipped to 5.0 11 of 3,102 0 of 3,102 11 to 0 118 certified',
    'sync=async, flipped to sync 11 of 3,102 0 of 3,102 11 to 0 over 4e6 certified',
    'An e-value of 22.2 or more certifies; what counts for it are the 6,203 trials made after',
    'size: does not matter',
    '64KiB 3 of 990 0.3% (0.062-0.89%) 0.9x (0.3x to 2.7x) failed',
    'storage: does not matter',
    'Exit code 1: ',
  ]) {
    expect(said).toContain(part);
  }
  expect(said).not.toMatch(/Suspected|Missing|given up|not yet|told apart/);
});

test('raises: the failures outside, what was not tried, what is seldom and what is open', () => {
  const said = flat(raisesIsolation(), 100);
  for (const part of [
    'Outside failed in 3 of 9,020 trials, 0.033%',
    'flipped to 5.2 - - - - untried no cell of the plan differs in this alone',
    'An e-value of 222 or more certifies',
    '1 claim before this one had to be given up',
    'size: changes how often it fails',
    '0.2x (0.067x to 0.6x) too seldom so few would have a chance of 0.3% if the factor did',
    'sync: not settled',
    'sync 0 of 60 <4.9% 0x (0x to 3x) too few trials',
    'Exit code 1: ',
  ]) {
    expect(said).toContain(part);
  }
});

test('none: what is suspected is no claim, and what is missing is said', () => {
  const said = flat(noIsolation());
  for (const part of [
    'Suspected kernel=5.1 and sync=async (belief 62%, not certified)',
    'no factor matters (belief 8%, not certified)',
    'Missing about 4,600 more trials',
    'they were not made for this question',
    'Exit code 3: trials failed, and nothing can be concluded about their factors yet',
  ]) {
    expect(said).toContain(part);
  }
  expect(said).not.toMatch(/CERTIFICATE|Inside|Outside|belief 4%|needs/i);
});

test('no failure at all exits 3 with its reason, any claim exits 1', () => {
  const none = { ...noIsolation(), failures: 0, suspicions: [], missing: [] };
  expect(isolationExit(none)).toMatchObject({ code: 3, words: /no trial failed/ });
  for (const claim of ['needs', 'raises', 'any-of', 'no-factor'] as const) {
    expect(isolationExit({ ...needsIsolation(), claim }).code).toBe(1);
  }
});

test('a claim that no factor matters has no outside', () => {
  const nowhere = {
    ...needsIsolation(),
    claim: 'no-factor' as const,
    certificate: null,
    causes: [{ literals: [], inside: counted(20, 4000) }],
    outside: counted(0, 0),
  };
  const said = flat(nowhere);
  expect(said).toContain('Inside no factor matters: 20 of 4,000 trials');
  expect(said).not.toContain('Outside');
  expect(flat({ ...needsIsolation(), outside: counted(0, 0) })).toContain(
    'Outside no trial was made outside: nothing is known of it',
  );
});

test('several causes are told apart, in their counts and in their contrasts', () => {
  const causes = [KERNEL, ASYNC].map((one) => ({ literals: [one], inside: counted(5, 900) }));
  const certificate = {
    alpha: 0.045,
    attempt: 3,
    freshTrials: 4000,
    halved: false,
    contrasts: [contrast(KERNEL, '5.0', {}), contrast(ASYNC, 'sync', { cause: 1, eValue: 21.9 })],
  };
  const said = flat({ ...needsIsolation(), claim: 'any-of', causes, certificate }, 100);
  for (const part of [
    'Cause 1 kernel=5.1: 5 of 900 trials',
    'Cause 2 sync=async: 5 of 900 trials',
    'cause 1: kernel=5.1, flipped to 5.0',
    'cause 2: sync=async, flipped to sync 11 of 3,102 0 of 3,102 11 to 0 21.9 not yet',
    '2 claims before this one had to be given up',
  ]) {
    expect(said).toContain(part);
  }
});

test('trials divided into halves: the certificate does not say that they came later', () => {
  const needs = needsIsolation();
  const certificate = needs.certificate && { ...needs.certificate, halved: true };
  const said = flat({ ...needs, certificate, designed: false });
  expect(said).not.toContain('after the claim was frozen');
  expect(said).toContain('kept apart at random from those that led to the claim');
});

test('of too many levels those stay that stand out', () => {
  const many = Array.from({ length: 40 }, (_, at) => witness(`host${at}`, at === 31 ? 0 : 2, 900));
  const factors = [{ factor: 'host', standing: 'open' as const, levels: many }];
  const said = flat({ ...needsIsolation(), factors });
  expect(said).toContain('host31 0 of 900');
  expect(said).toContain('and 28 more levels (--json lists all)');
});

describe('words', () => {
  test('literals: one level, several, too many, none', () => {
    expect(literalsText([KERNEL, ASYNC], NO_KINDS)).toBe('kernel=5.1 and sync=async');
    const levels = [1, 2, 3, 4, 5, 6, 7, 8];
    expect(literalsText([{ factor: 'n', levels }], NO_KINDS)).toBe(
      'n=1 or 2 or 3 or 4 or 5 or 6 or 2 others',
    );
    expect(literalsText([{ factor: 'size', levels: [4096, 65536] }], KINDS)).toBe(
      'size=4KiB or 64KiB',
    );
    expect(literalsText([], NO_KINDS)).toBe('no factor matters');
  });

  test.each([
    [0, 'under 0.001'],
    [0.034, '0.03'],
    [1, '1'],
    [22.19, '22.1'],
    [1 / 0.045, '22.2'],
    [99.99, '99.9'],
    [1234.9, '1,234'],
    [4.2e6, 'over 4e6'],
    [Number.POSITIVE_INFINITY, 'beyond count'],
  ])('an e-value of %d is never rounded up', (eValue, words) => {
    expect(evidenceText(eValue)).toBe(words);
  });

  test('a ratio without an end, and none', () => {
    const ratio = (parts: Partial<Witness>) => ratioText({ ...witness('x', 2, 900), ...parts });
    expect(ratio({ ratio: 0.94, ratioLow: 0.41, ratioHigh: 1.9 })).toBe('0.94x (0.41x to 1.9x)');
    expect(ratio({ ratio: 3, ratioLow: 0.4, ratioHigh: null })).toBe('3x (over 0.4x)');
    expect(ratio({ ratio: Number.POSITIVE_INFINITY, ratioLow: 2 })).toMatch(/^2x to/);
    expect(ratio({ ratio: null })).toBe('-');
  });

  test('milestones in their order, also those without a name here', () => {
    expect(milestoneText({ someStage: 9000, frozen: 6812, failure: 1804 })).toBe(
      'first failure after 1,804 trials, claim frozen after 6,812, some stage after 9,000',
    );
    expect(milestoneText({})).toBe('');
  });
});
