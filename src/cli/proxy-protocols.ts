// The protocols that `heisenwrite proxy` speaks, and which of its options belong to which of them.

import { HeisenwriteError } from '../domain/errors.ts';
import type { FaultProxy } from '../fault/fault-proxy.ts';

export interface ProtocolOptions {
  /** sftp: who logs in at the server. */
  readonly user?: string;
  /** sftp: file of a private key. */
  readonly hostKey?: string;
  /** sftp: file of public keys. */
  readonly authorizedKeys?: string;
  /** s3: the server speaks HTTPS. */
  readonly tls?: boolean;
  /** s3: what follows the bucket in a host name. */
  readonly domain?: string;
  /** s3: what a fault has changed is signed anew. */
  readonly sign?: boolean;
}

interface Protocol {
  readonly options: readonly (keyof ProtocolOptions)[];
  load(options: ProtocolOptions): Promise<FaultProxy>;
}

/** Listed by hand; each is loaded when it is asked for. */
const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  nfs: {
    options: [],
    load: async () => (await import('../fault/nfs-proxy/nfs-proxy.ts')).nfsProxy,
  },
  s3: {
    options: ['tls', 'domain', 'sign'],
    async load({ tls = false, domain = null, sign = false }) {
      const { s3Proxy } = await import('../fault/s3-proxy/s3-proxy.ts');
      return s3Proxy({ isTls: tls, domain, signs: sign });
    },
  },
  sftp: {
    options: ['user', 'hostKey', 'authorizedKeys'],
    async load({ user, hostKey, authorizedKeys }) {
      const { sftpProxy } = await import('../fault/sftp-proxy/sftp-proxy.ts');
      return sftpProxy({
        user: user ?? null,
        hostKeyFile: hostKey ?? null,
        authorizedKeysFile: authorizedKeys ?? null,
      });
    },
  },
  tcp: {
    options: [],
    load: async () => (await import('../fault/tcp-proxy/tcp-proxy.ts')).tcpProxy,
  },
};

const OPTIONS: Readonly<Record<keyof ProtocolOptions, string>> = {
  user: '--user',
  hostKey: '--host-key',
  authorizedKeys: '--authorized-keys',
  tls: '--tls',
  domain: '--domain',
  sign: '--sign',
};

/** @throws HeisenwriteError `invalid-option` for no such protocol, or an option of another one */
export async function proxyOf(name: string, given: ProtocolOptions): Promise<FaultProxy> {
  const protocol = Object.hasOwn(PROTOCOLS, name) ? PROTOCOLS[name] : undefined;
  if (!protocol) {
    throw new HeisenwriteError('invalid-option', `there is no proxy for "${name}"`, {
      remedy: `use one of ${Object.keys(PROTOCOLS).join(', ')}; tcp knows no protocol and fits all`,
    });
  }
  for (const [key, option] of Object.entries(OPTIONS)) {
    const known = key as keyof ProtocolOptions;
    if (given[known] === undefined || protocol.options.includes(known)) continue;
    throw new HeisenwriteError('invalid-option', `${option} is not for the ${name} proxy`);
  }
  return protocol.load(given);
}
