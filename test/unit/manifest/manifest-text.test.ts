// The text of a manifest survives what mail does to it, and any other change is recognised.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPairHash, DIGEST_BYTES, rootOf } from '../../../src/manifest/digest-tree.ts';
import { isChunkSize, type Manifest, usualChunkBytes } from '../../../src/manifest/manifest.ts';
import { manifestText, parseManifest } from '../../../src/manifest/manifest-text.ts';

const hash = await createPairHash();

function manifestOf(bytes: number, chunkBytes: number, more: Partial<Manifest> = {}): Manifest {
  const digests = new Uint8Array(Math.ceil(bytes / chunkBytes) * DIGEST_BYTES);
  for (let at = 0; at < digests.length; at++) digests[at] = (at * 31 + (at >> 3)) & 0xff;
  const root = rootOf(bytes, digests, hash);
  return { file: 'a b.bin', bytes, modifiedMs: 1e12, chunkBytes, digests, root, ...more };
}

const parsed = (text: string) => parseManifest(text, 'M');
const SMALL = manifestOf(10 * 65_536 + 1, 65_536);
const TEXT = manifestText(SMALL);

describe('the text', () => {
  it('gives back what it was made of', async () => {
    const length = fc.integer({ min: 0, max: 200 * 65_536 });
    const property = fc.asyncProperty(
      length,
      fc.constantFrom(65_536, 2 ** 20, 2 ** 30),
      fc.string({ unit: 'binary' }),
      async (bytes, chunkBytes, file) => {
        const manifest = manifestOf(bytes, chunkBytes, { file });
        const text = manifestText(manifest);
        expect(text).toMatch(/^[\x20-\x7e\n]*$/);
        expect(await parsed(text)).toEqual(manifest);
      },
    );
    await fc.assert(property);
  });

  it('has lines of at most 76 columns, which mail leaves alone', () => {
    for (const line of TEXT.split('\n')) expect(line.length).toBeLessThanOrEqual(76);
  });

  it.each([1, 2 ** 30, 10 * 2 ** 30, 10 * 2 ** 30 + 1, 11.3 * 2 ** 30, 2 ** 44])(
    'is at most 64 KiB for a file of %d bytes',
    (given) => {
      const bytes = Math.floor(given);
      const chunkBytes = usualChunkBytes(bytes);
      expect(isChunkSize(chunkBytes)).toBe(true);
      const file = 'n'.repeat(255);
      expect(manifestText(manifestOf(bytes, chunkBytes, { file })).length).toBeLessThan(65_536);
      if (chunkBytes > 65_536) {
        const finer = manifestText(manifestOf(bytes, chunkBytes / 2));
        expect(finer.length).toBeGreaterThan(62_000);
      }
    },
  );
});

describe('what mail does', () => {
  it.each([
    ['line ends of another system', TEXT.replaceAll('\n', '\r\n')],
    ['quotation', TEXT.replaceAll(/^/gm, '> > ')],
    ['blanks and empty lines', TEXT.replaceAll('\n', ' \t\n\n')],
    ['a letter around it', `From: me\nSubject: it\n\nDear all,\n${TEXT}-- \nMe\n`],
    ['a byte order mark', `\ufeff${TEXT}`],
    ['no end of the last line', TEXT.trimEnd()],
  ])('%s', async (_name, text) => {
    expect(await parsed(text)).toEqual(SMALL);
  });
});

describe('what is recognised', () => {
  const refused = async (text: string) =>
    await parsed(text).then(
      () => 'accepted',
      ({ code }) => code,
    );

  it('any other character in any place', async () => {
    const places = fc.nat({ max: TEXT.trimEnd().length - 1 });
    const others = fc.constantFrom('0', 'f', 'Q', 'z', '=', ':');
    const property = fc.asyncProperty(places, others, async (place, other) => {
      fc.pre(TEXT[place] !== other && TEXT[place] !== '\n');
      const text = TEXT.slice(0, place) + other + TEXT.slice(place + 1);
      expect(['manifest-damaged', 'not-a-manifest']).toContain(await refused(text));
    });
    await fc.assert(property, { numRuns: 300 });
  });

  it('a cut in any place, a lost line, two lines in the wrong order', async () => {
    const lines = TEXT.trimEnd().split('\n');
    for (let line = 1; line < lines.length; line++) {
      expect(await refused(lines.slice(0, line).join('\n'))).toBe('manifest-damaged');
      const without = lines.toSpliced(line - 1, 1).join('\n');
      expect(await refused(without)).toBe('manifest-damaged');
      if (line < 2) continue;
      const [one, other] = [lines[line - 1] as string, lines[line] as string];
      const swapped = lines.toSpliced(line - 1, 2, other, one).join('\n');
      expect(await refused(swapped)).toBe('manifest-damaged');
    }
  });

  it('a root that is not that of the digests, though the text is whole', async () => {
    expect(await refused(manifestText({ ...SMALL, root: '0'.repeat(64) }))).toBe(
      'manifest-damaged',
    );
    expect(await refused(manifestText({ ...SMALL, chunkBytes: 65_537 }))).toBe('manifest-damaged');
  });

  it.each([
    ['', 'not-a-manifest'],
    ['Dear all,\nsee the attachment\n', 'not-a-manifest'],
    [TEXT.replace('manifest 1', 'manifest 2'), 'not-a-manifest'],
  ])('%j', async (text, code) => {
    expect(await refused(text)).toBe(code);
  });
});
