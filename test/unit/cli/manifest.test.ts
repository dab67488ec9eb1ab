// `manifest`, `verify --manifest` and `manifest --compare` as they are typed: exit codes, words,
// one JSON document, and a clear error where nothing may be said of the file.

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { type ManifestArguments, runManifest } from '../../../src/cli/manifest.ts';
import { runVerify } from '../../../src/cli/verify.ts';
import { withSourceFile } from '../../../src/manifest/source-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'manifest-command-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const fresh = () => join(folder, `file-${files++}`);

const MIB = 2 ** 20;
const content = Buffer.alloc(4 * MIB + 100);
for (let at = 0; at < content.length; at += 4) content.writeUInt32LE(at, at);

function put(change: (bytes: Buffer) => void = () => undefined): string {
  const [path, bytes] = [fresh(), Buffer.from(content)];
  change(bytes);
  writeFileSync(path, bytes);
  utimesSync(path, 1000, 1000);
  return path;
}

async function said(run: (io: { out: PassThrough; err: PassThrough }) => Promise<number>) {
  const io = { out: new PassThrough(), err: new PassThrough() };
  const exitCode = await run(io);
  return { exitCode, out: String(io.out.read() ?? ''), err: String(io.err.read() ?? '') };
}

const manifest = (given: ManifestArguments) =>
  said((io) => runManifest({ compare: false, ...given }, io));
const verify = (file: string, against: string, json = false) =>
  said((io) => runVerify({ file, manifest: against, json }, io));

async function manifestFile(more: Partial<ManifestArguments> = {}): Promise<string> {
  const output = fresh();
  await manifest({ file: put(), output, ...more });
  return output;
}

const refusal = (promise: Promise<unknown>) => promise.then(() => null).catch((error) => error);

describe('manifest', () => {
  it('goes to a file that is free, or to standard output, and is the same', async () => {
    const [file, output] = [put(), fresh()];
    const summary = await manifest({ file, output });
    expect(summary.exitCode).toBe(0);
    expect(summary.out).toContain(`heisenwrite verify COPY --manifest ${output}`);
    const printed = await manifest({ file });
    expect(printed.out).toBe(readFileSync(output, 'utf8'));
    expect(printed.out).not.toContain(folder);
    expect(await refusal(manifest({ file, output }))).toMatchObject({ code: 'file-exists' });
  });

  it('is one JSON document', async () => {
    const file = put();
    const { out } = await manifest({ file, chunk: '1MiB', json: true });
    const document = JSON.parse(out);
    expect(document).toMatchObject({ schema: 'heisenwrite.manifest/1', chunks: 5 });
    expect(document.digests).toHaveLength(5);
    const output = fresh();
    const told = JSON.parse((await manifest({ file, output, json: true })).out);
    expect(told).toMatchObject({ root: document.root, output, bytes: content.length });
    expect(told.digests).toBeUndefined();
  });

  it.each([
    [{ chunk: '100KiB' }, 'invalid-size', 'power of two'],
    [{ chunk: '32KiB' }, 'invalid-size', '64KiB'],
    [{ chunk: 'some' }, 'invalid-size', 'write a size'],
    [{ file: '/nowhere/file' }, 'no-such-file', 'path'],
    [{ file: folder }, 'not-readable', 'path of a file'],
    [{ file: '/dev/null' }, 'not-readable', 'path of a file'],
    [{ output: '/nowhere/M' }, 'no-such-place', 'directory'],
    [{ other: 'M' }, 'invalid-option', '--compare M1 M2'],
    [{ compare: true }, 'invalid-option', '--compare M1 M2'],
    [{ compare: true, other: 'M', chunk: '1MiB' }, 'invalid-option', 'away'],
  ])('refuses %j', async (given, code, words) => {
    const error = await refusal(manifest({ file: put(), ...given }));
    expect(error).toMatchObject({ code, exitCode: 2 });
    expect(error.remedy).toContain(words);
  });

  it('does not begin a file of more chunks than are sensible', async () => {
    const file = fresh();
    writeFileSync(file, '');
    truncateSync(file, 2 ** 40);
    const error = await refusal(manifest({ file, chunk: '64KiB' }));
    expect(error).toMatchObject({ code: 'invalid-size' });
    expect(error.remedy).toContain('256KiB');
  });
});

