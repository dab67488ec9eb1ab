// The keys of the proxy's own end of SSH: the host key that it shows, and the public keys of those
// whom it lets in. Nothing is written: a host key that was not given lives as long as the proxy.

import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type ParsedKey, type PublicKeyAuthContext } from 'ssh2';
import { errnoOf, HeisenwriteError } from '../../domain/errors.ts';

const KEY_LINE = /^(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)) [A-Za-z0-9+/=]+/;

export interface HostKey {
  readonly privatePem: string;
  /** As in known_hosts, without the name of the host: `ssh-ed25519 AAAA...`. */
  readonly publicLine: string;
}

/**
 * Reads a private key without a passphrase, or makes one.
 * @throws HeisenwriteError `invalid-option`
 */
export function hostKeyOf(file: string | null): HostKey {
  const privatePem = file === null ? freshKey() : readKeyFile('--host-key', file);
  const key = firstKey(privatePem);
  if (key instanceof Error || !key.isPrivateKey()) {
    const why = key instanceof Error ? key.message : 'it is a public key';
    throw new HeisenwriteError('invalid-option', `--host-key ${file}: ${why}`, {
      remedy: "give a private key without a passphrase: ssh-keygen -t ed25519 -N '' -f FILE",
    });
  }
  const publicLine = `${key.type} ${key.getPublicSSH().toString('base64')}`;
  return { privatePem, publicLine };
}

function freshKey(): string {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
}

/**
 * The keys of a file such as ~/.ssh/authorized_keys. A line with options (`from=`, `command=`)
 * grants less than everything, which could not be kept here: it lets nobody in.
 * @throws HeisenwriteError `invalid-option` where there is none
 */
export function authorizedKeys(file: string | null): readonly ParsedKey[] {
  const path = file ?? join(homedir(), '.ssh', 'authorized_keys');
  const lines = readKeyFile('--authorized-keys', path).split('\n');
  const keys = lines.flatMap((line) => {
    const match = KEY_LINE.exec(line.trim());
    const key = match ? firstKey(match[0]) : null;
    return key === null || key instanceof Error ? [] : [key];
  });
  if (keys.length > 0) return keys;
  throw new HeisenwriteError('invalid-option', `${path} has no public key that may come in`, {
    remedy: 'name a file of public keys: --authorized-keys ~/.ssh/id_ed25519.pub',
  });
}

/** Whether the client has shown one of the keys, or, at first, asks about one of them. */
export function isLetIn(keys: readonly ParsedKey[], context: PublicKeyAuthContext): boolean {
  const key = keys.find((each) => each.getPublicSSH().equals(context.key.data));
  if (!key) return false;
  const { signature, blob, hashAlgo } = context;
  return !signature || !blob || key.verify(blob, signature, hashAlgo) === true;
}

function readKeyFile(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    throw new HeisenwriteError('invalid-option', `${option} ${path} cannot be read (${errno})`, {
      remedy:
        option === '--host-key'
          ? "make one (ssh-keygen -t ed25519 -N '' -f FILE), or leave it out: then one is made"
          : 'name a file of public keys: --authorized-keys ~/.ssh/id_ed25519.pub',
    });
  }
}

/** The types say that there is one key; older formats give a list. */
function firstKey(text: string): ParsedKey | Error {
  const parsed: ParsedKey | Error | (ParsedKey | Error)[] = ssh2.utils.parseKey(text);
  return (Array.isArray(parsed) ? parsed[0] : parsed) ?? new Error('there is no key in it');
}
