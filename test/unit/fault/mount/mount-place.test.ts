// Where a mount may be laid over what: each refusal says what to do, before anything is done.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HeisenwriteError } from '../../../../src/domain/errors.ts';
import { mountedAt, mountPlace } from '../../../../src/fault/mount/mount-place.ts';

let folder = '';

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'heisenwrite-test-')));
  for (const name of ['data', 'data/inner', 'at', 'full']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'full', 'file'), '');
  writeFileSync(join(folder, 'file'), '');
});
afterEach(() => rmSync(folder, { recursive: true }));

const under = (name: string) => join(folder, name);

function refusalOf(directory: string, at: string): Pick<HeisenwriteError, 'code' | 'message'> {
  try {
    mountPlace(directory, at);
  } catch (error) {
    if (error instanceof HeisenwriteError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('where a mount may be', () => {
  it('is an empty directory beside the other; links are followed', () => {
    symlinkSync(under('at'), under('link'));
    const place = { directory: under('data'), at: under('at') };
    expect(mountPlace(under('data'), under('at'))).toEqual(place);
    expect(mountPlace(under('data'), under('link'))).toEqual(place);
    mkdirSync(under('data-2'));
    expect(mountPlace(under('data'), under('data-2')).at).toBe(under('data-2'));
  });

  it.each([
    ['data', 'data', 'invalid-option', /cannot be mounted on itself/],
    ['data', 'data/inner', 'invalid-option', /lie one in the other/],
    ['data/inner', 'data', 'invalid-option', /lie one in the other/],
    ['data', 'full', 'invalid-option', /is not empty/],
    ['data', 'absent', 'no-such-place', /absent/],
    ['file', 'at', 'no-such-place', /is not a directory/],
    ['data', 'file', 'no-such-place', /is not a directory/],
  ])('%s at %s is refused', (directory, at, code, message) => {
    const refusal = refusalOf(under(directory), under(at));
    expect(refusal.code).toBe(code);
    expect(refusal.message).toMatch(message);
  });

  it('is no mount point already, also where a link leads to one', () => {
    symlinkSync('/proc', under('link'));
    for (const at of ['/proc', under('link')]) {
      expect(refusalOf(under('data'), at)).toMatchObject({
        code: 'invalid-option',
        message: '/proc is a mount point already (proc)',
      });
    }
    expect(mountedAt('/proc')).toBe('proc');
    expect(mountedAt(under('at'))).toBeNull();
  });
});
