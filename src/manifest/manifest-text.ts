// The text of a manifest, which can be mailed as an attachment or in the body. Of the layout see
// docs/manifest.md. ASCII, lines of at most 64 columns but for a long name, and a digest over all
// lines in the end, in which blanks at either end of a line, empty lines, the kind of line ends and
// marks of quotation do not count: those are what mail changes, and none carries meaning here.

import { isoTime } from '../base/clock.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import { createPairHash, DIGEST_BYTES, nodesOf, rootOf, textDigest } from './digest-tree.ts';
import { isChunkSize, type Manifest } from './manifest.ts';

const TITLE = 'heisenwrite manifest';
const LAYOUT = 1;
/** Three digests in base64. */
const COLUMNS = 64;
/** Around a manifest in a mail there may be so much else. */
export const TITLE_WITHIN_BYTES = 65_536;

export function manifestText(manifest: Manifest): string {
  const { file, bytes, modifiedMs, chunkBytes, root } = manifest;
  const name = JSON.stringify(file).replace(/[^\x20-\x7e]/g, escapeUnit);
  const digests = Buffer.from(manifest.digests).toString('base64');
  const body = [
    `${TITLE} ${LAYOUT}`,
    `file: ${name}`,
    `bytes: ${bytes}`,
    `modified: ${isoTime(modifiedMs)}`,
    `chunk: ${chunkBytes}`,
    `root: ${root}`,
    ...(digests.match(new RegExp(`.{1,${COLUMNS}}`, 'g')) ?? []),
  ];
  return `${body.join('\n')}\nend: ${sealOf(body)}\n`;
}

/**
 * @param from where the text came from, for messages
 * @throws HeisenwriteError not-a-manifest, manifest-damaged
 */
export async function parseManifest(text: string, from: string): Promise<Manifest> {
  const lines = meaningfulLines(text);
  const first = lines.findIndex((line) => /^heisenwrite manifest \d+$/.test(line));
  if (first < 0) {
    const isRest = lines.some((line) => /^(root|end): [0-9a-f]{64}$/.test(line));
    if (isRest) throw damaged(from, `it has lost its first line, "${TITLE} ${LAYOUT}"`);
    throw new HeisenwriteError('not-a-manifest', `${from} has no line "${TITLE} ${LAYOUT}"`);
  }
  if (lines[first] !== `${TITLE} ${LAYOUT}`) {
    throw new HeisenwriteError('not-a-manifest', `${from} has a layout unknown here`, {
      remedy: 'read it with the version of heisenwrite that wrote it, or a later one',
    });
  }
  const end = lines.findIndex((line, at) => at > first && line.startsWith('end:'));
  if (end < 0) throw damaged(from, 'it is cut off: its last line, which begins with end:, is gone');
  const body = lines.slice(first, end);
  if (lines[end] !== `end: ${sealOf(body)}`) {
    throw damaged(from, 'its text is not the one that was written: its own digest does not fit');
  }
  const manifest = fieldsOf(body);
  const hash = await createPairHash();
  if (!manifest || manifest.root !== rootOf(manifest.bytes, manifest.digests, hash)) {
    throw damaged(from, 'what it says contradicts itself, so it was written wrong');
  }
  return manifest;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Without what a mail may have added or taken. */
function meaningfulLines(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/).map((line) => line.replace(/^[>\s\ufeff]+/, '').trimEnd());
  return lines.filter((line) => line !== '');
}

function sealOf(body: readonly string[]): string {
  return textDigest(`${body.join('\n')}\n`);
}

function damaged(from: string, what: string): HeisenwriteError {
  return new HeisenwriteError(
    'manifest-damaged',
    `the manifest ${from} was damaged on its way, so nothing is said of the file: ${what}`,
  );
}

/** Null where it is not what this program writes. */
function fieldsOf(body: readonly string[]): Manifest | null {
  const [, name, length, time, chunk, top, ...rows] = body;
  const file = /^file: (".*")$/.exec(name ?? '')?.[1];
  const bytes = Number(/^bytes: (\d+)$/.exec(length ?? '')?.[1]);
  const modifiedMs = Date.parse(/^modified: (\S+)$/.exec(time ?? '')?.[1] ?? '');
  const chunkBytes = Number(/^chunk: (\d+)$/.exec(chunk ?? '')?.[1]);
  const root = /^root: ([0-9a-f]{64})$/.exec(top ?? '')?.[1];
  if (file === undefined || root === undefined || Number.isNaN(modifiedMs)) return null;
  if (!Number.isSafeInteger(bytes) || !isChunkSize(chunkBytes)) return null;
  const digests = new Uint8Array(Buffer.from(rows.join(''), 'base64'));
  if (digests.length !== nodesOf(bytes, chunkBytes) * DIGEST_BYTES) return null;
  try {
    return { file: JSON.parse(file), bytes, modifiedMs, chunkBytes, digests, root };
  } catch {
    return null;
  }
}
