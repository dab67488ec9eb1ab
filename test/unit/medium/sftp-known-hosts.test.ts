// known_hosts as sshd(8) describes it. The hashed lines were made by ssh-keygen -H, so that not our
// own reading of the format is what is tested.

import { describe, expect, test } from 'vitest';
import {
  fingerprintOf,
  judgeHostKey,
  keyTypeOf,
  knownName,
  knownTypes,
  parseKnownHosts,
} from '../../../src/medium/sftp-known-hosts.ts';

const HASHED_BASE64 = 'AAAAC3NzaC1lZDI1NTE5AAAAINbqZaX5LWrTzy6MxAODiY6zRuYxtxSHh2IhWii7qnV/';
const HASHED_KEY = Buffer.from(HASHED_BASE64, 'base64');
const HASHED_FINGERPRINT = 'SHA256:wgY2ydJ63CG+fmXP7wv8rAno/qrbMQmsjWZ1mzlwdUk';
/** `example.org` and `[127.0.0.1]:2222`. */
const HASHED = `
|1|87DIKogwp8J21TSESGFdCOWZeiA=|1dV4pFWcCA1MdbHok+sG6slFXN4= ssh-ed25519 ${HASHED_BASE64}
|1|GC/dpBftmR8u+J4fWagXJLUYlr0=|HtOy0Y1kKSmVhXiPrF3JiBjk5ww= ssh-ed25519 ${HASHED_BASE64}
`;

/** A key in wire format that nobody has; `name` makes it another one. */
function keyOf(type: string, name: string): Buffer {
  const part = (text: string) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    return Buffer.concat([length, Buffer.from(text)]);
  };
  return Buffer.concat([part(type), part(name.padEnd(32, '.'))]);
}

const ED = 'ssh-ed25519';
const RSA = 'ssh-rsa';
const line = (names: string, type: string, name: string, marker = '') =>
  `${marker}${names} ${type} ${keyOf(type, name).toString('base64')} a comment\n`;

function verdict(text: string, host: string, port: number, key: Buffer): string {
  return judgeHostKey(parseKnownHosts(text, 'file'), host, port, key).kind;
}

describe('which keys of a host are known', () => {
  const key = keyOf(ED, 'one');

  test.each([
    ['the host', line('host', ED, 'one'), 'known'],
    ['in another case', line('HOST', ED, 'one'), 'known'],
    ['one of several names', line('alias,host,10.0.0.1', ED, 'one'), 'known'],
    ['a pattern', line('h?s*', ED, 'one'), 'known'],
    ['a dot is no wildcard', line('h.st', ED, 'one'), 'unknown'],
    ['a name that is excepted', line('*,!host', ED, 'one'), 'unknown'],
    ['another host', line('other', ED, 'one'), 'unknown'],
    ['the host on another port', line('[host]:2222', ED, 'one'), 'unknown'],
    ['another key of the type', line('host', ED, 'two'), 'changed'],
    ['another one and this', line('host', ED, 'two') + line('host', ED, 'one'), 'known'],
    ['a key of another type', line('host', RSA, 'two'), 'unknown'],
    ['revoked', line('host', ED, 'one', '@revoked '), 'revoked'],
    ['revoked wins', line('host', ED, 'one') + line('*', ED, 'one', '@revoked '), 'revoked'],
    ['another one is revoked', line('host', ED, 'two', '@revoked '), 'unknown'],
    ['a certificate authority', line('host', ED, 'one', '@cert-authority '), 'unknown'],
    ['a comment', `#${line('host', ED, 'one')}`, 'unknown'],
    ['spoilt base64', `host ${ED} AAAA\n`, 'unknown'],
    ['an empty file', '', 'unknown'],
  ])('%s', (_, text, expected) => {
    expect(verdict(text, 'host', 22, key)).toBe(expected);
  });

  test('another port has a name of its own; a key of the plain host is taken, as by ssh', () => {
    expect(knownName('Host', 22)).toBe('host');
    expect(knownName('::1', 2222)).toBe('[::1]:2222');
    expect(verdict(line('[host]:2222', ED, 'one'), 'host', 2222, key)).toBe('known');
    expect(verdict(line('[host]:2222', ED, 'two'), 'host', 2222, key)).toBe('changed');
    expect(verdict(line('host', ED, 'one'), 'host', 2222, key)).toBe('known');
    expect(verdict(line('host', ED, 'two'), 'host', 2222, key)).toBe('unknown');
  });

  test('the file and the line of an entry are kept', () => {
    const entries = parseKnownHosts(`\n# x\n${line('host', ED, 'two')}`, '/srv/known');
    expect(judgeHostKey(entries, 'host', 22, key)).toMatchObject({
      kind: 'changed',
      entry: { where: '/srv/known:3' },
    });
  });

  test('types that are known are asked for first, without revoked ones', () => {
    const text = line('host', RSA, 'a') + line('host', ED, 'b', '@revoked ') + line('x', ED, 'c');
    expect(knownTypes(parseKnownHosts(text, 'f'), 'host', 22)).toEqual([RSA]);
  });
});

describe('names that ssh-keygen hashed', () => {
  const entries = parseKnownHosts(HASHED, 'file');

  test.each([
    ['example.org', 22, 'known'],
    ['Example.ORG', 22, 'known'],
    ['127.0.0.1', 2222, 'known'],
    ['127.0.0.1', 22, 'unknown'],
    ['example.com', 22, 'unknown'],
  ] as const)('%s:%d is %s', (host, port, expected) => {
    expect(judgeHostKey(entries, host, port, HASHED_KEY).kind).toBe(expected);
  });

  test('the fingerprint is that of ssh-keygen -l', () => {
    expect(fingerprintOf(HASHED_KEY)).toBe(HASHED_FINGERPRINT);
    expect(keyTypeOf(HASHED_KEY)).toBe('ssh-ed25519');
    expect(keyTypeOf(Buffer.alloc(3))).toBe('');
  });
});
