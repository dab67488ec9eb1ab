// The directory of a hunt: refused where it cannot be, never beside itself, cleaned of what is not
// evidence; and how a hunt is found again from what a user types.

import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  checkPlace,
  closeHuntDirectory,
  createHuntDirectory,
  defaultAllowance,
  isAlive,
  readOwner,
  removeTrialFiles,
  reopenHuntDirectory,
  takenBytes,
} from '../../../src/evidence/hunt-directory.ts';
import { resolveHunt } from '../../../src/evidence/resolve-hunt.ts';

let place = '';
beforeEach(() => {
  place = mkdtempSync('/var/tmp/heisenwrite-test-');
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

const code = (expected: string) => expect.objectContaining({ code: expected });

describe('the place', () => {
  test('absent, not a directory, or a dangling link', () => {
    writeFileSync(join(place, 'file'), '');
    symlinkSync('nowhere', join(place, 'link'));
    for (const name of ['none', 'file', 'file/below', 'link']) {
      expect(() => checkPlace(join(place, name))).toThrow(code('no-such-place'));
      expect(() => createHuntDirectory(join(place, name), 'a')).toThrow(code('no-such-place'));
    }
  });

  test('a kernel file system that takes no directories is refused', () => {
    expect(() => createHuntDirectory('/proc', 'a', 1)).toThrow();
  });

  test('more than there is', () => {
    expect(() => createHuntDirectory(place, 'a', 2 ** 60)).toThrow(code('no-space'));
    expect(readdirSync(place)).toEqual([]);
  });

  test('the allowance is the lesser of 1 GiB and a tenth, in whole MiB', () => {
    expect(defaultAllowance(100 * 2 ** 30)).toBe(2 ** 30);
    expect(defaultAllowance(10 * 2 ** 30 - 1)).toBe(1023 * 2 ** 20);
    expect(defaultAllowance(55 * 2 ** 20)).toBe(5 * 2 ** 20);
    expect(defaultAllowance(1000)).toBe(100);
  });
});

describe('the directory', () => {
  test('is made once, with its owner, and refused where it exists', () => {
    const made = createHuntDirectory(place, '00ff');
    expect(made.path).toBe(join(place, 'heisenwrite-00ff'));
    expect(existsSync(made.trials)).toBe(true);
    expect(readOwner(made.path)).toMatchObject({ hunt: '00ff', pid: process.pid });
    expect(() => createHuntDirectory(place, '00ff')).toThrow(code('file-exists'));
    expect(readdirSync(place)).toEqual(['heisenwrite-00ff']);
  });

  test('cleaning removes trial files and links, and nothing that they point to', () => {
    const made = createHuntDirectory(place, 'a');
    mkdirSync(join(place, 'precious'));
    writeFileSync(join(place, 'precious/data'), 'x');
    mkdirSync(join(made.trials, '1/deep'), { recursive: true });
    writeFileSync(join(made.trials, '1/deep/file'), 'x');
    symlinkSync(join(place, 'precious'), join(made.trials, '1/link'));
    symlinkSync(join(place, 'precious'), join(made.trials, 'link'));
    writeFileSync(join(made.path, 'kept'), 'evidence');
    removeTrialFiles(made);
    expect(readdirSync(made.trials)).toEqual([]);
    closeHuntDirectory(made);
    expect(readdirSync(made.path).sort()).toEqual(['kept', 'owner.json']);
    expect(readFileSync(join(place, 'precious/data'), 'utf8')).toBe('x');
    closeHuntDirectory(made);
  });

  test('a link in place of the trial directory is neither emptied nor written through', () => {
    const made = createHuntDirectory(place, 'a');
    mkdirSync(join(place, 'precious'));
    writeFileSync(join(place, 'precious/data'), 'x');
    rmSync(made.trials, { recursive: true });
    symlinkSync(join(place, 'precious'), made.trials);
    removeTrialFiles(made);
    expect(() => reopenHuntDirectory(made.path)).toThrow(code('place-not-writable'));
    closeHuntDirectory(made);
    expect(readdirSync(join(place, 'precious'))).toEqual(['data']);
  });

  test('space is counted without following links', () => {
    const made = createHuntDirectory(place, 'a');
    const before = takenBytes(made.path);
    writeFileSync(join(made.trials, 'file'), Buffer.alloc(100_000, 1));
    symlinkSync('/usr', join(made.trials, 'link'));
    const grown = takenBytes(made.path) - before;
    // Delayed allocation may not have given blocks yet; more than the file is never counted.
    expect(grown).toBeLessThan(150_000);
    expect(grown).toBeGreaterThanOrEqual(0);
  });
});

describe('taking a hunt over', () => {
  test('refused while its owner lives, possible afterwards', async () => {
    const made = createHuntDirectory(place, 'a');
    const child = spawn('sleep', ['60']);
    const owner = readOwner(made.path);
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    const processStart = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const other = { ...owner, pid: child.pid, processStart };
    writeFileSync(join(made.path, 'owner.json'), JSON.stringify(other));
    try {
      expect(() => reopenHuntDirectory(made.path)).toThrow(code('evidence-busy'));
      expect(isAlive({ ...other, processStart: '1' } as never)).toBe(false);
    } finally {
      const gone = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGKILL');
      await gone;
    }
    expect(reopenHuntDirectory(made.path).trials).toBe(made.trials);
    expect(readOwner(made.path)?.pid).toBe(process.pid);
  });

  test('a directory without an owner is not ours', () => {
    expect(() => reopenHuntDirectory(place)).toThrow(code('no-such-hunt'));
    writeFileSync(join(place, 'owner.json'), 'nonsense');
    expect(() => reopenHuntDirectory(place)).toThrow(code('no-such-hunt'));
  });
});

describe('finding a hunt', () => {
  function hunt(name: string, startedAtMs: number): string {
    const path = join(place, `heisenwrite-${name}`);
    mkdirSync(path);
    writeFileSync(join(path, 'evidence.sqlite'), '');
    const owner = { hunt: name, pid: 1, processStart: '', startedAtMs };
    writeFileSync(join(path, 'owner.json'), JSON.stringify(owner));
    return path;
  }

  test('by path, identifier, unique beginning, or the newest', () => {
    const old = hunt('aa11', 1000);
    const newest = hunt('aa22', 3000);
    const other = hunt('bb33', 2000);
    expect(resolveHunt(undefined, place)).toBe(newest);
    expect(resolveHunt('aa11', place)).toBe(old);
    expect(resolveHunt('heisenwrite-bb33', place)).toBe(other);
    expect(resolveHunt('bb', place)).toBe(other);
    expect(resolveHunt(other, '/')).toBe(other);
    expect(resolveHunt('./heisenwrite-aa11/', place)).toBe(old);
  });

  test('not unique, unknown, empty: says what is there', () => {
    expect(() => resolveHunt(undefined, place)).toThrow(/there is no hunt in/);
    hunt('aa11', 1000);
    hunt('aa22', 3000);
    expect(() => resolveHunt('aa', place)).toThrow(/2 hunts begin with aa.*aa22 .*aa11 /);
    expect(() => resolveHunt('zz', place)).toThrow(/zz is not a hunt; .*aa22/);
    expect(() => resolveHunt('', place)).toThrow(code('no-such-hunt'));
    expect(() => resolveHunt(undefined, join(place, 'none'))).toThrow(code('no-such-hunt'));
  });

  test('a place means its newest hunt; a directory without evidence is none', () => {
    hunt('bb22', 500);
    const only = hunt('aa11', 1000);
    mkdirSync(join(place, 'heisenwrite-empty'));
    expect(resolveHunt(place, '/')).toBe(only);
    expect(() => resolveHunt('empty', place)).toThrow(code('no-such-hunt'));
  });
});
