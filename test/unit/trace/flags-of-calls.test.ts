// Every judge: the mistake planted, the same program without it, and what looks like it and is
// none.

import { describe, expect, test } from 'vitest';
import {
  CREATE,
  close,
  exit,
  F,
  fails,
  flagsOf,
  killed,
  kindsOf,
  open,
  sync,
  write,
} from '../../fixtures/traced-lines.ts';

describe('an error that the manual does not list', () => {
  test('EACCES from write() is told of with call, process and path', () => {
    const [flag, ...more] = flagsOf([
      open(7, 3, CREATE),
      fails(`7 write(3<${F}>, ""..., 512)`, 'EACCES'),
    ]);
    expect(more).toEqual([]);
    expect(flag).toMatchObject({
      ...{ kind: 'unlisted-errno', process: 7, command: 'writer', call: 'write', path: F },
      ...{ errno: 'EACCES', atNs: 1_000_001_000_000n },
      words: expect.stringMatching(/failed with EACCES, which Linux man-pages .* write\(2\)/),
    });
  });

  test.each([
    ['pwrite64', fails(`7 pwrite64(3<${F}>, ""..., 5, 0)`, 'EROFS')],
    ['fsync', fails(`7 fsync(3<${F}>)`, 'EACCES')],
    ['close', fails(`7 close(3<${F}>)`, 'EACCES')],
    ['openat', fails(`7 openat(AT_FDCWD</srv>, "b", O_RDONLY)`, 'ESTALE')],
    ['rename', fails('7 rename("a", "b")', 'EIO')],
    ['sendto', fails('7 sendto(4<TCP:[1]>, ""..., 5, 0, NULL, 0)', 'EROFS')],
  ])('%s', (call, line) => {
    expect(flagsOf([open(7, 3, CREATE), line]).filter((flag) => flag.call === call)).toHaveLength(
      1,
    );
  });

  test.each([
    ['it is listed', fails(`7 write(3<${F}>, ""..., 512)`, 'ENOSPC')],
    ['a file is not there', fails('7 openat(AT_FDCWD</srv>, "b", O_RDONLY)', 'ENOENT')],
    ['a socket has a list of its own', fails('7 write(4<TCP:[1]>, ""..., 5)', 'ECONNRESET')],
    ['a device has a manual of its own', fails('7 read(4</dev/x<char 9:1>>, 0x7, 5)', 'ENOLINK')],
    ['no manual is known', fails('7 flock(3</srv/a>, LOCK_EX)', 'ENOLCK')],
    ['it is rmdir', fails('7 unlinkat(AT_FDCWD</srv>, "d", AT_REMOVEDIR)', 'ENOTEMPTY')],
    ['the descriptor is wrong', fails('7 write(99, ""..., 5)', 'EBADF')],
    ['it was interrupted', '7 read(0<pipe:[1]>, 0x7, 5) = ? ERESTARTSYS (To be restarted)'],
  ])('none, since %s', (_, line) => {
    expect(kindsOf([open(7, 3, CREATE), line])).toEqual([]);
  });
});

