// The folder of a finding: whole or absent, the right bytes in each file, and a text for strangers.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { firstDifference, hexLines, hexRows } from '../../../src/domain/hex-rows.ts';
import { keptWindow, writeFindingFolder } from '../../../src/evidence/finding-folder.ts';
import { sampleFinding, sampleObservation } from './sample-records.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync('/var/tmp/heisenwrite-test-');
});
afterEach(() => rmSync(directory, { recursive: true }));

const meant = Uint8Array.from({ length: 4096 }, (_, at) => at & 255);
const found = meant.slice();
found[8] = 0;

describe('a finding folder', () => {
  const observation = sampleObservation(0, found);
  const facts = { kernel: 'Linux' };

  test('holds what the README says, and the README all that it holds', () => {
    const bytes = { observation, expected: meant };
    const folder = writeFindingFolder(directory, sampleFinding(1), bytes, facts);
    expect(folder).toBe(join(directory, 'finding-001'));
    expect(readdirSync(directory)).toEqual(['finding-001']);
    const names = readdirSync(folder).sort();
    expect(names).toEqual([
      'README.txt',
      'expected.bin',
      'facts.json',
      'finding.json',
      'hexdump.txt',
      'observed.bin',
      'reread-1-same-descriptor.bin',
      'reread-3-direct.bin',
    ]);
    const read = (name: string) => readFileSync(join(folder, name));
    expect(read('expected.bin').equals(meant)).toBe(true);
    expect(read('observed.bin').equals(found)).toBe(true);
    expect(read('reread-1-same-descriptor.bin').equals(found)).toBe(true);
    expect(JSON.parse(read('finding.json').toString())).toEqual(sampleFinding(1));
    expect(JSON.parse(read('facts.json').toString())).toEqual(facts);
    const readme = read('README.txt').toString();
    for (const name of names) expect(readme).toContain(name);
    expect(readme).toContain('heisenwrite hunt --seed seed --trial 1');
    expect(readme).toContain('flipped at 8, 1 bytes: one bit differs');
    expect(readme).toContain('bytes 0 to 4096');
    expect(read('hexdump.txt').toString()).toContain('^^');
  });

  test('nothing was meant to be there: no expected.bin', () => {
    const bytes = { observation, expected: null };
    const folder = writeFindingFolder(directory, sampleFinding(2), bytes, facts);
    expect(readdirSync(folder)).not.toContain('expected.bin');
  });

  test('judged again, it stays; unfinished, it is made anew; another is not replaced', () => {
    const bytes = { observation, expected: meant };
    const folder = writeFindingFolder(directory, sampleFinding(1), bytes, facts);
    writeFileSync(join(folder, 'a note'), 'of the user');
    expect(writeFindingFolder(directory, sampleFinding(1), bytes, facts)).toBe(folder);
    expect(readdirSync(folder)).toContain('a note');
    const other = { ...sampleFinding(1), trial: 99 };
    expect(() => writeFindingFolder(directory, other, bytes, facts)).toThrow(/trial 1$/);
    mkdirSync(join(directory, 'finding-003.unfinished'));
    writeFileSync(join(directory, 'finding-003.unfinished/expected.bin'), 'half');
    writeFindingFolder(directory, sampleFinding(3), bytes, facts);
    expect(readdirSync(directory).sort()).toEqual(['finding-001', 'finding-003']);
  });

  test('a directory that is gone is a failed write, not a crash', () => {
    const bytes = { observation, expected: meant };
    const gone = join(directory, 'gone');
    expect(() => writeFindingFolder(gone, sampleFinding(1), bytes, facts)).toThrow(
      expect.objectContaining({ code: 'write-failed' }),
    );
  });
});

describe('the window that is kept', () => {
  const damage = (offset: number, length: number) => ({
    damage: [{ kind: 'flipped' as const, offset, length, because: '' }],
  });
  const window = (offset: number, length: number, read: number, expected: number) =>
    keptWindow(damage(offset, length), { offset: 65_536, bytes: new Uint8Array(read) }, expected);

  test('whole 4 KiB around the damage, within what was read or meant', () => {
    const size = 10 * 2 ** 20;
    expect(window(65_536 + 50_000, 8, size, size)).toEqual({
      from: 45_056,
      to: 57_344,
      offset: 65_536 + 45_056,
    });
    expect(window(65_536, 8, 100, 200)).toEqual({ from: 0, to: 200, offset: 65_536 });
    expect(window(65_536, size, size, size)).toEqual({ from: 0, to: 2 ** 20, offset: 65_536 });
    expect(window(65_536, 4096, 0, 0)).toEqual({ from: 0, to: 0, offset: 65_536 });
  });

  test('without damage all of it, up to the limit', () => {
    const all = keptWindow({ damage: [] }, { offset: 0, bytes: new Uint8Array(5000) }, 0);
    expect(all).toEqual({ from: 0, to: 5000, offset: 0 });
  });
});

describe('hex rows', () => {
  test('begin one row before the first difference, at multiples of 16 of the file', () => {
    const other = meant.slice();
    other[100] = 0xff;
    const rows = hexRows(meant, other, 1000, 48);
    expect(rows.map(({ offset }) => offset)).toEqual([1072, 1088, 1104]);
    expect(rows[1]?.expected.split(' ')[12]).toBe('64');
    expect(rows[1]?.observed.split(' ')[12]).toBe('ff');
    expect(hexRows(meant, other, 1000, 1e9).length).toBe(252);
  });

  test('a short read, nothing read, nothing at all', () => {
    const rows = hexRows(meant.subarray(0, 20), meant.subarray(0, 18), 0);
    expect(rows.at(-1)).toEqual({ offset: 16, expected: '10 11 12 13', observed: '10 11' });
    expect(hexRows(meant.subarray(0, 4), new Uint8Array(0), 0)).toEqual([
      { offset: 0, expected: '00 01 02 03', observed: '' },
    ]);
    expect(hexRows(new Uint8Array(0), new Uint8Array(0), 0)).toEqual([]);
  });

  test('the row of the first difference is always among them, with its bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(bytes, bytes, fc.nat(1000), (expected, observed, offset) => {
        const first = firstDifference(expected, observed);
        const rows = hexRows(expected, observed, offset);
        if (first === null) return;
        const row = rows.findLast((candidate) => candidate.offset <= offset + first);
        const column = offset + first - (row?.offset ?? 0);
        const hex = (byte: number | undefined) => byte?.toString(16).padStart(2, '0');
        expect(row?.expected.split(' ')[column] || undefined).toBe(hex(expected[first]));
        expect(row?.observed.split(' ')[column] || undefined).toBe(hex(observed[first]));
      }),
    );
  });

  test('the dump leaves out what is as expected and counts it', () => {
    const other = meant.slice(0, 96);
    other[40] = 0;
    const lines = hexLines(meant.subarray(0, 96), other, 4096);
    expect(lines.length).toBe(5);
    expect(lines[0]).toContain('32 bytes as expected');
    expect(lines[1]).toMatch(/^0000001020 {2}expected {2}20 21/);
    expect(lines[3]?.indexOf('^^')).toBe(lines[1]?.indexOf('28'));
    expect(lines[4]).toContain('48 bytes as expected');
  });
});