describe('verify --manifest', () => {
  it('says nothing of a copy, whatever its name and time', async () => {
    const { exitCode, out } = await verify(put(), await manifestFile());
    expect([exitCode, out]).toEqual([0, expect.stringMatching(/^CLEAN: every byte of /)]);
  });

  it('names the parts that are zeros', async () => {
    const bad = put((bytes) => bytes.fill(0, MIB, 2 * MIB).fill(0, 3 * MIB, 4 * MIB));
    const { exitCode, out } = await verify(bad, await manifestFile());
    expect(exitCode).toBe(1);
    expect(out).toContain('zeroed 1,048,576 bytes at offset 1,048,576');
    expect(out).toContain('Exactly parts 1 and 3 of 5, of 1MiB each, from 0');
    expect(out).not.toContain('Not judged');
  });

  it('names no parts where the borders of chunks explain the ranges as well', async () => {
    // Two chunks beside each other are one of twice the size, which nobody need have sent.
    const bad = put((bytes) => bytes.fill(0, 2 * 65_536, 4 * 65_536));
    const { out } = await verify(bad, await manifestFile({ chunk: '64KiB' }));
    expect(out).toContain('zeroed 131,072 bytes at offset 131,072');
    expect(out).not.toMatch(/Exactly|They hold/);
  });

  it('names parts whose borders are not those of chunks by their zeros', async () => {
    const bad = put((bytes) => bytes.fill(0, 655_360, 1_310_720).fill(0, 2_621_440, 3_276_800));
    const { out } = await verify(bad, await manifestFile({ chunk: '512KiB' }));
    // One byte of zero was meant before the first part, and two behind it.
    expect(out).toContain('Zeros in it, whether meant or not: 655,363 bytes at offset 655,359');
    const usual = 'parts 5 to 9 and 20 to 24 of 33, of 128KiB each, from 0';
    expect(out).toContain(`They hold ${usual}, or of 640KiB\n`);
  });

  it('says that it may be another file, and what was not judged', async () => {
    const other = put((bytes) => bytes.reverse());
    truncateSync(other, 3 * MIB + 5);
    const { out } = await verify(other, await manifestFile({ chunk: '1MiB' }));
    expect(out).toContain('it may be another file or version');
    expect(out).toContain('1,048,671 bytes shorter');
    expect(out).toContain('Not judged: the 5 bytes from offset 3,145,728');
  });

  it('is one JSON document with the fields of verify', async () => {
    const bad = put((bytes) => bytes.fill(0, 0, MIB));
    appendFileSync(bad, 'more');
    const { exitCode, out } = await verify(bad, await manifestFile(), true);
    expect(exitCode).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      schema: 'heisenwrite.verify-manifest/1',
      verdict: 'damaged',
      bytes: content.length + 4,
      meantBytes: content.length,
      damage: [
        { kind: 'zeroed', offset: 0, length: MIB },
        { kind: 'extra', offset: content.length, length: 4 },
      ],
    });
  });

  it('accuses nobody by a manifest that was damaged, or that is none', async () => {
    const whole = readFileSync(await manifestFile(), 'utf8');
    const bad = fresh();
    writeFileSync(bad, whole.replace(/[A-Z]/, '7'));
    expect(await refusal(verify(put(), bad))).toMatchObject({
      code: 'manifest-damaged',
      exitCode: 3,
    });
    for (const none of [put(), folder, '/nowhere/M', '/dev/null']) {
      expect(await refusal(verify(put(), none))).toMatchObject({ exitCode: 2 });
    }
  });
});

describe('manifest --compare', () => {
  it('finds the same as verify does, and in the coarser chunks', async () => {
    const bad = put((bytes) => bytes.fill(0, MIB, 2 * MIB));
    const other = await manifestFile({ file: bad, chunk: '512KiB' });
    const right = await manifestFile();
    const { exitCode, out } = await manifest({ file: right, other, compare: true });
    expect(exitCode).toBe(1);
    expect(out).toContain('zeroed 1,048,576 bytes at offset 1,048,576');
    const same = await manifest({ file: right, other: await manifestFile(), compare: true });
    expect([same.exitCode, same.out]).toEqual([0, expect.stringMatching(/^CLEAN/)]);
  });
});

describe('a file that moves while it is read', () => {
  it.each([
    ['grows', (path: string) => appendFileSync(path, 'more'), 'became 4194408 bytes long'],
    ['is cut', (path: string) => truncateSync(path, 5), 'became 5 bytes long'],
    ['is written to', (path: string) => utimesSync(path, 2000, 2000), 'was written to'],
    ['is removed', (path: string) => rmSync(path), 'was removed'],
    ['is replaced', (path: string) => renameSync(put(), path), 'was replaced'],
  ])('%s', async (_name, change, words) => {
    const path = put();
    const error = await refusal(withSourceFile(path, async () => change(path)));
    expect(error).toMatchObject({ code: 'read-failed', exitCode: 3 });
    expect(error.message).toContain(words);
  });

  it('is cut before the end was read', async () => {
    const [path, output] = [put(), join(folder, 'none')];
    writeFileSync(path, '');
    truncateSync(path, 80 * MIB);
    const running = manifest({ file: path, output });
    truncateSync(path, MIB);
    expect(await refusal(running)).toMatchObject({ code: 'read-failed' });
    expect(existsSync(output)).toBe(false);
  });

  it('keeps what an output was to be called free', async () => {
    const place = join(folder, 'place');
    mkdirSync(place);
    expect(await refusal(manifest({ file: '/nowhere', output: join(place, 'M') }))).toMatchObject({
      code: 'no-such-file',
    });
    expect(existsSync(join(place, 'M'))).toBe(false);
  });
});
