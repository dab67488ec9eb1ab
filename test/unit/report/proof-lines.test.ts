// A proof in words: PROVEN only where the rule says so, every zero with its bound, what is missing,
// and the exit code that a script reads.

import { describe, expect, test } from 'vitest';
import { proofLines } from '../../../src/report/proof-lines.ts';
import { proofExit } from '../../../src/report/proof-words.ts';
import { madeProof, type ProofCounts } from '../../fixtures/report/proof.ts';

function text(counts: ProofCounts, width = 100, color = false): string {
  const { proof, report } = madeProof(counts);
  return proofLines(proof, report, { color, width }).join('\n');
}

const flat = (counts: ProofCounts) => text(counts).replace(/\s+/g, ' ');

const PROVEN = { old: 7, trials: 1841 };
const RARER = { old: 30, trials: 1000, fixed: 1 };
const NOT_PROVEN = { old: 4, trials: 20, fixed: 5 };
const OPEN = { old: 2, trials: 40 };
const NO_CONTROL = { old: 0, trials: 40 };
const GIVEN = { old: 0, trials: 898, question: { withoutControl: 1 / 300 } };
const ALL = { PROVEN, RARER, NOT_PROVEN, OPEN, NO_CONTROL, GIVEN };

describe('the claim', () => {
  test('proven: both sides, the bound, and by how much', () => {
    expect(flat(PROVEN)).toContain(
      'PROVEN: with writer=direct 0 of 1,841 trials failed, under 0.17%; with writer=buffered 7 ' +
        'of 1,841 trials failed, 0.38% (95% interval 0.15% to 0.79%) in the same time.',
    );
    expect(flat(PROVEN)).toContain('The fix lowers the rate at least 1.2-fold (95%).');
    expect(flat(PROVEN)).not.toContain('--under');
  });

  test('of frequent failures the odds are lower, which is not the same', () => {
    const counts = { old: 300, trials: 400 };
    expect(flat(counts)).toMatch(/lowers the odds of a failure at least \d+-fold \(95%\)/);
  });

  test('few clean trials: what they leave room for, and how to go on', () => {
    const counts = { old: 6, trials: 7, question: { under: 0.5 } };
    expect(flat(counts)).toContain('That it fails less often is certain at 95%.');
    expect(flat(counts)).toContain(
      'It may still fail in up to 35% of trials: --under 1% goes on until it may not.',
    );
  });

  test('a bound that was asked for and is not reached yet', () => {
    const counts = { old: 6, trials: 100, question: { under: 0.01 } };
    expect(flat(counts)).toMatch(/under 1% of trials is not shown yet: about 398 more trials, /);
    expect(flat(counts)).toContain('heisenwrite prove --resume');
    expect(flat({ ...counts, trials: 299 })).not.toContain('is not shown yet');
  });

  test('a few clean trials are open, also when interrupted', () => {
    const counts = { old: 6, trials: 7, stopped: 'interrupted' };
    expect(flat(counts)).toContain('OPEN: nothing is proven. So far with writer=direct 0 of 7');
    expect(flat(counts)).toMatch(/under 5% of trials is not shown yet: about 104 more trials/);
    expect(flat(counts)).not.toMatch(/^\s*PROVEN/);
  });

  test('a fixed cell that failed in the hunt: rarer, and where it was seen', () => {
    const levels = { workload: 'mailbox', unit: 65_536, writer: 'direct' };
    const failedBefore = [{ levels, trials: 158, failures: 7 }];
    const counts = { ...PROVEN, question: { failedBefore } };
    expect(madeProof(counts).proof).toMatchObject({ outcome: 'rarer', failedBefore });
    expect(flat(counts)).toContain('NOT PROVEN, but rarer: ');
    expect(flat(counts)).toContain(
      'In hunt 5f0c2a9b1d3e4f60 this cell failed 7 of 158 times with the fix (workload=mailbox ' +
        'unit=64KiB writer=direct)',
    );
    expect(flat(counts)).toContain('Exit code 1:');
  });

  test('failing cells that no pair has are said', () => {
    const of = (unit: number) => ({
      levels: { workload: 'mailbox', unit },
      trials: 9,
      failures: 2,
    });
    const counts = { ...PROVEN, question: { notCovered: [of(4096), of(8192)] } };
    expect(flat(counts)).toContain(
      '2 failing cells of the hunt are not part of this proof: unit=4KiB (2 of 9 times), ' +
        'unit=8KiB (2 of 9 times).',
    );
    expect(madeProof(counts).proof.notCovered).toHaveLength(2);
  });

  test('rarer is not proven', () => {
    expect(flat(RARER)).toMatch(/^ ?NOT PROVEN, but rarer: with writer=direct 1 of 1,000 trials/);
    expect(flat(RARER)).toMatch(/at least [\d.]+-fold \(95%\)\. It is no fix: it still fails\./);
  });

  test('not proven is said plainly', () => {
    expect(flat(NOT_PROVEN)).toMatch(/^ ?NOT PROVEN: with writer=direct 5 of 20 trials failed/);
    expect(flat(NOT_PROVEN)).toContain('nothing shows that it fails less often');
  });

  test('open: how many more trials it needs, and how long', () => {
    expect(flat(OPEN)).toContain('OPEN: nothing is proven. So far with writer=direct 0 of 40');
    expect(flat(OPEN)).toMatch(
      /takes 4 more failures with writer=buffered and none with .*: about 160 more trials, /,
    );
    expect(flat(OPEN)).toMatch(/--resume \/mnt\/x\/heisenwrite-5f0c2a9b1d3e4f60 --trials 400/);
  });

  test('an old side that does not fail is no control', () => {
    expect(flat(NO_CONTROL)).toContain('a fix cannot be told from luck');
    expect(flat(NO_CONTROL)).toContain('about 3,600 more trials');
    const never = { ...NO_CONTROL, question: { before: { trials: 9, failures: 0 } } };
    expect(flat(never)).not.toContain('more trials');
  });

  test('against a rate that was given, whose word it is stands beside it', () => {
    expect(flat(GIVEN)).toContain('PROVEN: with writer=direct 0 of 898 trials failed, under 0.34%');
    expect(flat(GIVEN)).toContain(
      '0.33% of trials, so many clean ones would have a chance under 5%',
    );
    expect(flat(GIVEN)).toContain('the old side was not run');
    const early = { ...GIVEN, trials: 100 };
    expect(flat(early)).toContain('It takes 798 more clean trials: about 798 more trials');
    expect(flat({ ...GIVEN, trials: 50, fixed: 1 })).toMatch(/NOT PROVEN: .*It is no fix/);
  });

  test('trials that could not be judged are said, and are in no count', () => {
    expect(flat({ ...OPEN, unknown: 3 })).toContain('3 trials could not be judged: in no count.');
    expect(flat({ ...OPEN, unknown: 3 })).toContain('with writer=buffered 2 of 40 trials');
  });

  test('a rig that failed a check is said beside the claim', () => {
    const broken = { name: 'clock', passed: false, detail: 'stepped by 3 s' };
    const counts = { ...PROVEN, rig: { passed: false, checks: [broken] } };
    expect(flat(counts)).toContain('The rig failed a check (clock): mend it before you rely on');
    expect(flat(PROVEN)).not.toContain('rig');
  });

  test.each(Object.entries(ALL))('%s: PROVEN stands there exactly where it is', (_, counts) => {
    const { proof } = madeProof(counts);
    expect(/^\s*PROVEN:/.test(text(counts))).toBe(proof.outcome === 'proven');
  });
});

