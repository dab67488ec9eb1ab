// Extended attributes on a fault mount: none unless they are asked for, which is said where that
// hides some; with `--xattr` those of the files below.

import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadFileCalls } from '../../src/fault/mount/native-calls.ts';
import { heisenwrite } from './command-line.ts';
import { isAlive, until, withFaultMount } from './fault-mounts.ts';
import { requireOrSkip } from './requirements.ts';

const NAME = 'user.origin';
const VALUE = Buffer.from([0x00, 0xff, 0x41]);
const { EOPNOTSUPP, ENODATA } = constants.errno;

describe('extended attributes on a fault mount', () => {
  beforeEach((context) => requireOrSkip(context, 'fuse'));
  const calls = loadFileCalls();

  it('are refused by name, and nothing of them reaches the files below', () =>
    withFaultMount([], async ({ at, below }) => {
      writeFileSync(join(at, 'file'), 'text');
      expect(calls.setAttribute(join(at, 'file'), NAME, VALUE, 0)).toBe(-EOPNOTSUPP);
      expect(calls.getAttribute(join(at, 'file'), NAME)).toBe(-EOPNOTSUPP);
      expect(calls.getAttribute(join(below, 'file'), NAME)).toBe(-ENODATA);
    }));

  it('pass where they are asked for, and writes go on beside them', () =>
    withFaultMount(['--xattr'], async ({ at, below }) => {
      const path = join(at, 'file');
      writeFileSync(path, 'text');
      expect(calls.setAttribute(path, NAME, VALUE, 0)).toBe(0);
      const fd = openSync(path, 'r+');
      writeSync(fd, 'T', 0);
      closeSync(fd);
      expect(readFileSync(path, 'utf8')).toBe('Text');
      expect(calls.getAttribute(join(below, 'file'), NAME)).toEqual(VALUE);
      expect(calls.getAttribute(path, NAME)).toEqual(VALUE);
      expect(String(calls.listAttributes(path))).toContain(`${NAME}\0`);
      expect(calls.removeAttribute(path, NAME)).toBe(0);
      expect(calls.getAttribute(join(below, 'file'), NAME)).toBe(-ENODATA);
    }));

  it.each([
    ['says so where files have some', [], true],
    ['is silent where they pass', ['--xattr'], false],
  ] as const)('%s', async (_name, words, isSaid) => {
    const top = mkdtempSync(join(tmpdir(), 'fault-attributes-'));
    const [below, at] = [join(top, 'below'), join(top, 'at')];
    mkdirSync(below);
    mkdirSync(at);
    writeFileSync(join(below, 'file'), '');
    expect(calls.setAttribute(join(below, 'file'), NAME, VALUE, 0)).toBe(0);
    try {
      const said = await heisenwrite(['mount', below, at, '--background', '--json', ...words]);
      const lines = said.stdout.trim().split('\n');
      const { pid } = JSON.parse(lines.at(-1) as string);
      process.kill(pid, 'SIGTERM');
      await until(() => !isAlive(pid), 'the server of the mount ends');
      expect(/extended attributes \(user\.origin\).*--xattr/.test(said.stdout)).toBe(isSaid);
    } finally {
      rmSync(top, { recursive: true });
    }
  });
});
