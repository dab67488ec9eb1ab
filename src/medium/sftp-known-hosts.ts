// The keys of hosts that were accepted, as sshd(8), SSH_KNOWN_HOSTS FILE FORMAT, describes them:
// hashed names, [host]:port, patterns with * ? and !, several types of key, and @revoked. Lines of
// @cert-authority are left out, since the SSH library has no host certificates.

import { createHash, createHmac } from 'node:crypto';

export interface KnownHost {
  readonly isRevoked: boolean;
  /** The first field: patterns with commas, or one hash. */
  readonly names: string;
  readonly type: string;
  /** As it goes over the wire (RFC 4253, 6.6). */
  readonly key: Buffer;
  /** `FILE:LINE`, for messages. */
  readonly where: string;
}

/** Lines that cannot be read are left out, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): KnownHost[] {
  return text.split('\n').flatMap((line, index) => {
    const fields = line.trim().split(/[ \t]+/);
    const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined;
    const [names = '', type = '', base64 = ''] = fields;
    if (names.startsWith('#') || (marker !== undefined && marker !== '@revoked')) return [];
    const key = Buffer.from(base64, 'base64');
    if (keyTypeOf(key) !== type) return [];
    return [{ isRevoked: marker !== undefined, names, type, key, where: `${file}:${index + 1}` }];
  });
}

/** The name of a key's type, which opens it; empty where it is not a key. */
export function keyTypeOf(key: Buffer): string {
  if (key.length < 4) return '';
  const length = key.readUInt32BE(0);
  return length <= 64 ? key.toString('latin1', 4, 4 + length) : '';
}

/** As `ssh-keygen -l` prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** How known_hosts names a host: `host`, or `[host]:port` where the port is not 22. */
export function knownName(host: string, port: number): string {
  const lower = host.toLowerCase();
  return port === 22 ? lower : `[${lower}]:${port}`;
}

export type HostKeyVerdict =
  | { readonly kind: 'known' }
  /** `others`: keys of other types that are known of this host. */
  | { readonly kind: 'unknown'; readonly others: readonly KnownHost[] }
  | { readonly kind: 'changed' | 'revoked'; readonly entry: KnownHost };

/**
 * Revoked wins over all; a known key over another of its type. A key that is listed for the host
 * without its port is accepted as well, as ssh(1) does.
 */
export function judgeHostKey(
  entries: readonly KnownHost[],
  host: string,
  port: number,
  key: Buffer,
): HostKeyVerdict {
  const plain = entries.filter((entry) => matchesName(entry.names, host.toLowerCase()));
  const named = entriesOf(entries, host, port);
  const type = keyTypeOf(key);
  const revoked = [...named, ...plain].find((entry) => entry.isRevoked && key.equals(entry.key));
  if (revoked) return { kind: 'revoked', entry: revoked };
  const good = named.filter((entry) => !entry.isRevoked);
  if ([...good, ...plain].some((entry) => !entry.isRevoked && key.equals(entry.key))) {
    return { kind: 'known' };
  }
  const other = good.find((entry) => entry.type === type);
  return other ? { kind: 'changed', entry: other } : { kind: 'unknown', others: good };
}

/** Types of the keys that are known of a host: what a client asks for first. */
export function knownTypes(entries: readonly KnownHost[], host: string, port: number): string[] {
  const good = entriesOf(entries, host, port).filter((entry) => !entry.isRevoked);
  return [...new Set(good.map((entry) => entry.type))];
}

function entriesOf(entries: readonly KnownHost[], host: string, port: number): KnownHost[] {
  const name = knownName(host, port);
  return entries.filter((entry) => matchesName(entry.names, name));
}

function matchesName(names: string, name: string): boolean {
  if (names.startsWith('|1|')) {
    const [, , salt = '', hash = ''] = names.split('|');
    const digest = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64');
    return digest === hash;
  }
  let isFound = false;
  for (const pattern of names.toLowerCase().split(',')) {
    const isNegated = pattern.startsWith('!');
    if (!globOf(pattern.slice(isNegated ? 1 : 0)).test(name)) continue;
    if (isNegated) return false;
    isFound = true;
  }
  return isFound;
}

function globOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`);
}
