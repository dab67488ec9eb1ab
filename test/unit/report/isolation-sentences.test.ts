// A claim in words: the first sentence is the claim, "needs" is said of nothing that only raises
// the rate, zeros carry their bound, and what is missing says how much and about how long.

import { describe, expect, test } from 'vitest';
import type { ClaimKind, IsolationFacts, Literal } from '../../../src/domain/isolation.ts';
import type { FactorKind } from '../../../src/domain/plan.ts';
import { isolationInWords } from '../../../src/report/isolation-sentences.ts';
import { NO_KINDS } from '../../../src/report/level-words.ts';
import {
  ASYNC,
  contrast,
  counted,
  KERNEL,
  needsIsolation,
  noIsolation,
  raisesIsolation,
  witness,
} from '../../fixtures/report/isolation.ts';

const KINDS = new Map<string, FactorKind>([
  ['unit', 'size'],
  ['size', 'size'],
  ['stall', 'duration'],
  ['readers', 'count'],
]);
const UNIT: Literal = { factor: 'unit', levels: [4096, 65_536] };
const DIRECT: Literal = { factor: 'reader', levels: ['direct'] };

function wordsOf(facts: IsolationFacts, secondsPerTrial: number | null = null) {
  return isolationInWords(facts, KINDS, secondsPerTrial);
}

/** Of a certified claim that needs kernel=5.1 and sync=async. */
const needs = (parts: Partial<IsolationFacts> = {}) =>
  wordsOf({ ...needsIsolation(), ...parts }).words;

const causes = (...each: readonly (readonly Literal[])[]) =>
  each.map((literals) => ({ literals, inside: counted(20, 400) }));

describe('needs', () => {
  test('the claim comes first, then what does not matter, the certificate and the outside', () => {
    const [claim, irrelevant, certified, outside, ...more] = needs();
    expect(claim).toBe('The failure needs kernel=5.1 and sync=async.');
    expect(irrelevant).toBe('size and storage do not matter.');
    expect(certified).toBe('Certified at 5% on 13,012 trials, 6,203 of them fresh.');
    expect(outside).toBe('Outside 0 of 9,020 trials failed (under 0.034%).');
    expect(more).toEqual([]);
  });

  test('names are listed as one reads them', () => {
    expect(needs({ irrelevant: ['size'] })[1]).toBe('size does not matter.');
    expect(needs({ irrelevant: ['a', 'b', 'c'] })[1]).toBe('a, b and c do not matter.');
    expect(needs({ irrelevant: [] })[1]).toMatch(/^Certified/);
  });

  test('sizes and durations are written with their units, by the kind of their factor', () => {
    const literals = [
      UNIT,
      { factor: 'stall', levels: [1500] },
      { factor: 'readers', levels: [1024] },
    ];
    expect(needs({ causes: causes(literals) })[0]).toBe(
      'The failure needs unit=4KiB or 64KiB and stall=1.5s and readers=1024.',
    );
    const { words } = isolationInWords(
      { ...needsIsolation(), causes: causes([{ factor: 'unit', levels: [4096] }]) },
      NO_KINDS,
      null,
    );
    expect(words[0]).toBe('The failure needs unit=4KiB.');
  });

  test('trials that somebody else made: the certificate says what it cannot know', () => {
    const said = needs({ designed: false }).find((each) => each.startsWith('Certified'));
    expect(said).toMatch(/that were not made for it: what the table lacks may matter too\.$/);
    expect(said).not.toContain('fresh');
  });

  test('a level that was not seen has its bound, one that fails seldom is named', () => {
    const levels = [witness(4096, 9, 900), witness(65_536, 0, 2000), witness(1_048_576, 3, 900)];
    const factors = [{ factor: 'size', standing: 'modulates' as const, levels }];
    expect(needs({ factors, irrelevant: [] })).toContain(
      'Not seen with size=64KiB (0 of 2,000 trials, under 0.15%).',
    );
    const seldom = [witness(4096, 40, 900), { ...witness(65_536, 1, 900), probability: 1e-5 }];
    expect(
      needs({ factors: [{ factor: 'size', standing: 'modulates', levels: seldom }] }),
    ).toContain('size changes how often it fails: seldom with 64KiB.');
  });

  test('cells inside that stayed clean are named, of many only some', () => {
    const spared = Array.from({ length: 6 }, (_, at) => ({
      literals: [{ factor: 'unit', levels: [4096 << at] }, DIRECT],
      trials: 40,
    }));
    const said = needs({ spared }).filter((each) => /spared/i.test(each));
    expect(said[0]).toBe('Spared: unit=4KiB and reader=direct (0 of 40 trials, under 7.3%).');
    expect(said.slice(4)).toEqual(['2 more cells spared inside the claim.']);
  });

  test('what could not be compared is said', () => {
    const certificate = {
      ...(needsIsolation().certificate as NonNullable<IsolationFacts['certificate']>),
      contrasts: [contrast(UNIT, 512, { untestable: 'no two cells differ in this alone' })],
    };
    expect(needs({ certificate }).at(-1)).toBe(
      'unit=4KiB or 64KiB was not compared with 512B: no two cells differ in this alone.',
    );
  });
});

