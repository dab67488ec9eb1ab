// Files that are removed or replaced while they are open: they live on by a descriptor, their name
// goes or has another file at once, and whoever asks meanwhile waits.

import {
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BackingTree } from '../../../../src/fault/mount/backing-tree.ts';

const HIDDEN = '/.fuse_hidden0001';
let folder = '';
let tree: BackingTree;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heisenwrite-test-'));
  writeFileSync(join(folder, 'a'), 'first');
  tree = new BackingTree(folder);
});
afterEach(() => {
  tree.close();
  rmSync(folder, { recursive: true });
});

const settled = (...paths: string[]) =>
  new Promise<void>((resolve) => tree.settled(paths, () => resolve()));

describe('a file that is removed while it is open', () => {
  it('has no name any more, and is still there by its descriptor', async () => {
    tree.hide('/a', HIDDEN, false);
    expect(existsSync(join(folder, 'a'))).toBe(true);
    await settled('/a');
    expect(existsSync(join(folder, 'a'))).toBe(false);
    expect(readFileSync(tree.real(HIDDEN), 'utf8')).toBe('first');
    expect(fstatSync(tree.nameless(HIDDEN) as number).nlink).toBe(0);
    expect(existsSync(join(folder, HIDDEN))).toBe(false);
  });

  it('keeps its name where the removal is lost', async () => {
    tree.hide('/a', HIDDEN, true);
    await settled('/a');
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('first');
  });

  it('is forgotten once it is let go, and not before', () => {
    expect(tree.forget('/a')).toBe(false);
    tree.hide('/a', HIDDEN, false);
    expect([tree.forget(HIDDEN), tree.forget(HIDDEN)]).toEqual([true, true]);
    // Who looked its name up before still finds it.
    expect(tree.nameless(HIDDEN)).toBeDefined();
    tree.close();
    expect(tree.nameless(HIDDEN)).toBeUndefined();
    expect(tree.real(HIDDEN)).toBe(join(folder, HIDDEN));
  });

  it('that is not there is an error of the system', () => {
    expect(() => tree.hide('/absent', HIDDEN, false)).toThrow(/ENOENT/);
  });
});

describe('a file that is replaced while it is open', () => {
  it('has its name taken over at once, and nobody finds a name without a file', async () => {
    writeFileSync(join(folder, 'b'), 'second');
    tree.hide('/a', HIDDEN, false);
    const waiting = settled('/a').then(() => readFileSync(join(folder, 'a'), 'utf8'));
    const done = tree.replace('/a');
    expect(done).not.toBeNull();
    expect(tree.replace('/a')).toBeNull();
    renameSync(join(folder, 'b'), join(folder, 'a'));
    done?.();
    expect(await waiting).toBe('second');
    expect(readFileSync(tree.real(HIDDEN), 'utf8')).toBe('first');
  });

  it('nothing takes a name that nobody leaves', () => {
    expect(tree.replace('/a')).toBeNull();
  });
});

describe('who waits for names', () => {
  it('of a directory waits for those in it, and for no others', async () => {
    mkdirSync(join(folder, 'inner'));
    writeFileSync(join(folder, 'inner', 'c'), '');
    tree.hide('/inner/c', HIDDEN, false);
    let isSettled = false;
    tree.settledIn('/', () => {
      isSettled = true;
    });
    expect(isSettled).toBe(true);
    await new Promise<void>((resolve) => tree.settledIn('/inner', resolve));
    expect(existsSync(join(folder, 'inner', 'c'))).toBe(false);
  });
});