describe('exit code', () => {
  test.each([
    [PROVEN, 0],
    [GIVEN, 0],
    [RARER, 1],
    [NOT_PROVEN, 1],
    [OPEN, 3],
    [NO_CONTROL, 3],
    [{ ...OPEN, stopped: 'interrupted' }, 130],
  ])('%j: %i', (counts, code) => {
    const { proof } = madeProof(counts);
    expect(proofExit(proof).code).toBe(code);
    expect(flat(counts)).toContain(`Exit code ${code}:`);
  });
});

describe('layout', () => {
  test.each(Object.entries(ALL))('%s fits, and only paths and commands are longer', (_, counts) => {
    for (const width of [60, 78, 100]) {
      for (const line of text(counts, width).split('\n')) {
        if (!/heisenwrite|\/mnt/.test(line)) expect(line.length, line).toBeLessThanOrEqual(width);
      }
    }
  });

  test('colour changes nothing but colour', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the colours looked for
    const colours = /\u001b\[\d+m/g;
    expect(text(RARER, 90, true)).toMatch(colours);
    expect(text(RARER, 90, true).replace(colours, '')).toBe(text(RARER, 90));
  });

  test('the document names its schema and holds what the words say', () => {
    const { proof } = madeProof(PROVEN);
    expect(JSON.parse(JSON.stringify(proof))).toMatchObject({
      schema: 'heisenwrite.proof/1',
      outcome: 'proven',
      old: { words: 'writer=buffered', trials: 1841, failures: 7 },
      fixed: { words: 'writer=direct', trials: 1841, failures: 0, low: 0 },
      rule: { alpha: 0.05, onlyOld: 7, onlyFixed: 0, withoutControl: null, under: 0.05 },
      needed: null,
      fix: 'writer=direct',
    });
  });
});
