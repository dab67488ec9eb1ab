// Where faults can be laid over a place, and how: what has a directory is mounted over, what is
// reached by a protocol that a proxy understands is reached through one. Nothing is started here.

import { basename, dirname, join } from 'node:path';
import { HeisenwriteError } from '../../domain/errors.ts';
import type { ConnectOptions, MediumAddress } from '../../domain/medium.ts';
import { schemeOf } from '../../medium/media.ts';
import { parseS3Url } from '../../medium/s3-place.ts';
import { parseSftpUrl } from '../../medium/sftp-place.ts';
import { settingsFor } from '../../medium/sftp-settings.ts';

const NFS_PORT = 2049;

export type PlantedPlace = MountedImage | ProxiedPlace;

/** A file of the place on a mount: the image of a block device. */
export interface MountedImage {
  readonly way: 'mount';
  /** To mount over. */
  readonly directory: string;
  /** @param at the mount point */
  through(at: string): MediumAddress;
}

export interface ProxiedPlace {
  readonly way: 'proxy';
  readonly protocol: 'nfs' | 'sftp' | 's3' | 'tcp';
  /** `HOST:PORT` of the server. */
  readonly to: string;
  /** More words of `heisenwrite proxy`. */
  readonly words: readonly string[];
  /** @param port of the proxy, on 127.0.0.1 */
  through(port: number): MediumAddress;
}

/** @throws HeisenwriteError `invalid-plan` where no faults can be laid over it, with the reason */
export function plantedPlace({ url, options }: MediumAddress): PlantedPlace {
  switch (schemeOf(url)) {
    case 'nfs':
      return nfsPlace(url, options);
    case 'sftp':
      return sftpPlace(url, options);
    case 's3':
      return s3Place(url, options);
    case 'block':
      return blockPlace(url);
    default:
      throw refusal(url, 'there is no proxy that understands its protocol');
  }
}

function nfsPlace(url: string, options: ConnectOptions): ProxiedPlace {
  const place = new URL(url);
  const { searchParams, hostname, port } = place;
  const nfsPort = searchParams.get('nfsport') ?? (port || String(NFS_PORT));
  // The mount protocol is another port, which libnfs asks rpcbind for on the host of the URL.
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
  if (!isLocal) throw refusal(url, 'its mount daemon would be looked for beside the proxy');
  return {
    way: 'proxy',
    protocol: 'nfs',
    to: `${hostname}:${nfsPort}`,
    words: [],
    through(own) {
      const through = new URL(url);
      through.port = '';
      through.searchParams.set('nfsport', String(own));
      return { url: through.href, options };
    },
  };
}

/** The keys of proxy and client are made for the occasion, by the caller. */
function sftpPlace(url: string, options: ConnectOptions): ProxiedPlace {
  const place = parseSftpUrl(url);
  const { host, port, user } = settingsFor(place);
  return {
    way: 'proxy',
    protocol: 'sftp',
    to: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    words: ['--user', user],
    through: (own) => ({
      url: `sftp://${encodeURIComponent(user)}@127.0.0.1:${own}${encodeURI(place.directory)}`,
      options,
    }),
  };
}

function s3Place(url: string, options: ConnectOptions): ProxiedPlace {
  const { endpoint, pathStyle } = parseS3Url(url);
  if (endpoint === null) throw refusal(url, 'it names no endpoint that a proxy could stand before');
  if (!pathStyle) throw refusal(url, 'a proxy can only be named instead of a host, not of buckets');
  const { protocol, hostname, port } = new URL(endpoint);
  const isTls = protocol === 'https:';
  return {
    way: 'proxy',
    protocol: 's3',
    to: `${hostname}:${port || (isTls ? 443 : 80)}`,
    words: ['--sign', ...(isTls ? ['--tls'] : [])],
    through(own) {
      const through = new URL(url);
      through.searchParams.set('endpoint', `http://127.0.0.1:${own}`);
      return { url: through.href, options };
    },
  };
}

function blockPlace(url: string): MountedImage {
  const path = decodeURIComponent(url.replace(/^block:/, ''));
  if (path.startsWith('/dev/')) throw refusal(url, 'a mount is laid over an image file, no device');
  return {
    way: 'mount',
    directory: dirname(path),
    through(at) {
      const image = join(at, basename(path));
      return { url: `block:${encodeURI(image)}`, options: { destroyDataOn: image } };
    },
  };
}

function refusal(url: string, because: string): HeisenwriteError {
  return new HeisenwriteError('invalid-plan', `faults cannot be planted on ${url}: ${because}`, {
    remedy: 'give a directory, or put `heisenwrite proxy` in the way and hunt through it',
  });
}
