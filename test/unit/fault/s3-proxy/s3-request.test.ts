// Requests of S3 as calls: by method, path and query, in both styles; and that no target, whatever
// it holds, is an error of ours.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readS3Request } from '../../../../src/fault/s3-proxy/s3-request.ts';

const SIZED = ['Content-Length', '100'];

describe('a request', () => {
  test.each([
    ['PUT', '/b/k', SIZED, { operation: 'write', path: '/b/k', length: 100, isWholePut: true }],
    ['PUT', '/b/k%20%C3%A9?x-id=PutObject', SIZED, { operation: 'write', path: '/b/k é' }],
    [
      'PUT',
      '/b/k?partNumber=3&uploadId=u&x-id=UploadPart',
      [...SIZED, 'X-Amz-Decoded-Content-Length', '64'],
      { operation: 'write', partNumber: 3, uploadId: 'u', length: 64, isWholePut: false },
    ],
    ['PUT', '/b/k', ['x-amz-copy-source', '/b/other'], { operation: 'link' }],
    ['PUT', '/b/k?tagging', SIZED, { operation: 'setattr' }],
    ['PUT', '/b', [], { operation: 'mkdir', path: '/b' }],
    ['PUT', '/b?versioning', [], { operation: 'setattr' }],
    ['POST', '/b/k?uploads', [], { operation: 'create' }],
    ['POST', '/b/k?uploadId=u', [], { operation: 'close', uploadId: 'u' }],
    ['POST', '/b?delete', [], { operation: 'unlink', path: '/b' }],
    ['DELETE', '/b/k', [], { operation: 'unlink' }],
    ['DELETE', '/b/k?uploadId=u', [], { operation: 'unlink', uploadId: 'u' }],
    ['DELETE', '/b/', [], { operation: 'rmdir', path: '/b' }],
    ['GET', '/b/k', ['Range', 'bytes=512-1023'], { operation: 'read', offset: 512, length: 512 }],
    ['GET', '/b/k', ['Range', 'bytes=512-'], { operation: 'read', offset: 512, length: 0 }],
    ['GET', '/b/k', ['Range', 'bytes=-5'], { operation: 'read', offset: 0, length: 0 }],
    ['GET', '/b/k?acl', [], { operation: 'getattr' }],
    ['GET', '/b?list-type=2&prefix=x', [], { operation: 'readdir', path: '/b' }],
    ['GET', '/b?uploads', [], { operation: 'readdir' }],
    ['GET', '/b?versioning', [], { operation: 'getattr' }],
    ['GET', '/', [], { operation: 'readdir', path: '/' }],
    ['HEAD', '/b/k', [], { operation: 'getattr', path: '/b/k' }],
    ['GET', 'http://s3.test/b/k?acl', [], { operation: 'getattr', path: '/b/k' }],
    ['PUT', '/b/directory/', SIZED, { operation: 'write', path: '/b/directory/' }],
  ] as const)('%s %s', (method, target, headers, meant) => {
    expect(readS3Request(method, target, headers, null)).toMatchObject(meant);
  });

  test('of a bucket that is in the name of the host', () => {
    const headers = ['Host', 'Bucket.s3.test:8080'];
    const found = readS3Request('GET', '/k/x', headers, 's3.test');
    expect(found).toMatchObject({ operation: 'read', path: '/bucket/k/x' });
    expect(readS3Request('GET', '/', headers, 's3.test')).toMatchObject({
      operation: 'readdir',
      path: '/bucket',
    });
    const other = readS3Request('GET', '/b/k', ['Host', '127.0.0.1:8080'], 's3.test');
    expect(other.path).toBe('/b/k');
  });

  test('any target and header is read', () => {
    const methods = fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH');
    fc.assert(
      fc.property(methods, fc.string(), fc.string(), (method, target, range) => {
        const { offset, length } = readS3Request(method, target, ['range', range], null);
        expect(offset).toBeGreaterThanOrEqual(0);
        expect(Number.isNaN(length)).toBe(false);
      }),
    );
  });
});