describe('a short write that was not continued', () => {
  const short = [open(7, 3, CREATE), write(7, 3, 100, F, 512)];

  test.each([
    ['the whole length again', [write(7, 3, 512), close(7, 3), exit(7, 0)]],
    ['elsewhere', [`7 lseek(3<${F}>, 512, SEEK_SET) = 512`, write(7, 3, 9), exit(7, 0)]],
    ['nothing follows', [close(7, 3), exit(7, 0)]],
  ])('%s', (_, rest) => {
    const [flag, ...more] = flagsOf([...short, ...rest]);
    expect(more).toEqual([]);
    expect(flag).toMatchObject({ kind: 'short-write', path: F, process: 7, call: 'write' });
    expect(flag?.words).toMatch(/took 100 of 512 bytes.*412 bytes are missing/);
  });

  test('at an offset of its own', () => {
    const line = `7 pwrite64(3<${F}>, ""..., 512, 1024) = 100`;
    const other = `7 pwrite64(3<${F}>, ""..., 512, 2048) = 512`;
    const rest = `7 pwrite64(3<${F}>, ""..., 412, 1124) = 412`;
    expect(kindsOf([open(7, 3, CREATE), line, other, exit(7, 0)])).toEqual(['short-write']);
    expect(kindsOf([open(7, 3, CREATE), line, other, rest, exit(7, 0)])).toEqual([]);
  });

  test.each([
    ['the rest follows', [write(7, 3, 412), close(7, 3), exit(7, 0)]],
    ['in pieces', [write(7, 3, 200), write(7, 3, 212), exit(7, 0)]],
    ['the record is written again whole', [`7 lseek(3<${F}>, 0, SEEK_SET) = 0`, write(7, 3, 512)]],
    ['the next one says why', [fails(`7 write(3<${F}>, ""..., 412)`, 'ENOSPC'), exit(7, 0)]],
    ['the program ends with an error', [close(7, 3), exit(7, 1)]],
    ['it was killed', [killed(7)]],
    ['it is cut off again', [`7 ftruncate(3<${F}>, 0) = 0`, close(7, 3), exit(7, 0)]],
  ])('none, since %s', (_, rest) => {
    expect(kindsOf([...short, ...rest])).toEqual([]);
  });

  test('none on a socket or a pipe, and none where the length is not known', () => {
    for (const what of ['TCP:[1]', 'pipe:[2]']) {
      expect(kindsOf([`7 write(4<${what}>, ""..., 512) = 9`, exit(7, 0)])).toEqual([]);
    }
    const vector = `7 writev(3<${F}>, [{iov_base="", iov_len=9}, ...], 40) = 9`;
    expect(kindsOf([open(7, 3, CREATE), vector, exit(7, 0)])).toEqual([]);
  });
});

describe('an error of close or fsync that was ignored', () => {
  const lost = (call: string) => [
    open(7, 3, CREATE),
    write(7, 3, 512),
    fails(`7 ${call}(3<${F}>)`, 'EIO'),
  ];

  test.each([
    ['it ends with 0', 'close', [exit(7, 0)]],
    ['it renames the file', 'fsync', [close(7, 3), '7 rename("a", "b") = 0']],
    ['a second fsync counts', 'fsync', [sync(7, 3), close(7, 3)]],
    ['it writes less than was lost', 'fsync', [write(7, 3, 100), close(7, 3), exit(7, 0)]],
  ])('%s', (_, call, rest) => {
    const flags = flagsOf([...lost(call), ...rest]).filter(({ kind }) => kind === 'ignored-error');
    expect(flags).toHaveLength(1);
    expect(flags[0]).toMatchObject({ call, errno: 'EIO', path: F, process: 7 });
  });

  test.each([
    ['it ends with an error', lost('close'), [exit(7, 1)]],
    ['it was killed', lost('fsync'), [killed(7)]],
    ['it goes on and is still there', lost('fsync'), [write(7, 3, 9)]],
    ['it wrote all of it again', lost('fsync'), [write(7, 3, 512), sync(7, 3), exit(7, 0)]],
    [
      'it wrote all of it to another file',
      lost('close'),
      [open(7, 4, CREATE, '/srv/b'), write(7, 4, 512, '/srv/b'), close(7, 4, '/srv/b'), exit(7, 0)],
    ],
    ['another process ends', lost('close'), [exit(8, 0)]],
    ['the descriptor was wrong', [fails('7 close(9)', 'EBADF')], [exit(7, 0)]],
    ['a pipe cannot be synced', [fails('7 fsync(1<pipe:[4]>)', 'EINVAL')], [exit(7, 0)]],
  ])('none, since %s', (_, before, rest) => {
    expect(kindsOf([...before, ...rest])).not.toContain('ignored-error');
  });
});
