// Levels of provocations as people write them: every example holds, the same level is kept once,
// and a slip is named with its key and what was probably meant.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withFactors } from '../../../src/plan/only.ts';
import { canonical, shellWords } from '../../../src/provoke/level-text.ts';
import { PROVOCATIONS } from '../../../src/provoke/provocations.ts';
import { WORKLOADS } from '../../../src/workload/workloads.ts';
import { planOf, refusalOf } from '../plan/workshop.ts';

const PLAN = () => planOf({ arms: [{ workload: 'mailbox' }] });

/** The levels that a factor written on the command line makes. */
function levels(written: string): readonly unknown[] {
  const [factor = ''] = written.split('=');
  const [arm] = withFactors(PLAN(), [written], WORKLOADS).arms;
  return arm?.factors[factor] ?? [];
}

test('every example holds, and has the level that does nothing', () => {
  for (const { factor, example } of PROVOCATIONS) {
    expect(example).toMatch(new RegExp(`^${factor.name}=`));
    expect(levels(example)).toContain('none');
    expect(levels(example).length).toBeGreaterThan(1);
  }
});

test('the help of hunt and the documentation have every one', () => {
  const root = new URL('../../../', import.meta.url);
  const help = readFileSync(new URL('src/cli/command-lines/hunt.ts', root), 'utf8');
  const documentation = readFileSync(new URL('docs/provocations.md', root), 'utf8');
  for (const { factor, example } of PROVOCATIONS) {
    expect(help).toContain(`--factor '${example}'`);
    expect(documentation).toContain(`| \`${factor.name}\` |`);
  }
});

test('every workload has all of them, off by default', () => {
  for (const { factors } of WORKLOADS) {
    for (const { factor } of PROVOCATIONS) {
      const own = factors.find(({ name }) => name === factor.name);
      expect(own?.fallback, factor.name).toBe('none');
      expect(factors.filter(({ name }) => name === factor.name)).toHaveLength(1);
    }
  }
});

test('a level is kept with single spaces, and a quoted comma belongs to its level', () => {
  expect(levels('stop=none,writer   every=50ms  for=10ms,writer every=50ms for=10ms')).toEqual([
    'none',
    'writer every=50ms for=10ms',
  ]);
  const mount = "every=1s mount -o 'remount,rw' /x";
  expect(levels(`run=none,${mount}`)).toEqual(['none', mount]);
});

const SLIPS: readonly (readonly [written: string, message: RegExp])[] = [
  ['stop=writer every=100ms', /--factor stop: the stop ".*" has no for=/],
  ['stop=every=100ms for=10ms', /names no actor \(one of all, writer/],
  ['stop=writter every=100ms for=10ms', /did you mean "writer"\?/],
  ['stop=writer every=100 for=10ms', /every=100, which is no duration; did you mean "every=100ms"/],
  ['stop=writer evry=100ms for=10ms', /unknown key "evry"; did you mean "every"\?/],
  ['stop=writer every=10ms for=10ms', /for=10ms of every=10ms; it must be less/],
  ['stop=writer every=10ms every=20ms for=1ms', /has every twice/],
  ['stop=writer reader every=10ms for=1ms', /has the word "reader"/],
  ['stop=writer every=10ms for=', /nothing after for=/],
  ["stop=writer every='10ms for=1ms", /a quote that does not end/],
  ['cpu=busy=0', /busy=0; 1 to/],
  ['cpu=busy=two', /busy=two, which is no whole number/],
  ['cpu=busy=1 starve', /busy= and starve/],
  ['cpu=strave', /has the word "strave"/],
  ['cpu=starve most=5s', /most= outside 1ms to 2s/],
  ['memory=limit=1MiB', /a limit below 32MiB/],
  ['memory=limit=64MB', /limit=64MB, which is no size/],
  ['memory=limit=64MiB fill=1GiB', /one of limit=, fill= and drop-caches/],
  ['memory=drop-caches', /has no every=/],
  ['memory=limit=64MiB every=1s', /every=, which belongs to drop-caches/],
  ['memory=dropcaches every=1s', /has the word "dropcaches"/],
  ['slow-device=write=10', /less than 1KiB a second/],
  ['slow-device=rate=64KiB', /unknown key "rate".*\(keys: write\)/],
  ['signal=SIGHPU to=1 every=1s', /did you mean "SIGHUP"\?/],
  ['signal=SIGKILL to=x every=1s', /has the signal "SIGKILL"/],
  ['signal=SIGSTOP to=x every=1s', /not for= how long/],
  ['signal=SIGHUP every=1s', /has no to=/],
  ['run=exportfs -ra', /has no every=/],
  ['run=every=1s', /no command after its keys/],
  ['network=cut every=1s for=10ms', /has no dev=/],
  ['network=dev=lo every=1s for=10ms', /either cut, or delay= or loss=/],
  ['network=cut delay=1ms dev=lo every=1s for=10ms', /either cut, or delay= or loss=/],
  ['network=loss=5 dev=lo every=1s for=10ms', /loss=5, which is no percentage/],
  ['network=cut dev=lo;reboot every=1s for=10ms', /which is no name of an interface/],
];

describe('slips are named', () => {
  test.each(SLIPS)('%s', (written, message) => {
    const refusal = refusalOf(() => withFactors(PLAN(), [written], WORKLOADS));
    expect(refusal.code).toBe('unknown-level');
    expect(refusal.message).toMatch(message);
    expect(refusal.message).toContain('for example');
  });
});

test('shell words: what is quoted comes back whole', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme-ascii' })), (words) => {
      const written = words.map((word) => `'${word.replaceAll("'", `'"'"'`)}'`).join('  ');
      expect(shellWords(written)).toEqual(words);
      expect(shellWords(canonical(written))).toEqual(words);
    }),
  );
  expect(shellWords('a\\ b "c \\" d" e')).toEqual(['a b', 'c " d', 'e']);
  expect(shellWords(`a "b`)).toBeNull();
});
