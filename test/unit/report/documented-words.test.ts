// What a report says of an error that no manual has, and that it is silent of the others.

import { expect, test } from 'vitest';
import { documentedWords } from '../../../src/report/documented-words.ts';

test('the error that ended the capture is one that no manual lists for a file', () => {
  expect(documentedWords('write', 'EACCES', false)).toBe(
    'EACCES from write(): not an error that write(2) lists on Linux, FreeBSD or POSIX ' +
      '(POSIX: for sockets only)',
  );
  expect(documentedWords('close', 'EROFS', false)).toBe(
    'EROFS from close(): not an error that close(2) lists on Linux, FreeBSD or POSIX',
  );
  expect(documentedWords('write', 'EDQUOT', false)).toBe(
    'EDQUOT from write(): write(2) lists it on Linux and FreeBSD, not on POSIX',
  );
});

test('of NFS it says both: the protocol, and what a program gets of it', () => {
  expect(documentedWords('WRITE', 'NFS3ERR_ACCES', true)).toBe(
    'NFS3ERR_ACCES from WRITE: RFC 1813 lists it (3.3.7); a program on a mount gets EACCES from ' +
      'write(): not an error that write(2) lists on Linux, FreeBSD or POSIX ' +
      '(POSIX: for sockets only)',
  );
  expect(documentedWords('WRITE', 'NFS3ERR_NOSPC', true)).toBe(
    'NFS3ERR_NOSPC from WRITE: RFC 1813 lists it (3.3.7)',
  );
});

test('nothing is said where every manual lists it, or none could', () => {
  expect(documentedWords('write', 'ENOSPC', false)).toBeNull();
  expect(documentedWords('write', 'SSH_FX_FAILURE', true)).toBeNull();
  expect(documentedWords('write', 'ECONNRESET', true)).toBeNull();
  expect(documentedWords('write', 'ECONNRESET', false)).toMatch(/^ECONNRESET from write\(\): not/);
  expect(documentedWords('spawn dd', 'ENOENT', false)).toBeNull();
  expect(documentedWords('write', 'SHORT', false)).toBeNull();
});
