// All media that are reached by a client, listed by hand: nothing registers itself by being
// imported. A place without a scheme is a directory on a mounted file system.

import { HeisenwriteError } from '../domain/errors.ts';
import type { ConnectOptions, MediumAdapter, MediumConnection } from '../domain/medium.ts';
import { blockAdapter } from './block.ts';
import { fileAdapter } from './file-client.ts';
import { nfs } from './nfs.ts';
import { opendalAdapter } from './opendal.ts';
import { s3 } from './s3.ts';
import { sftp } from './sftp.ts';

export const MEDIA: readonly MediumAdapter[] = [
  fileAdapter,
  blockAdapter,
  s3,
  sftp,
  opendalAdapter,
  nfs,
];

/** Of an URL, or null for a path: `nfs` of `nfs://host/export`, `block` of `block:/dev/x`. */
export function schemeOf(place: string): string | null {
  return /^([a-z][a-z0-9+.-]+):/.exec(place)?.[1] ?? null;
}

function isOf(adapter: MediumAdapter, scheme: string | null): boolean {
  if (scheme === null || !adapter.scheme.endsWith('+')) return adapter.scheme === scheme;
  return scheme.startsWith(adapter.scheme);
}

const PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@]*:[^/?#]*@/i;
const SECRET_PARAMETER = /[?&]([^=&#]*(?:secret|passw|token|credential|key)[^=&#]*)=/i;

/**
 * A secret in an URL would stay in the shell's history, in the stored plan and in every report, so
 * it is refused, in words that do not repeat it.
 */
function refuseSecrets(url: string): void {
  const parameter = SECRET_PARAMETER.exec(url)?.[1];
  if (!PASSWORD.test(url) && parameter === undefined) return;
  const what = parameter === undefined ? 'a password' : `the parameter ${parameter}`;
  throw new HeisenwriteError('invalid-place', `${schemeOf(url)}: URL with a secret (${what})`, {
    remedy: 'leave it out: keys, agents and providers are found where your own tools find them',
  });
}

/**
 * @throws HeisenwriteError `invalid-place` for an URL with a secret, `unsupported-medium`, and what
 *   `MediumAdapter.connect` throws
 */
export async function connectMedium(
  url: string,
  options?: ConnectOptions,
): Promise<MediumConnection> {
  refuseSecrets(url);
  const scheme = schemeOf(url);
  const adapter = MEDIA.find((each) => isOf(each, scheme));
  if (adapter) return adapter.connect(url, options);
  const known = MEDIA.map((each) => each.example).join(', ');
  throw new HeisenwriteError('unsupported-medium', `${scheme}: is not a medium here (${known})`);
}