describe('raises', () => {
  const raises = (parts: Partial<IsolationFacts> = {}) =>
    wordsOf({ ...raisesIsolation(), ...parts }).words;

  test('how many times as often, and how many failed outside', () => {
    // 36 of 3,992 against 3 of 9,020.
    expect(raises()[0]).toBe(
      'kernel=5.1 raises the rate 27-fold; 3 failures outside: there is another cause, or a ' +
        'background.',
    );
    expect(raises()).toContain('Outside 3 of 9,020 trials failed (0.033%).');
  });

  test('where nothing failed outside yet it does not say that nothing does', () => {
    const words = raises({ outside: counted(0, 40) });
    expect(words[0]).toBe('kernel=5.1 raises the rate, and nothing failed outside so far.');
    expect(raises({ outside: counted(0, 0) })).toContain('No trial was made outside.');
  });

  test('several causes', () => {
    const words = raises({ causes: causes([KERNEL], [ASYNC]) });
    expect(words[0]).toMatch(/^kernel=5\.1, or sync=async each raise the rate [\d,]+-fold; /);
  });
});

describe('any of several', () => {
  test('each with what it takes', () => {
    const words = needs({ claim: 'any-of', needs: [], causes: causes([KERNEL, ASYNC], [DIRECT]) });
    expect(words[0]).toBe('It fails with kernel=5.1 and sync=async, or with reader=direct.');
  });
});

describe('no factor', () => {
  test('says so, and has no outside', () => {
    const words = needs({
      claim: 'no-factor',
      needs: [],
      causes: causes([]),
      outside: counted(0, 0),
      irrelevant: ['kernel', 'sync'],
      certificate: null,
      factors: [],
    });
    expect(words).toEqual(['No factor of the plan matters: it failed at every level of each.']);
  });
});

describe('nothing to claim', () => {
  const none = (parts: Partial<IsolationFacts> = {}) =>
    wordsOf({ ...noIsolation(), ...parts }).words;

  test('a suspicion is called one, with how much it is believed', () => {
    expect(none()).toEqual([
      'Nothing is certified yet; it may need kernel=5.1 and sync=async (belief 62%).',
    ]);
  });

  test('what was frozen and is not certified, one or several', () => {
    expect(none({ causes: causes([KERNEL]) })).toEqual([
      'Nothing is certified yet; it may need kernel=5.1.',
    ]);
    expect(none({ causes: causes([KERNEL], [ASYNC]) })).toEqual([
      'Nothing is certified yet; it may need kernel=5.1, or with sync=async.',
    ]);
  });

  test('that no factor may matter is not said as a need', () => {
    for (const words of [
      none({ causes: causes([]), suspicions: [{ literals: [], posterior: 0.9 }] }),
      none({ suspicions: [{ literals: [], posterior: 0.7 }] }),
    ]) {
      expect(words[0]).toMatch(/^Nothing is certified yet; perhaps no factor matters/);
    }
  });

  test('too few failures, none at all, nothing varied', () => {
    const few = [{ literals: [KERNEL], posterior: 0.03 }];
    expect(none({ suspicions: few })).toEqual(['Too few failures to tell what they need.']);
    expect(none({ suspicions: [] })).toEqual(['Too few failures to tell what they need.']);
    expect(none({ failures: 0 })).toEqual(['No trial failed: there is nothing to isolate.']);
    const varied = [{ step: 'cells' as const, trials: null, literals: [] }];
    expect(none({ needed: varied })[0]).toMatch(/^Nothing was varied/);
  });
});

