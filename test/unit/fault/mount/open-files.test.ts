// The flags of open(2) by name, and which of them the file below is opened with.

import { constants } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { backingFlags, flagNames, OpenFiles } from '../../../../src/fault/mount/open-files.ts';

const { O_APPEND, O_CREAT, O_DIRECT, O_DSYNC, O_RDONLY, O_RDWR, O_SYNC, O_TRUNC, O_WRONLY } =
  constants;

describe('flags of open(2)', () => {
  it('have names; who has O_SYNC has O_DSYNC, and not the other way', () => {
    expect(flagNames(O_RDWR | O_CREAT)).toEqual([]);
    expect(flagNames(O_WRONLY | O_SYNC)).toEqual(['O_SYNC', 'O_DSYNC']);
    expect(flagNames(O_WRONLY | O_DSYNC)).toEqual(['O_DSYNC']);
    expect(flagNames(O_DIRECT | O_APPEND | O_TRUNC)).toEqual(['O_DIRECT', 'O_APPEND', 'O_TRUNC']);
  });

  it('go to the file below but for those that the kernel has seen to', () => {
    expect(backingFlags(O_WRONLY | O_APPEND | O_DIRECT | O_SYNC)).toBe(O_WRONLY | O_SYNC);
    expect(backingFlags(O_RDWR | O_TRUNC)).toBe(O_RDWR | O_TRUNC);
  });
});

describe('open files', () => {
  it('are known by their descriptor until they are closed', () => {
    const files = new OpenFiles();
    expect(files.isEmpty).toBe(true);
    const file = files.add(7, '/a', O_WRONLY | O_DSYNC);
    expect(file).toEqual({ fd: 7, path: '/a', flags: ['O_DSYNC'], isWritable: true, late: null });
    expect(files.get(7)).toBe(file);
    expect(files.add(8, '/a', O_RDONLY).isWritable).toBe(false);
    expect(files.add(9, '/a', O_RDWR).isWritable).toBe(true);
    files.remove(7);
    expect([files.get(7), files.isEmpty]).toEqual([undefined, false]);
  });
});
