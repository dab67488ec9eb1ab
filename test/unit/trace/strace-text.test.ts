// The text of calls as strace 6.1 printed it, and texts that nobody printed.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  parseCallText,
  parseDescriptor,
  parseNumber,
  parseString,
  parseVectorBytes,
  unescapeText,
} from '../../../src/trace/strace-text.ts';

describe('the text of a call', () => {
  test.each([
    ['write(3</tmp/a>, "x"..., 100) = 100 <0.000052>', 'write', 3, '100', 52_000],
    ['close(3</tmp/d \\303\\244\\76x/a\\nb\\">) = 0 <1.000001>', 'close', 1, '0', 1_000_001_000],
    ['fork() = 7', 'fork', 0, '7', null],
    ['exit_group(3)                           = ?', 'exit_group', 1, '?', null],
    ['read(0, 0x7f, 10) = ? ERESTARTSYS (To be restarted) <0.1>', 'read', 3, null, 100_000_000],
    ['rename("a\\"b, c)", "d(e") = 0', 'rename', 2, '0', null],
    ['write(53, "", 0) = -1 EBADF (Bad file descriptor) <0.000030>', 'write', 3, null, 30_000],
    [
      'accept4(7<TCP:[1.0.0.1:5]>, {sin_port=htons(6)}, [16], 0) = 9<TCP:[1.0.0.1:5->1.0.0.1:6]>',
      'accept4',
      4,
      '9<TCP:[1.0.0.1:5->1.0.0.1:6]>',
      null,
    ],
    [
      'clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x7f} => {parent_tid=[13]}, 88) = 13',
      'clone3',
      2,
      '13',
      null,
    ],
    ['execve("/bin/sh", ["sh", "-c"], 0x7f /* 38 vars, ) */) = 0', 'execve', 3, '0', null],
    ['write(1</dev/null<char 1:3>>, "\\0"..., 5) = 5', 'write', 3, '5', null],
  ])('%s', (text, name, words, result, tookNs) => {
    const parsed = parseCallText(text);
    expect(parsed).toMatchObject({ name, tookNs });
    expect(parsed?.words).toHaveLength(words);
    if (result !== null) expect(parsed?.result).toBe(result);
  });

  test.each(['', 'write', 'write(', 'write(3, "abc', 'write(3)', '(3) = 0', '--- SIGINT ---'])(
    'not a call: %j',
    (text) => expect(parseCallText(text)).toBeNull(),
  );

  test('any text is a call or is none, and never more', () => {
    const piece = fc.constantFrom('write(', '"', '\\', '<', '>', '->', '3', '{', '}', ') = 0', ',');
    const texts = fc.array(fc.oneof(piece, fc.string())).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = parseCallText(text);
        expect(parsed === null || parsed.name.length > 0).toBe(true);
        for (const word of parsed?.words ?? []) {
          parseDescriptor(word);
          parseString(word);
          parseVectorBytes(word);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('words', () => {
  test('a descriptor and what it is', () => {
    expect(parseDescriptor('3')).toEqual({ fd: 3 });
    expect(parseDescriptor('AT_FDCWD</tmp/t>')).toEqual({ fd: -100, subject: '/tmp/t' });
    expect(parseDescriptor('3</a\\74b\\76>')).toEqual({ fd: 3, subject: '/a<b>' });
    expect(parseDescriptor('3</a>(deleted)')).toEqual({ fd: 3, subject: '/a' });
    expect(parseDescriptor('1</dev/pts/0<char 136:0>>')?.subject).toBe('/dev/pts/0<char 136:0>');
    expect(parseDescriptor('"3"')).toBeNull();
  });

  test('escapes are bytes of UTF-8', () => {
    expect(unescapeText('d \\303\\244\\76x\\n\\x41\\\\')).toBe('d ä>x\nA\\');
    expect(parseString('"a\\"b"...')).toBe('a"b');
    expect(parseString('NULL')).toBeNull();
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const octal = [...Buffer.from(text)].map(
          (byte) => `\\${byte.toString(8).padStart(3, '0')}`,
        );
        expect(unescapeText(octal.join(''))).toBe(Buffer.from(text).toString('utf8'));
      }),
    );
  });

  test('numbers as strace writes them', () => {
    expect(['12', '-1', '0644', '0x1f', 'NULL', '', '1-2'].map(parseNumber)).toEqual([
      ...[12, -1, 420, 31, null, null, null],
    ]);
  });

  test('vectors: the bytes of all of them, unless some were left out', () => {
    const one = '{iov_base="iov_len=9, ]", iov_len=3}';
    expect(parseVectorBytes(`[${one}, {iov_base="", iov_len=0}, ${one}]`)).toBe(6);
    expect(parseVectorBytes(`[{iov_base="abc"..., iov_len=300}]`)).toBe(300);
    expect(parseVectorBytes(`[${one}, ...]`)).toBeNull();
    expect(parseVectorBytes('[...]')).toBeNull();
    expect(parseVectorBytes('0x7ffd')).toBeNull();
    expect(parseVectorBytes('[]')).toBe(0);
  });
});
