// Commands and their placeholders: what needs a shell and what does not, and that a value reaches a
// program unchanged whatever is in it and wherever it stands. The shell itself is the judge.

import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  commandWords,
  placeholdersIn,
  plainWords,
  shellText,
} from '../../../src/domain/command-text.ts';

const VALUES: Readonly<Record<string, string>> = {
  canary: '/a b/c',
  out: "/it's/$HOME",
  seed: '7',
};
const valueFor = (name: string) => VALUES[name];

test.each([
  ['cp {canary} {out}', ['canary', 'out']],
  ['x "\x24{out}" {build:my-copier}', ['build:my-copier']],
  ["awk '{print $1}' {} {A} { canary }", []],
])('placeholders of %s', (command, names) => {
  expect(placeholdersIn(command)).toEqual(names);
});

describe('without a shell', () => {
  test('plain words are the words of the program, values whole', () => {
    const words = plainWords('dd  if={canary} of={out} bs=4096', valueFor);
    expect(words).toEqual(['dd', 'if=/a b/c', "of=/it's/$HOME", 'bs=4096']);
  });

  test.each([
    'cat {canary} > {out}',
    'a | b',
    'X=1 cp {canary} {out}',
    'cp "{canary}" {out}',
    'cd {dir}',
    'exec cp {canary} {out}',
    'cp {canary} ~/x',
    'cp {canary} $out',
    'cp {other} {out}',
    '',
  ])('not: %s', (command) => {
    expect(plainWords(command, valueFor)).toBeNull();
    expect(commandWords(command, valueFor).slice(0, 2)).toEqual(['/bin/sh', '-c']);
  });
});

/** What a program that is called so is given as its words. */
function wordsFrom(command: string, value: string): string[] {
  const text = shellText(command, (name) => (name === 'out' ? value : undefined));
  const { stdout, stderr } = spawnSync('/bin/sh', ['-c', text], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\u0001').slice(0, -1);
}

const SHOW = String.raw`printf '%s\001'`;

describe('by a shell', () => {
  test.each([
    [`${SHOW} {out}`, (value: string) => [value]],
    [`${SHOW} "{out}"`, (value: string) => [value]],
    [`${SHOW} '{out}'`, (value: string) => [value]],
    [`${SHOW} a{out}b "c {out}" 'd"{out}"'`, (v: string) => [`a${v}b`, `c ${v}`, `d"${v}"`]],
    [`${SHOW} "$(printf %s {out})"`, (value: string) => [value]],
    [`${SHOW} "$(printf %s "{out}")" x`, (value: string) => [value, 'x']],
    [`(${SHOW} {out}); ${SHOW} {out}`, (value: string) => [value, value]],
    [`${SHOW} \\"{out} "\\"{out}"`, (value: string) => [`"${value}`, `"${value}`]],
  ])('%s', (command, expected) => {
    const piece = fc.constantFrom(
      "'",
      '"',
      '\\',
      '$',
      '`',
      ' ',
      '*',
      '{',
      '}',
      '!',
      'a',
      'é',
      '$(',
    );
    // A substitution drops what ends a line, and there are no lines here.
    const value = fc.array(piece, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(value, (drawn) => {
        expect(wordsFrom(command, drawn)).toEqual(expected(drawn));
      }),
      { numRuns: 25 },
    );
  });

  test('what is not ours is left to the shell', () => {
    const command = 'out=7; echo \x24{out} {print} {canary}';
    expect(shellText(command, valueFor)).toBe("out=7; echo \x24{out} {print} '/a b/c'");
  });
});