describe('never more than was found', () => {
  const CLAIMS: readonly [string, IsolationFacts][] = [
    ['raises', raisesIsolation()],
    ['raises, clean outside', { ...raisesIsolation(), outside: counted(0, 900) }],
    ['raises, two causes', { ...raisesIsolation(), causes: causes([KERNEL], [ASYNC]) }],
    ['any-of', { ...needsIsolation(), claim: 'any-of', causes: causes([KERNEL], [ASYNC]) }],
    ['no-factor', { ...needsIsolation(), claim: 'no-factor', causes: causes([]) }],
    ['none', noIsolation()],
    ['none, frozen', { ...noIsolation(), causes: causes([KERNEL]) }],
  ];

  test.each(CLAIMS)('%s: the word "needs" is not said', (_, facts) => {
    expect(wordsOf(facts).words.join(' ')).not.toMatch(/\bneeds\b/i);
  });

  test('nothing is called certified without a certificate', () => {
    for (const [, facts] of CLAIMS) {
      const said = wordsOf({ ...facts, certificate: null }).words.join(' ');
      expect(said).not.toMatch(/^Certified| Certified/);
    }
  });

  test.each<ClaimKind>(['needs', 'raises', 'any-of', 'no-factor', 'none'])(
    '%s: every sentence ends, and the numbers stay as they were',
    (claim) => {
      const facts = { ...needsIsolation(), claim };
      const isolation = wordsOf(facts);
      for (const sentence of isolation.words) expect(sentence).toMatch(/^\S.*\.$/);
      expect(isolation).toMatchObject({ ...facts, words: isolation.words, missing: [] });
    },
  );
});

describe('what is missing', () => {
  const missing = (step: IsolationFacts['needed'][number], seconds: number | null = null) =>
    wordsOf({ ...noIsolation(), needed: [step] }, seconds).missing;

  test.each<[IsolationFacts['needed'][number], string]>([
    [
      { step: 'failure', trials: null, literals: [] },
      'more trials until something fails, or a provocation that makes it fail more often',
    ],
    [
      { step: 'search', trials: 3600, literals: [] },
      'about 3,600 more trials chosen to tell the suspicions apart (6m00s)',
    ],
    [
      { step: 'certificate', trials: 1500, literals: [KERNEL, UNIT] },
      'about 1,500 more trials in matched pairs to certify kernel=5.1 and unit=4KiB or 64KiB ' +
        '(2m30s)',
    ],
    [
      { step: 'witness', trials: 1, literals: [{ factor: 'unit', levels: [16_384] }] },
      'about 1 more trial with unit=16KiB, which has not failed yet (100ms)',
    ],
    [
      { step: 'outside', trials: 90_000, literals: [] },
      'about 90,000 more trials outside of the claim, to exclude a second cause (2h30m)',
    ],
    [
      { step: 'cells', trials: null, literals: [] },
      'more than one level of some factor: what never varied cannot be told apart',
    ],
    [
      { step: 'cells', trials: null, literals: [KERNEL] },
      'cells that differ from kernel=5.1 in one factor alone: what always changed together ' +
        'cannot be told apart',
    ],
  ])('%o', (step, words) => {
    expect(missing(step, 0.1)).toEqual([words]);
  });

  test('where nobody knows how long a trial takes, no time is said', () => {
    const [words] = missing({ step: 'search', trials: 3600, literals: [] });
    expect(words).toBe('about 3,600 more trials chosen to tell the suspicions apart');
  });

  test('in the order of the steps', () => {
    const steps = (['certificate', 'witness', 'outside'] as const).map((step) => ({
      step,
      trials: 10,
      literals: [KERNEL],
    }));
    const { missing: all } = wordsOf({ ...noIsolation(), needed: steps });
    expect(all.map((each) => /certify|not failed|second cause/.exec(each)?.[0])).toEqual([
      'certify',
      'not failed',
      'second cause',
    ]);
  });
});
