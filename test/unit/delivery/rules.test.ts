// Each rule: says ready where it should, waits where it should, and is fooled where it is known to
// be. Looks are made by hand, as no file is needed to know what a rule makes of them.

import { describe, expect, it } from 'vitest';
import { RULES } from '../../../src/delivery/rules.ts';
import { isMarkerName, isTemporaryName } from '../../../src/delivery/temporary-names.ts';
import type { FileLook, FolderLook } from '../../../src/domain/delivery.ts';

const FILE: FileLook = {
  bytes: 100,
  modifiedMs: 0,
  allocatedBytes: 4096,
  isBeingWritten: false,
  closedWrites: 0,
};

function look(atMs: number, files: Record<string, Partial<FileLook>>): FolderLook {
  const entries = Object.entries(files).map(
    ([name, file]) => [name, { ...FILE, ...file }] as const,
  );
  return { atMs, wallMs: 1_000_000 + atMs, files: new Map(entries) };
}

function watch(rule: string, settleMs = 50) {
  const found = RULES.find(({ name }) => name === rule);
  if (!found) throw new Error(`no rule ${rule}`);
  const { signal } = new AbortController();
  return found.begin({ settleMs, directory: null, content: null, signal });
}

describe('size-stable', () => {
  it('waits until the size has stood still, from its last change on', () => {
    const isReady = watch('size-stable');
    expect(isReady('a', look(0, { a: { bytes: 1 } }))).toBe(false);
    expect(isReady('a', look(40, { a: { bytes: 2 } }))).toBe(false);
    expect(isReady('a', look(89, { a: { bytes: 2 } }))).toBe(false);
    expect(isReady('a', look(90, { a: { bytes: 2 } }))).toBe(true);
  });
  it('knows each file by itself, and nothing of one that is not there', () => {
    const isReady = watch('size-stable');
    isReady('a', look(0, { a: {} }));
    expect(isReady('b', look(60, { a: {}, b: {} }))).toBe(false);
    expect(isReady('c', look(60, { a: {} }))).toBe(false);
    expect(isReady('a', look(60, { a: {}, b: {} }))).toBe(true);
  });
  it('is fooled by a write into the middle, which leaves the size', () => {
    const isReady = watch('size-stable');
    isReady('a', look(0, { a: { modifiedMs: 1 } }));
    expect(isReady('a', look(50, { a: { modifiedMs: 2 } }))).toBe(true);
  });
});

describe('size-and-mtime-stable', () => {
  it('sees a write into the middle', () => {
    const isReady = watch('size-and-mtime-stable');
    isReady('a', look(0, { a: { modifiedMs: 1 } }));
    expect(isReady('a', look(50, { a: { modifiedMs: 2 } }))).toBe(false);
    expect(isReady('a', look(100, { a: { modifiedMs: 2 } }))).toBe(true);
  });
  it('never says ready where the medium tells no time', () => {
    const isReady = watch('size-and-mtime-stable');
    isReady('a', look(0, { a: { modifiedMs: null } }));
    expect(isReady('a', look(500, { a: { modifiedMs: null } }))).toBe(false);
  });
});

describe('mtime-old', () => {
  it('compares with the clock of the observer', () => {
    const isReady = watch('mtime-old');
    expect(isReady('a', look(0, { a: { modifiedMs: 999_951 } }))).toBe(false);
    expect(isReady('a', look(0, { a: { modifiedMs: 999_950 } }))).toBe(true);
    expect(isReady('a', look(0, { a: { modifiedMs: null } }))).toBe(false);
  });
});

describe('blocks-cover-size', () => {
  it('sees holes, and waits for ever where they stay', () => {
    const isReady = watch('blocks-cover-size');
    const sparse = { bytes: 8192, allocatedBytes: 4096 };
    isReady('a', look(0, { a: sparse }));
    expect(isReady('a', look(500, { a: sparse }))).toBe(false);
    isReady('a', look(510, { a: { bytes: 8192, allocatedBytes: 8192 } }));
    expect(isReady('a', look(560, { a: { bytes: 8192, allocatedBytes: 8192 } }))).toBe(true);
  });
});

describe('what only the host of the writer sees', () => {
  it('nobody-writes asks for a clear no', () => {
    const isReady = watch('nobody-writes');
    expect(isReady('a', look(0, { a: { isBeingWritten: true } }))).toBe(false);
    expect(isReady('a', look(0, { a: { isBeingWritten: null } }))).toBe(false);
    expect(isReady('a', look(0, { a: { isBeingWritten: false } }))).toBe(true);
  });
  it('close-write asks for one close', () => {
    const isReady = watch('close-write');
    expect(isReady('a', look(0, { a: { closedWrites: 0 } }))).toBe(false);
    expect(isReady('a', look(0, { a: { closedWrites: null } }))).toBe(false);
    expect(isReady('a', look(0, { a: { closedWrites: 1 } }))).toBe(true);
  });
});

describe('names', () => {
  it('marker-present wants the marker and the file', () => {
    const isReady = watch('marker-present');
    expect(isReady('a', look(0, { a: {} }))).toBe(false);
    expect(isReady('a', look(0, { 'a.ready': {} }))).toBe(false);
    expect(isReady('a', look(0, { a: {}, 'b.ready': {} }))).toBe(false);
    expect(isReady('a', look(0, { a: {}, 'a.ready': {} }))).toBe(true);
  });
  it('final-name takes any file but those of unfinished ones', () => {
    const isReady = watch('final-name');
    expect(isReady('a.part', look(0, { 'a.part': {} }))).toBe(false);
    expect(isReady('a', look(0, { 'a.part': {} }))).toBe(false);
    expect(isReady('a', look(0, { a: {} }))).toBe(true);
  });
  it.each(['.a.csv.x8Kq2', 'a.tmp', 'A.PART', 'a.crdownload', 'a~', 'x.filepart'])(
    '%s is temporary',
    (name) => expect(isTemporaryName(name)).toBe(true),
  );
  it.each(['a', 'a.csv', 'part', 'tmp', 'a.part1', 'depart'])('%s is final', (name) =>
    expect(isTemporaryName(name)).toBe(false),
  );
  it('a marker belongs to a name', () => {
    expect([isMarkerName('a.ready'), isMarkerName('.ready'), isMarkerName('ready')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

it('every rule has a name of its own and says when it is ready', () => {
  expect(new Set(RULES.map(({ name }) => name)).size).toBe(RULES.length);
  for (const { about } of RULES) expect(about).toMatch(/^[a-z]/);
});
