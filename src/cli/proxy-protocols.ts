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
}

interface Protocol {
  readonly options: readonly (keyof ProtocolOptions)[];
  load(options: ProtocolOptions): Promise<FaultProxy>;
}

/** Listed by hand; each is loaded when it is asked for. */
const PROTOCOLS: Readonly<Record<string, Protocol>> = {
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
