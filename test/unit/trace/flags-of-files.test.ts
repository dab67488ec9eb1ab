// The judges that compare what several processes, or one over time, do with a file: the mistake
// planted, the same without it, and what looks like it and is none.

import { describe, expect, test } from 'vitest';
import {
  CREATE,
  close,
  exit,
  F,
  fails,
  flagsOf,
  kindsOf,
  open,
  sync,
  write,
} from '../../fixtures/traced-lines.ts';

describe('processes that overwrite each other at positions of their own', () => {
  const both = (first: string, second: string) => [open(7, 3, first), open(8, 4, second)];
  const create = 'O_WRONLY|O_CREAT';

  test('neither has O_APPEND', () => {
    const [flag, ...more] = flagsOf([...both(create, create), write(7, 3, 100), write(8, 4, 50)]);
    expect(more).toEqual([]);
    expect(flag).toMatchObject({ kind: 'append-race', process: 8, path: F });
    expect(flag?.words).toMatch(/bytes 0 to 50 .* over what process 7 \(without O_APPEND\)/);
  });

  test('one of them has it', () => {
    const lines = [write(7, 3, 100), write(8, 4, 30), write(7, 3, 100)];
    const flags = flagsOf([...both(create, `${create}|O_APPEND`), ...lines]);
    expect(flags.map(({ kind, process }) => [kind, process])).toEqual([['append-race', 7]]);
    expect(flags[0]?.words).toMatch(/bytes 100 to 200 .* process 8 \(with O_APPEND\)/);
  });

  test('both went to what was the end', () => {
    const end = (thread: number, fd: number) => `${thread} lseek(${fd}<${F}>, 0, SEEK_END) = 40`;
    const lines = [end(7, 3), end(8, 4), write(7, 3, 9), write(8, 4, 9)];
    expect(kindsOf([...both(create, create), ...lines])).toEqual(['append-race']);
  });

  test('it is told once, however long it goes on', () => {
    const lines = Array.from({ length: 50 }, () => [write(7, 3, 10), write(8, 4, 10)]).flat();
    expect(kindsOf([...both(create, create), ...lines]).length).toBeLessThanOrEqual(2);
  });

  test.each([
    [
      'both have O_APPEND',
      [...both(`${create}|O_APPEND`, `${create}|O_APPEND`), write(7, 3, 9), write(8, 4, 9)],
    ],
    [
      'they have ranges of their own',
      [
        ...both(create, create),
        `8 lseek(4<${F}>, 0, SEEK_END) = 100`,
        ...[write(7, 3, 100), write(8, 4, 50)],
      ],
    ],
    [
      'the offsets were given',
      [
        ...both(create, create),
        `7 pwrite64(3<${F}>, ""..., 9, 0) = 9`,
        `8 pwrite64(4<${F}>, ""..., 9, 0) = 9`,
      ],
    ],
    [
      'the place was chosen',
      [
        ...both(create, create),
        write(7, 3, 100),
        `8 lseek(4<${F}>, 0, SEEK_SET) = 0`,
        write(8, 4, 9),
      ],
    ],
    [
      'they take turns',
      [...both(create, create), write(7, 3, 9), `8 flock(4<${F}>, LOCK_EX) = 0`, write(8, 4, 9)],
    ],
    [
      'the first had closed it',
      [open(7, 3, create), write(7, 3, 9), close(7, 3), open(8, 4, create), write(8, 4, 9)],
    ],
    [
      'the second came later and rewrites what it found',
      [open(7, 3, create), write(7, 3, 9), open(8, 4, create), write(8, 4, 9)],
    ],
    [
      'a child shares the position',
      [open(7, 3, create), '7 fork() = 8', write(7, 3, 9), write(8, 3, 9), write(7, 3, 9)],
    ],
    ['it is one process', [open(7, 3, create), open(7, 4, create), write(7, 3, 9), write(7, 4, 9)]],
  ])('none, since %s', (_, lines) => {
    expect(kindsOf(lines)).toEqual([]);
  });
});

