// `stamp`, `verify` and `diagnose` as they are typed: exit codes, one JSON document and nothing
// else, and an answer in words that names blocks, bits and offsets.

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { runDiagnose } from '../../../src/cli/diagnose.ts';
import { runStamp, type StampArguments } from '../../../src/cli/stamp.ts';
import { runVerify } from '../../../src/cli/verify.ts';

const folder = mkdtempSync(join(tmpdir(), 'file-commands-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

async function said(run: (io: { out: PassThrough; err: PassThrough }) => Promise<number>) {
  const io = { out: new PassThrough(), err: new PassThrough() };
  const exitCode = await run(io);
  return { exitCode, out: String(io.out.read() ?? ''), err: String(io.err.read() ?? '') };
}

async function stamped(more: Partial<StampArguments> = {}): Promise<string> {
  const file = join(folder, `file-${files++}`);
  await said((io) => runStamp({ file, size: '256KiB', seed: 'one', ...more }, io));
  return file;
}

function damaged(path: string, change: (bytes: Buffer) => void): string {
  const bytes = readFileSync(path);
  change(bytes);
  const bad = join(folder, `bad-${files++}`);
  writeFileSync(bad, bytes);
  return bad;
}

describe('stamp', () => {
  it('does not begin what cannot fit', async () => {
    const file = join(folder, 'huge');
    await expect(said((io) => runStamp({ file, size: '7TiB' }, io))).rejects.toMatchObject({
      code: 'no-space',
    });
    expect(existsSync(file)).toBe(false);
  });

  it('goes on with --resume where it was interrupted, and says so', async () => {
    const file = join(folder, 'interrupted');
    const given = { file, size: '160MiB', seed: 'one' };
    const running = said((io) => runStamp(given, io));
    setImmediate(() => process.emit('SIGTERM', 'SIGTERM'));
    const { exitCode, err } = await running;
    expect(exitCode).toBe(130);
    expect(err).toContain('--resume');
    const stood = statSync(file).size;
    expect(stood).toBeGreaterThan(0);
    expect(stood).toBeLessThan(160 * 2 ** 20);
    const again = await said((io) => runStamp({ ...given, resume: true, json: true }, io));
    expect(again.exitCode).toBe(0);
    expect(JSON.parse(again.out)).toMatchObject({ resumedAt: stood });
    expect((await said((io) => runVerify({ file }, io))).exitCode).toBe(0);
    rmSync(file);
  });

  it('is deterministic in its options and says what it wrote', async () => {
    const [one, same] = [await stamped(), await stamped()];
    expect(readFileSync(one).equals(readFileSync(same))).toBe(true);
    for (const more of [{ seed: 'two' }, { generation: '2' }, { pattern: 'text' }]) {
      expect(readFileSync(one).equals(readFileSync(await stamped(more)))).toBe(false);
    }
    const file = join(folder, 'json');
    const { out } = await said((io) => runStamp({ file, size: '8KiB', seed: 's', json: true }, io));
    expect(JSON.parse(out)).toMatchObject({ schema: 'heisenwrite.stamp/1', bytes: 8192, file });
  });

  it.each([
    [{ size: 'lots' }, 'invalid-size', '--size lots'],
    [{ size: '0' }, 'invalid-size', '0 bytes'],
    [{ size: '1MB' }, 'invalid-size', '1MB'],
    [{ block: '3000' }, 'invalid-size', '3000'],
    [{ generation: '-1' }, 'invalid-option', '--generation -1'],
    [{ pattern: 'alternate' }, 'unknown-level', 'did you mean alternating'],
  ])('refuses %j', async (more, code, words) => {
    const file = join(folder, 'never');
    const refused = await runStamp(
      { file, size: '8KiB', ...more },
      { out: new PassThrough(), err: new PassThrough() },
    ).catch((error: Error) => error);
    expect(refused).toMatchObject({ code, exitCode: 2 });
    expect((refused as Error).message).toContain(words);
  });
});

describe('verify', () => {
  it('says that a clean file is clean, with exit code 0', async () => {
    const file = await stamped();
    const { exitCode, out, err } = await said((io) => runVerify({ file }, io));
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^CLEAN: every byte of .* \(256KiB\) is as it was stamped/);
    expect(err).toBe('');
  });

  it('says that damage is in a block that it does not cover, and how two ranges lie', async () => {
    const file = damaged(await stamped(), (bytes) => {
      bytes.fill(0, 7 * 4096 + 512, 7 * 4096 + 1024);
      bytes.fill(0, 9 * 4096 + 512, 9 * 4096 + 1024);
    });
    const { out } = await said((io) => runVerify({ file }, io));
    expect(out).toContain('In blocks 7, 9 (of 4KiB, from 0)');
    expect(out).toContain('Alignment: offsets are multiples of 512B, lengths of 512B');
  });

  it('names exactly the blocks, the range and what it is', async () => {
    const file = damaged(await stamped(), (bytes) => bytes.fill(0, 7 * 4096, 10 * 4096));
    const { exitCode, out } = await said((io) => runVerify({ file }, io));
    expect(exitCode).toBe(1);
    expect(out.split('\n')[0]).toMatch(/^DAMAGED: .* 1 range$/);
    expect(out).toContain('zeroed 12,288 bytes at offset 28,672');
    expect(out).toContain('Exactly blocks 7 to 9 (of 4KiB, from 0)');
    expect(out).not.toContain('Alignment:');
    expect(out).toContain('In common: zeroed');
  });

  it('prints one JSON document with the promised fields', async () => {
    const file = damaged(await stamped({ pattern: 'ones' }), (bytes) =>
      bytes.fill(0, 20_480 + 64, 20_480 + 68),
    );
    const { out } = await said((io) => runVerify({ file, json: true }, io));
    const answer = JSON.parse(out);
    expect(answer).toMatchObject({
      schema: 'heisenwrite.verify/1',
      verdict: 'damaged',
      bytes: 262_144,
      damage: [{ kind: 'flipped', offset: 20_544, length: 4 }],
    });
    expect(answer.damage[0].bits).toMatchObject({
      xorMask: '00000000ffffffff',
      direction: '1->0',
    });
    expect(answer.damage[0].bits.bitsInWord).toEqual(Array.from({ length: 32 }, (_, bit) => bit));
    expect(answer.signature.words).toContain('bits 0-31 of a 64-bit word, 1->0');
  });

  it('refuses a file without stamps with exit code 2', async () => {
    const file = join(folder, 'plain');
    writeFileSync(file, 'no stamps here');
    const refused = await said((io) => runVerify({ file }, io)).catch((error) => error);
    expect(refused).toMatchObject({ code: 'not-stamped', exitCode: 2 });
  });
});

describe('diagnose', () => {
  it('says what differs from the good file, and how much is missing', async () => {
    const good = await stamped();
    const bad = join(folder, 'short');
    writeFileSync(bad, readFileSync(good).subarray(0, 100_000));
    const { exitCode, out } = await said((io) => runDiagnose({ bad, good }, io));
    expect(exitCode).toBe(1);
    expect(out).toContain('it is 162,144 bytes shorter than it should be');
    expect(out).toContain('missing 162,144 bytes at offset 100,000');
  });

  it('says that equal files are equal, in words and in JSON', async () => {
    const good = await stamped();
    const equal = await said((io) => runDiagnose({ bad: good, good }, io));
    expect(equal.exitCode).toBe(0);
    expect(equal.out).toContain('CLEAN');
    const { out } = await said((io) => runDiagnose({ bad: good, good, json: true }, io));
    expect(JSON.parse(out)).toMatchObject({
      schema: 'heisenwrite.diagnose/1',
      verdict: 'clean',
      damage: [],
      signature: null,
    });
  });
});
