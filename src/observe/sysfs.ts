// Values of /proc and /sys: small files that may be absent, empty or not for this user.

import { readFileSync, readlinkSync } from 'node:fs';

/** Trimmed; undefined where there is nothing to read. */
export function readText(path: string | URL): string | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return text === '' ? undefined : text;
  } catch {
    return undefined;
  }
}

export function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** The chosen one of `always [madvise] never`. */
export function bracketed(text: string | undefined): string | undefined {
  return text === undefined ? undefined : (/\[([^\]]+)\]/.exec(text)?.[1] ?? text);
}
