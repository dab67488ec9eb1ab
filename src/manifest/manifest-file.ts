// A manifest as a file: written whole or not at all, and read with the errors that a user can meet.

import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { formatSize } from '../base/quantities.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import { attempt } from '../stamp/file-failure.ts';
import type { Manifest } from './manifest.ts';
import { manifestText, parseManifest, TITLE_WITHIN_BYTES } from './manifest-text.ts';

/** More than four million chunks need. */
const TEXT_BYTES_MAX = 2 ** 27;

/**
 * @throws HeisenwriteError file-exists, no-such-place, place-not-writable, no-space, write-failed
 */
export function writeManifest(path: string, manifest: Manifest): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  const descriptor = attempt('write', path, () => openSync(path, flags, 0o644));
  let complete = false;
  try {
    attempt('write', path, () => {
      writeFileSync(descriptor, manifestText(manifest));
      fsyncSync(descriptor);
    });
    complete = true;
  } finally {
    closeSync(descriptor);
    if (!complete) unlinkSync(path);
  }
}

/**
 * @throws HeisenwriteError no-such-file, not-readable, read-failed, not-a-manifest,
 *   manifest-damaged
 */
export async function readManifest(path: string): Promise<Manifest> {
  const text = attempt('read', path, () => readText(path));
  return await parseManifest(text, path);
}

/** Somebody may give the file itself, which can be larger than the memory. */
function readText(path: string): string {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) {
      throw new HeisenwriteError('not-readable', `${path} is not a file`, {
        remedy: 'give the path of a manifest',
      });
    }
    const start = Buffer.alloc(TITLE_WITHIN_BYTES);
    const got = readSync(descriptor, start, 0, TITLE_WITHIN_BYTES, 0);
    const head = start.toString('latin1', 0, got);
    if (!/heisenwrite manifest |root: |end: /.test(head)) {
      throw new HeisenwriteError('not-a-manifest', `${path} does not hold a manifest`);
    }
    if (stat.size > TEXT_BYTES_MAX) {
      const size = formatSize(stat.size);
      throw new HeisenwriteError('not-a-manifest', `${path} is ${size} long, which none is`);
    }
    return stat.size <= got ? start.toString('utf8', 0, got) : readFileSync(path, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}
