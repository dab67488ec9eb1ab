// Which version of this program runs.

import { readFileSync } from 'node:fs';

/** Of package.json: what the command line, the evidence and agents state. */
export function heisenwriteVersion(): string {
  const place = new URL('../../package.json', import.meta.url);
  const manifest: unknown = JSON.parse(readFileSync(place, 'utf8'));
  return String((manifest as { version?: unknown }).version);
}
