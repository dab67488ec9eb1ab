// `verify` of members of archives made by tar and of a stream, as it is typed; its words for parts;
// and what it refuses.

import {
  createReadStream,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { runManifest } from '../../../src/cli/manifest.ts';
import { runStamp } from '../../../src/cli/stamp.ts';
import { runVerify, type VerifyArguments } from '../../../src/cli/verify.ts';
import type { HeisenwriteError } from '../../../src/domain/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'verify-parts-'));
afterAll(() => rmSync(folder, { recursive: true }));

const MIB = 2 ** 20;
const LONG = `${'directory-with-a-long-name/'.repeat(9)}probe.bin`;

async function said(given: VerifyArguments, input?: AsyncIterable<Uint8Array>) {
  const io = { out: new PassThrough(), err: new PassThrough(), ...(input ? { in: input } : {}) };
  const exitCode = await runVerify(given, io);
  return { exitCode, out: String(io.out.read() ?? '') };
}

const probe = join(folder, 'probe.bin');
const silent = { out: new PassThrough(), err: new PassThrough() };
await runStamp({ file: probe, size: '96MiB', seed: 'one' }, silent);
const whole = readFileSync(probe);

function put(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe('a member of an archive', () => {
  const made = async (format: string, name: string, bytes = whole.subarray(0, 20 * MIB)) => {
    const place = join(folder, `tree-${format}`);
    await execa('mkdir', ['-p', join(place, name, '..')]);
    writeFileSync(join(place, name), bytes);
    writeFileSync(join(place, 'before.txt'), 'before '.repeat(1000));
    const archive = join(folder, `${format}.tar`);
    const words = [`--format=${format}`, '-cf', archive, '-C', place, 'before.txt', `./${name}`];
    await execa('tar', words);
    return archive;
  };

  it.each([
    ['ustar', 'short/probe.bin'],
    ['gnu', LONG],
    ['pax', LONG],
  ])('in format %s', async (format, name) => {
    const archive = await made(format, name);
    const given = { file: archive, member: name, part: true };
    expect((await said(given)).exitCode).toBe(0);
    // All of the member came, so that the file's stated length is what is missed.
    const answer = await said({ file: archive, member: name, json: true });
    const document = JSON.parse(answer.out);
    expect(document).toMatchObject({ bytes: 20 * MIB, scope: { kind: 'whole' } });
    expect(document.damage).toMatchObject([{ kind: 'missing', offset: 20 * MIB }]);
    const piped = await said({ ...given, file: '-' }, createReadStream(archive));
    expect(piped.exitCode).toBe(0);
    await expect(said({ file: archive, member: 'absent' })).rejects.toThrow('before.txt');
  });

  it('of an archive that was cut: what came is intact, the rest is missing', async () => {
    const archive = await made('gnu', 'probe.bin');
    for (const bytes of [5 * MIB, 5 * MIB + 77_777]) {
      const cut = put('cut.tar', readFileSync(archive).subarray(0, bytes));
      const answer = await said({ file: cut, member: 'probe.bin', json: true });
      const { damage, intact } = JSON.parse(answer.out);
      expect(damage).toHaveLength(1);
      expect(intact.bytes).toBe(damage[0].offset);
      // A member begins at a multiple of 512, after its header and what was packed before.
      expect(bytes - damage[0].offset).toBeLessThan(16_384);
    }
  });

  it('that is a directory, or of what is no archive, is refused', async () => {
    const tree = join(folder, 'tree-links');
    await execa('mkdir', ['-p', join(tree, 'inner')]);
    const archive = join(folder, 'links.tar');
    await execa('tar', ['-cf', archive, '-C', tree, 'inner']);
    const refusals: [VerifyArguments, string][] = [
      [{ file: archive, member: 'inner/' }, 'not-readable'],
      [{ file: put('no.tar', Buffer.from('x'.repeat(4000))), member: 'a' }, 'not-readable'],
      [{ file: join(folder, 'none.tar'), member: 'a' }, 'no-such-file'],
      [{ file: folder, member: 'a' }, 'not-readable'],
      [{ file: folder }, 'not-readable'],
      [{ file: put('empty', Buffer.alloc(0)) }, 'not-stamped'],
      [{ file: probe, range: '8MiB' }, 'invalid-option'],
      [{ file: probe, range: '8MiB-4MiB' }, 'invalid-option'],
      [{ file: '-', range: '0-4MiB' }, 'invalid-option'],
    ];
    for (const [given, code] of refusals) {
      await expect(said(given), JSON.stringify(given)).rejects.toMatchObject({ code });
    }
  });
});

describe('what is refused says', () => {
  const text = (error: unknown) => {
    const { message, remedy } = error as HeisenwriteError;
    return `${message} | ${remedy}`;
  };
  const refusal = (given: VerifyArguments, input?: AsyncIterable<Uint8Array>) =>
    said(given, input).then((answer) => `answered: ${answer.out}`, text);

  it.each<[VerifyArguments, string]>([
    [{ file: '-', range: '0-4MiB' }, '--range does not go with stdin: a range is of a file'],
    [{ file: 'a', range: '0-1', member: 'b' }, '--range does not go with --member: '],
    [{ file: 'a', part: true, manifest: 'm' }, '--part does not go with --manifest: '],
    [{ file: 'a', member: 'b', manifest: 'm' }, '--member does not go with --manifest: '],
    [{ file: 'a', range: '0-1', manifest: 'm' }, '--range does not go with --manifest: '],
    [{ file: '-', manifest: 'm' }, 'a manifest needs a file, not a pipe (-)'],
  ])('which two do not go together: %j', async (given, words) => {
    expect(await refusal(given)).toContain(words);
  });

  it('that a manifest is not taken of a pipe', async () => {
    const error = await runManifest({ file: '-', compare: false }, silent).catch(text);
    expect(error).toContain('a manifest needs a file, not a pipe (-)');
  });

  it('that a file is no archive, or that the archive is cut off', async () => {
    const letters = put('letters', Buffer.from('x'.repeat(4000)));
    for (const file of [probe, letters, put('few', Buffer.from('few'))]) {
      const words = `${file} is no tar archive | a stamped file is checked without --member`;
      expect(await refusal({ file, member: 'probe.bin' })).toContain(words);
    }
    const tree = join(folder, 'tree-cut');
    await execa('mkdir', ['-p', tree]);
    writeFileSync(join(tree, 'a.bin'), whole.subarray(0, 2 * MIB));
    writeFileSync(join(tree, 'c.bin'), whole.subarray(0, 2 * MIB));
    const archive = join(folder, 'two.tar');
    await execa('tar', ['-cf', archive, '-C', tree, 'a.bin', 'c.bin']);
    const bytes = readFileSync(archive);
    for (const at of [MIB, 2 * MIB + 100, 2 * MIB + 512]) {
      const cut = put('cut-off.tar', bytes.subarray(0, at));
      const words = await refusal({ file: cut, member: 'c.bin' });
      expect(words).toMatch(/cut-off\.tar, cut off after [\d,]+ bytes, has no member c\.bin: /);
    }
    const none = await refusal({ file: archive, member: 'd.bin' });
    expect(none).toContain('two.tar has no member d.bin: it begins with a.bin, c.bin');
  });

  it('of a small archive on a pipe which members it has', async () => {
    const tree = join(folder, 'tree-small');
    await execa('mkdir', ['-p', tree]);
    for (const name of ['a', 'b']) writeFileSync(join(tree, name), whole.subarray(0, 4096));
    const archive = join(folder, 'small.tar');
    await execa('tar', ['-b', '1', '-cf', archive, '-C', tree, 'a', 'b']);
    const input = () => createReadStream(archive);
    const found = await said({ file: '-', member: 'b', part: true }, input());
    expect(found.exitCode).toBe(0);
    const none = await refusal({ file: '-', member: 'c' }, input());
    expect(none).toContain('stdin has no member c: it begins with a, b');
  });

  it('that of a file of zeros, or an empty one, all is lost', async () => {
    for (const [bytes, what] of [
      [Buffer.alloc(0), 'is empty'],
      [Buffer.alloc(3 * MIB), 'is nothing but zeros'],
    ] as const) {
      const file = put('nothing', bytes);
      const words = `${what} | if it was written by \`heisenwrite stamp\`, all of it is lost`;
      expect(await refusal({ file })).toContain(words);
      expect(await refusal({ file: '-' }, createReadStream(file))).toContain(words);
      expect(await refusal({ file, range: '0-1' })).toContain(words);
    }
    const other = await refusal({ file: put('other', Buffer.from('x'.repeat(4000))) });
    expect(other).toContain('has no block with the header of a stamp');
    expect(other).not.toContain('lost');
  });
});

describe('in words', () => {
  it('a stream that is whole', async () => {
    const { exitCode, out } = await said({ file: '-' }, createReadStream(probe));
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^CLEAN: every byte of stdin \(96MiB\)/);
  });

  it('exactly parts 7 and 9 of 8 MiB', async () => {
    const bad = Buffer.from(whole);
    bad.fill(0, 56 * MIB, 64 * MIB).fill(0, 72 * MIB, 80 * MIB);
    const { exitCode, out } = await said({ file: put('holes', bad) });
    expect(exitCode).toBe(1);
    expect(out).toContain('Exactly parts 7 and 9 of 12, of 8MiB each, from 0\n');
    expect(out).toContain('Intact: 83,886,080 bytes: 0 to 58,720,256, ');
  });

  it('a partial download, a part that is there twice, and two that are swapped', async () => {
    const partial = await said({ file: put('partial', whole.subarray(0, 50 * MIB + 5)) });
    expect(partial.exitCode).toBe(1);
    expect(partial.out).toContain('Intact so far: all 52,428,805 bytes that are there (52% of');
    expect(partial.out).not.toContain('Exactly parts');
    const twice = Buffer.from(whole);
    whole.copy(twice, 40 * MIB, 16 * MIB, 24 * MIB);
    expect((await said({ file: put('twice', twice) })).out).toContain(
      'In the place of part 5 are the bytes of part 2, which are in their own place as well',
    );
    const swapped = Buffer.from(twice);
    whole.copy(swapped, 16 * MIB, 40 * MIB, 48 * MIB);
    expect((await said({ file: put('swapped', swapped) })).out).toContain(
      'In the place of part 2 are the bytes of part 5, and those of this place are there',
    );
  });

  it('a part of unknown offset, and a range', async () => {
    const part = put('part', whole.subarray(33 * MIB + 7, 50 * MIB));
    const found = await said({ file: part });
    expect(found.exitCode).toBe(1);
    expect(found.out).toContain('it is a part: bytes 34,603,015 to 52,428,800 of the 100,663,296');
    expect((await said({ file: part, part: true })).exitCode).toBe(0);
    const { exitCode, out } = await said({ file: probe, range: '8MiB-16MiB' });
    expect(exitCode).toBe(0);
    expect(out).toContain('Only bytes 8,388,608 to 16,777,216');
    expect(out).toContain('checked, as was asked for');
    expect(statSync(probe).size).toBe(96 * MIB);
  });

  it('a range that goes past the end, of the file or of what was stamped', async () => {
    const short = put('short', whole.subarray(0, 5_000_000));
    const over = await said({ file: short, range: '4MiB-6MiB' });
    expect(over.exitCode).toBe(1);
    expect(over.out).toContain(
      'the rest of the range, to 6,291,456, is beyond the end of the file',
    );
    expect(over.out).not.toMatch(/as was asked for|Exactly part/);
    const all = await said({ file: short, range: '6MiB-7MiB' });
    expect(all.exitCode).toBe(1);
    expect(all.out).toContain('All of the range, 6,291,456 to 7,340,032, is beyond the end of the');
    expect(all.out).toContain('; 100,663,296 bytes were stamped\n');
    const past = await said({ file: probe, range: '95MiB-200MiB' });
    expect(past.exitCode).toBe(0);
    expect(past.out).toContain('to 209,715,200, is beyond the end of the file');
    expect(past.out).not.toContain('as was asked for');
  });
});
