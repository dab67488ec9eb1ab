// All media that are reached by a client, listed by hand: nothing registers itself by being
// imported. A place without a scheme is a directory on a mounted file system.

import { HeisenwriteError } from '../domain/errors.ts';
import type { ConnectOptions, MediumAdapter, MediumConnection } from '../domain/medium.ts';

/**
 * By scheme; one that ends in + stands for all that begin so. Each is loaded when its first URL is
 * connected to, since the client libraries take longer to load than most commands take.
 */
const MEDIA: Readonly<Record<string, () => Promise<MediumAdapter>>> = {
  file: async () => (await import('./file-client.ts')).fileAdapter,
  block: async () => (await import('./block.ts')).blockAdapter,
  nfs: async () => (await import('./nfs.ts')).nfs,
  sftp: async () => (await import('./sftp.ts')).sftp,
  s3: async () => (await import('./s3.ts')).s3,
  'opendal+': async () => (await import('./opendal.ts')).opendalAdapter,
};

/** Of an URL, or null for a path: `nfs` of `nfs://host/export`, `block` of `block:/dev/x`. */
export function schemeOf(place: string): string | null {
  return /^([a-z][a-z0-9+.-]+):/.exec(place)?.[1] ?? null;
}

const PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@]*:[^/?#]*@/i;
const SECRET_PARAMETER = /[?&]([^=&#]*(?:secret|passw|token|credential|key)[^=&#]*)=/i;

/**
 * A secret in an URL would stay in the shell's history, in the stored plan and in every report, so
 * it is refused, in words that do not repeat it.
 * @throws HeisenwriteError `invalid-place`
 */
export function refuseSecrets(url: string): void {
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
  const scheme = schemeOf(url) ?? '';
  const load = MEDIA[scheme] ?? MEDIA[scheme.replace(/\+.*/, '+')];
  if (load) return (await load()).connect(url, options);
  const all = await Promise.all(Object.values(MEDIA).map((each) => each()));
  const known = all.map(({ example }) => example).join(', ');
  throw new HeisenwriteError('unsupported-medium', `${scheme}: is not a medium here (${known})`);
}
