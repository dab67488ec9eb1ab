// What a place can do is found by trying; the probe leaves nothing behind.

import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withFile, writeOnce } from '../../../src/medium/file.ts';
import { probePlace } from '../../../src/medium/probe.ts';
import { pageAlignedBuffer } from '../../../src/observe/reread.ts';
import { DISK, inDirectory, TMPFS } from '../../fixtures/actors/trial-setting.ts';

test.each([DISK, TMPFS])('the alignment found on %s works', (base) =>
  inDirectory((directory) => {
    const { directAlignmentBytes, directRefusal } = probePlace(join(directory, 'probe'));
    expect(readdirSync(directory)).toEqual([]);
    expect(directAlignmentBytes === null).toBe(directRefusal !== null);
    if (directAlignmentBytes === null) return;
    const path = join(directory, 'f');
    const buffer = pageAlignedBuffer(65_536);
    withFile(path, 'create', 'direct', (fd) => {
      writeOnce(fd, path, buffer, 0, directAlignmentBytes, directAlignmentBytes);
    });
  }, base),
);

test('a file that cannot be made is an error, not a refusal of O_DIRECT', () =>
  inDirectory((directory) => {
    expect(() => probePlace(join(directory, 'none', 'probe'))).toThrow(/ENOENT/);
    mkdirSync(join(directory, 'taken'));
    expect(() => probePlace(join(directory, 'taken'))).toThrow(/EISDIR/);
  }));
