// `verify` of a tar archive of stamped files: it is no damaged stamped file, and names its members;
// a stamped file that begins like an archive is judged nevertheless.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { FileDiagnosisOptions } from '../../src/diagnose/file-diagnosis.ts';
import { verifyFile } from '../../src/diagnose/files.ts';
import { verifyStream } from '../../src/diagnose/stamped-part.ts';
import { changed, noise, ranges, replaced, scratch, stampedBytes } from './damaged-files.ts';

const files = scratch();
const folder = mkdtempSync(join(tmpdir(), 'archives-'));
afterAll(() => {
  files.remove();
  rmSync(folder, { recursive: true });
});

const MIB = 2 ** 20;
const SIZE = 3 * MIB + 5000;
const WHOLE = stampedBytes(SIZE);
const LONG = `${'directory-with-a-long-name/'.repeat(9)}probe.bin`;

function archived(format: string, members: Readonly<Record<string, Uint8Array>>): Buffer {
  const place = mkdtempSync(join(folder, 'tree-'));
  for (const [name, bytes] of Object.entries(members)) {
    mkdirSync(dirname(join(place, name)), { recursive: true });
    writeFileSync(join(place, name), bytes);
  }
  const path = `${place}.tar`;
  const names = Object.keys(members);
  execFileSync('tar', [`--format=${format}`, '-cf', path, '-C', place, ...names]);
  return readFileSync(path);
}

async function* inChunks(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += 65_537) yield bytes.subarray(at, at + 65_537);
}

async function refusals(bytes: Uint8Array, options: FileDiagnosisOptions = {}) {
  const all = [
    verifyFile(files.put(bytes), options),
    verifyFile(files.put(bytes), { ...options, range: { from: 0, to: MIB } }),
    verifyStream('stdin', inChunks(bytes), options),
  ];
  const refused = await Promise.allSettled(all);
  return refused.map((one) => {
    expect(one).toMatchObject({ status: 'rejected', reason: { code: 'not-stamped' } });
    return String((one as PromiseRejectedResult).reason.message);
  });
}

describe('an archive', () => {
  it.each(['ustar', 'gnu', 'pax'])(
    'in format %s is refused, and its members named',
    async (format) => {
      const name = format === 'ustar' ? 'a/short-name.bin' : LONG;
      const members = { [name]: WHOLE, 'b.bin': stampedBytes(SIZE, { file: 4 }) };
      for (const options of [{}, { part: true }]) {
        for (const message of await refusals(archived(format, members), options)) {
          expect(message).toContain(
            `is a tar archive, no stamped file: it begins with ${name}, b.bin`,
          );
        }
      }
    },
  );

  it('that is cut, or that begins with another file, or holds none that is stamped', async () => {
    const archive = archived('gnu', { 'a.bin': WHOLE, 'b.bin': WHOLE });
    for (const message of await refusals(archive.subarray(0, 2 * MIB))) {
      expect(message).toMatch(/begins with a\.bin$/);
    }
    const later = archived('gnu', { 'notes.txt': noise(1234), 'a.bin': WHOLE });
    for (const message of await refusals(later)) expect(message).toContain('notes.txt, a.bin');
    const none = archived('gnu', { 'notes.txt': noise(1234) });
    for (const message of await refusals(none)) expect(message).toContain('notes.txt');
  });

  it('of a part of a stamped file', async () => {
    const part = archived('gnu', { 'a.part': WHOLE.subarray(MIB, 2 * MIB) });
    for (const message of await refusals(part)) expect(message).toContain('a.part');
  });
});

describe('no archive', () => {
  const header = archived('gnu', { 'a.bin': WHOLE }).subarray(0, 512);

  it('but a stamped file with the header of one over its beginning', async () => {
    const bad = replaced(WHOLE, 0, header);
    for (const found of [
      await verifyFile(files.put(bad)),
      await verifyStream('stdin', inChunks(bad)),
    ]) {
      expect(found.verdict).toBe('damaged');
      expect(found.blocks).toEqual([{ firstBlock: 0, blocks: 1 }]);
    }
  });

  it('but a stamped file with the magic of one in it', async () => {
    const bad = changed(WHOLE, (copy) => copy.write('ustar\0', 257, 'latin1'));
    const found = await verifyFile(files.put(bad));
    expect(found.damage.map(({ offset }) => offset)).toEqual([257]);
  });

  it('but stamps behind something else: they are displaced', async () => {
    const almost = changed(header, (copy) => copy.writeUInt8(copy.readUInt8(0) ^ 1, 0));
    const found = await verifyFile(files.put(Buffer.concat([almost, WHOLE])));
    expect(ranges(found.damage)).toContainEqual(['extra', 0, 512]);
  });
});
