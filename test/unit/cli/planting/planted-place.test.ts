// Where faults can be laid over a place: how the URL is rewritten, and which places are refused.

import { describe, expect, it } from 'vitest';
import { plantedPlace } from '../../../../src/cli/planting/planted-place.ts';

const proxied = (url: string, port = 4000) => {
  const place = plantedPlace({ url, options: { limitMs: 5 } });
  if (place.way !== 'proxy') throw new Error(`${url} is not proxied`);
  const { protocol, to, words } = place;
  return { protocol, to, words, through: place.through(port) };
};

describe('a place that a proxy stands before', () => {
  it('keeps the mount port of an NFS server and takes the port of the proxy for NFS', () => {
    const url = 'nfs://127.0.0.1/srv/data?version=3&nfsport=20490&mountport=20480';
    expect(proxied(url)).toEqual({
      protocol: 'nfs',
      to: '127.0.0.1:20490',
      words: [],
      through: {
        url: 'nfs://127.0.0.1/srv/data?version=3&nfsport=4000&mountport=20480',
        options: { limitMs: 5 },
      },
    });
  });

  it('knows the ports that NFS has by itself and by the authority of its URL', () => {
    expect(proxied('nfs://localhost/x').to).toBe('localhost:2049');
    expect(proxied('nfs://localhost:2050/x')).toMatchObject({
      to: 'localhost:2050',
      through: { url: 'nfs://localhost/x?nfsport=4000' },
    });
  });

  it('logs in to SFTP as the same user, in the same directory', () => {
    expect(proxied('sftp://ann@files.example:2222/srv/in%20box')).toMatchObject({
      protocol: 'sftp',
      to: 'files.example:2222',
      words: ['--user', 'ann'],
      through: { url: 'sftp://ann@127.0.0.1:4000/srv/in%20box' },
    });
  });

  it('stands before the endpoint of S3, whatever the bucket', () => {
    expect(proxied('s3://bucket/p?endpoint=http://127.0.0.1:7480')).toMatchObject({
      protocol: 's3',
      to: '127.0.0.1:7480',
      words: ['--sign'],
      through: { url: 's3://bucket/p?endpoint=http%3A%2F%2F127.0.0.1%3A4000' },
    });
    expect(proxied('s3://bucket?endpoint=https://s3.example')).toMatchObject({
      to: 's3.example:443',
      words: ['--sign', '--tls'],
    });
  });
});

describe('an image file', () => {
  it('is reached through a mount over its directory, its name typed again', () => {
    const place = plantedPlace({ url: 'block:/srv/disk.img', options: {} });
    expect(place).toMatchObject({ way: 'mount', directory: '/srv' });
    expect(place.way === 'mount' && place.through('/mnt/at')).toEqual({
      url: 'block:/mnt/at/disk.img',
      options: { destroyDataOn: '/mnt/at/disk.img' },
    });
  });
});

describe('a place over which no faults can be laid', () => {
  it.each([
    ['block:/dev/sdx', /no device/],
    ['opendal+fs:///x', /no proxy that understands/],
    ['nfs://filer/export', /mount daemon/],
    ['s3://bucket', /no endpoint/],
    ['s3://bucket?endpoint=http://x:1&path-style=false', /instead of a host/],
  ])('%s is refused with the reason', (url, reason) => {
    expect(() => plantedPlace({ url, options: {} })).toThrow(reason);
    expect(() => plantedPlace({ url, options: {} })).toThrow(/cannot be planted on/);
  });
});
