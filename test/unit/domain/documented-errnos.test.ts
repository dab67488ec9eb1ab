// Known truths of the manuals, and that the tables hold nothing but names of errors.

import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import {
  DOCUMENTED_CALLS,
  documentedCall,
  isDocumented,
  SYSTEMS,
} from '../../../src/domain/documented-errnos.ts';
import { documentedStatus } from '../../../src/domain/documented-statuses.ts';

/** Of FreeBSD and of POSIX, which this machine's errno(3) need not have. */
const ELSEWHERE = ['ECAPMODE', 'EINTEGRITY', 'ENOTCAPABLE'];

describe('the tables of the manuals', () => {
  test('EACCES is no error of write(2) on a file; POSIX has it for sockets', () => {
    for (const system of SYSTEMS) expect(isDocumented('write', 'EACCES', system)).toBe(false);
    expect(documentedCall('write', 'POSIX')?.sockets.has('EACCES')).toBe(true);
    expect(documentedCall('write', 'Linux')?.sockets.has('EACCES')).toBe(false);
    for (const system of SYSTEMS) expect(isDocumented('open', 'EACCES', system)).toBe(true);
  });

  test.each([
    ['write', 'ENOSPC', [true, true, true]],
    ['write', 'EDQUOT', [true, true, false]],
    ['write', 'ESTALE', [false, false, false]],
    ['write', 'EROFS', [false, false, false]],
    ['close', 'EROFS', [false, false, false]],
    ['close', 'EDQUOT', [true, false, false]],
    ['close', 'EIO', [true, false, true]],
    ['fsync', 'EROFS', [true, false, false]],
    ['fsync', 'ENOSPC', [true, false, true]],
    ['rename', 'EXDEV', [true, true, true]],
    ['unlink', 'EBUSY', [true, false, true]],
    ['unlink', 'ENOSPC', [false, true, false]],
    ['pwrite', 'ESPIPE', [true, true, true]],
    ['read', 'EISDIR', [true, true, true]],
  ] as const)('%s %s', (call, errno, expected) => {
    expect(SYSTEMS.map((system) => isDocumented(call, errno, system))).toEqual(expected);
  });

  test('what is no call, or one of the object, is not in them', () => {
    for (const call of ['spawn dd', 'WRITE', 'constructor', 'toString']) {
      expect(isDocumented(call, 'EIO', 'Linux')).toBeNull();
    }
  });

  test('every name is an errno, every call has its source in all of them', () => {
    for (const call of DOCUMENTED_CALLS) {
      for (const system of SYSTEMS) {
        const { source, errnos, sockets } = documentedCall(call, system) ?? {};
        expect(source).toMatch(/^(Linux man-pages|FreeBSD|POSIX\.1-2024,?) ?.*, ERRORS$/);
        const names = [...(errnos ?? []), ...(sockets ?? [])];
        expect(names).toContain('EBADF');
        for (const name of names) {
          expect(name in constants.errno || ELSEWHERE.includes(name), name).toBe(true);
        }
      }
    }
  });
});

describe('the statuses of NFSv3', () => {
  test('WRITE may be answered with ACCES and ROFS, COMMIT with neither', () => {
    expect(documentedStatus('WRITE', 'NFS3ERR_ACCES')).toEqual({
      section: '3.3.7',
      listed: true,
      call: 'write',
      errno: 'EACCES',
    });
    expect(documentedStatus('WRITE', 'NFS3ERR_ROFS')?.listed).toBe(true);
    expect(documentedStatus('COMMIT', 'NFS3ERR_ROFS')).toMatchObject({ listed: false });
    expect(documentedStatus('COMMIT', 'NFS3ERR_BADHANDLE')).toMatchObject({ errno: 'ESTALE' });
    expect(documentedStatus('WRITE', 'NFS3ERR_JUKEBOX')).toMatchObject({
      listed: true,
      errno: null,
    });
  });

  test('what is none of the protocol has no entry', () => {
    expect(documentedStatus('WRITE', 'NFS3ERR_VERIFIER')).toBeNull();
    expect(documentedStatus('write', 'NFS3ERR_ACCES')).toBeNull();
    expect(documentedStatus('WRITE', 'EACCES')).toBeNull();
  });
});