describe('a file that was truncated after it was written', () => {
  const written = [open(7, 3, CREATE), write(7, 3, 100)];

  test.each([
    ['by another open while it is open', [open(8, 4, CREATE)], /O_TRUNC by process 8 cut off 100/],
    ['by the program itself, opened twice', [open(7, 4, CREATE)], /it still has it open/],
    ['by truncate', ['8 truncate("/srv/a", 10) = 0'], /truncate\(\) to 10 by process 8/],
    [
      'before anybody has read it',
      [close(7, 3), exit(7, 0), open(8, 4, CREATE)],
      /had closed it, and nobody in this trace has read it/,
    ],
    [
      'by ftruncate',
      [open(8, 4, 'O_RDWR'), `8 ftruncate(4<${F}>, 0) = 0`],
      /ftruncate\(\) to 0 by process 8/,
    ],
  ])('%s', (_, rest, words) => {
    const [flag, ...more] = flagsOf([...written, ...rest]);
    expect(more).toEqual([]);
    expect(flag).toMatchObject({ kind: 'truncated-after-write', path: F });
    expect(flag?.words).toMatch(words);
  });

  test.each([
    ['it rewrites its own file', [close(7, 3), open(7, 3, CREATE), write(7, 3, 9)]],
    ['it cuts it itself', [`7 ftruncate(3<${F}>, 0) = 0`]],
    ['nothing written was lost', [open(8, 4, 'O_RDWR'), `8 ftruncate(4<${F}>, 4096) = 0`]],
    [
      'somebody had read it',
      [
        close(7, 3),
        open(9, 3, 'O_RDONLY'),
        `9 read(3<${F}>, ""..., 100) = 100`,
        open(8, 4, CREATE),
      ],
    ],
    [
      'the file has another name',
      [close(7, 3), sync(7, 3), '7 rename("a", "b") = 0', open(8, 4, CREATE)],
    ],
    ['it was removed', [close(7, 3), '7 unlink("a") = 0', open(8, 4, CREATE)]],
    ['it could not be truncated', [fails('8 truncate("/srv/a", 0)', 'EACCES')]],
    ['nothing had been written', [close(7, 3), open(8, 4, CREATE, '/srv/other')]],
  ])('none, since %s', (_, rest) => {
    expect(kindsOf([...written, ...rest])).not.toContain('truncated-after-write');
  });
});

describe('a rename before the sync', () => {
  const written = [open(7, 3, CREATE), write(7, 3, 1234)];

  test('what was written may not be there after a crash', () => {
    const [flag, ...more] = flagsOf([...written, close(7, 3), '7 rename("a", "b") = 0']);
    expect(more).toEqual([]);
    expect(flag).toMatchObject({ kind: 'rename-before-fsync', path: F, call: 'rename' });
    expect(flag?.words).toMatch(/to \/srv\/b, by the program that wrote it, while 1,234 bytes/);
  });

  test('a sync before the last write is not enough', () => {
    const lines = [...written, sync(7, 3), write(7, 3, 1), '7 rename("a", "b") = 0'];
    expect(kindsOf(lines)).toEqual(['rename-before-fsync']);
  });

  test('a file keeps it through a rename, and through one of its directory', () => {
    const lines = [open(7, 3, CREATE, '/srv/d/a'), write(7, 3, 5, '/srv/d/a')];
    const moved = [...lines, '7 rename("d", "e") = 0', '7 rename("e/a", "e/b") = 0'];
    expect(flagsOf(moved).map(({ path }) => path)).toEqual(['/srv/e/a']);
  });

  test('another program renames it, and it had been synced before the last write', () => {
    const lines = [...written, sync(7, 3), write(7, 3, 1), '8 rename("a", "b") = 0'];
    const [flag, ...more] = flagsOf(lines);
    expect(more).toEqual([]);
    expect(flag).toMatchObject({ kind: 'rename-before-fsync', process: 8 });
    expect(flag?.words).toMatch(/although it had been synced before the last of them/);
  });

  const moved = '7 rename("a", "b") = 0';
  const other = '8 rename("a", "b") = 0';
  const exec = '7 execve("/bin/mv", ["mv", "a", "b"], 0x7ffd /* 3 vars */) = 0';
  test.each([
    ['mv renames what a shell wrote', [...written, close(7, 3), other]],
    ['the writer had become mv', [...written, close(7, 3), exec, moved]],
    ['it was never written here', [open(7, 3, 'O_RDONLY'), close(7, 3), moved]],
    ['a log is rotated', [...written, close(7, 3), '7 rename("a", "a.1") = 0']],
    [
      'what was synced was another content',
      [...written, sync(7, 3), close(7, 3), open(7, 3, CREATE), write(7, 3, 5), other],
    ],
    ['who wrote what was synced wrote no more', [...written, sync(7, 3), '7 sync() = 0', other]],
  ])('none, since %s', (_, lines) => {
    expect(kindsOf(lines)).toEqual([]);
  });

  test('one of those who wrote it renames it', () => {
    const lines = [...written, open(8, 3, 'O_WRONLY|O_APPEND'), write(8, 3, 5), moved];
    expect(kindsOf(lines)).toEqual(['rename-before-fsync']);
  });

  test.each([
    ['it was synced', [sync(7, 3), close(7, 3)]],
    ['all were synced', ['7 sync() = 0']],
    ['it was synced through another descriptor', [open(7, 4, 'O_RDONLY'), sync(7, 4)]],
  ])('none, since %s', (_, between) => {
    expect(kindsOf([...written, ...between, '7 rename("a", "b") = 0'])).toEqual([]);
  });

  test('none of what was written with O_DSYNC, of an empty file, of a failed rename', () => {
    const rename = '7 rename("a", "b") = 0';
    expect(kindsOf([open(7, 3, `${CREATE}|O_DSYNC`), write(7, 3, 9), rename])).toEqual([]);
    expect(kindsOf([open(7, 3, CREATE), close(7, 3), rename])).toEqual([]);
    expect(kindsOf([...written, fails('7 rename("a", "b")', 'EXDEV')])).toEqual([]);
  });

  test('none where nothing outlives a crash', () => {
    const world = { file: () => ({ bytes: 0, volatile: true }) };
    expect(kindsOf([...written, '7 rename("a", "b") = 0'], world)).toEqual([]);
  });
});
