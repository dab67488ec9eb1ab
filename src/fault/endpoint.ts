// Where a proxy listens and whom it speaks to: HOST:PORT, an IPv6 address in brackets.

import { HeisenwriteError } from '../domain/errors.ts';

const PORT_MAX = 65_535;

export interface Endpoint {
  /** A name or an address, without brackets. */
  readonly host: string;
  /** 0 to listen on a free one. */
  readonly port: number;
}

/**
 * Reads `host:2049`, `127.0.0.1:2049` or `[::1]:2049`.
 * @param option what the text was given for, for the message
 * @param portMin 0 where a free one may be asked for, else 1
 * @throws HeisenwriteError `invalid-option`
 */
export function parseEndpoint(option: string, text: string, portMin: 0 | 1): Endpoint {
  const match = /^(?:\[([0-9a-fA-F:.]+(?:%\w+)?)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match && port >= portMin && port <= PORT_MAX) {
    return { host: (match[1] ?? match[2]) as string, port };
  }
  throw new HeisenwriteError('invalid-option', `${option} ${text} is not HOST:PORT`, {
    remedy: `write it as 127.0.0.1:2049, filer:2049 or [::1]:2049; ports are ${portMin} to 65535`,
  });
}

/** As it is written: an IPv6 address in brackets. */
export function endpointText({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
