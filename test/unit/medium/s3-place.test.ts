// URLs of S3 places: what is read from one, and that one with a secret is refused in words that do
// not have it.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeisenwriteError } from '../../../src/domain/errors.ts';
import { parseS3Url } from '../../../src/medium/s3-place.ts';

const PLAIN = { prefix: '', endpoint: null, region: null, pathStyle: false };
const ENDPOINT = 'http://127.0.0.1:8000';

describe('what an URL says', () => {
  test.for([
    ['s3://bucket', { ...PLAIN, bucket: 'bucket' }],
    ['s3://bucket/', { ...PLAIN, bucket: 'bucket' }],
    ['s3://Old_Bucket.x/a/b/', { ...PLAIN, bucket: 'Old_Bucket.x', prefix: 'a/b/' }],
    [
      's3://bucket/a%20b%23?region=eu-central-1',
      {
        ...PLAIN,
        bucket: 'bucket',
        prefix: 'a b#/',
        region: 'eu-central-1',
      },
    ],
    [
      `s3://bucket?endpoint=${ENDPOINT}/`,
      {
        ...PLAIN,
        bucket: 'bucket',
        endpoint: ENDPOINT,
        pathStyle: true,
      },
    ],
    [
      `s3://bucket?endpoint=${encodeURIComponent(ENDPOINT)}&path-style=false`,
      {
        ...PLAIN,
        bucket: 'bucket',
        endpoint: ENDPOINT,
      },
    ],
    ['s3://bucket?path-style=true', { ...PLAIN, bucket: 'bucket', pathStyle: true }],
  ] as const)('%s', ([url, place]) => {
    expect(parseS3Url(url)).toEqual(place);
  });
});

function refusalOf(url: string): HeisenwriteError {
  try {
    parseS3Url(url);
  } catch (error) {
    if (error instanceof HeisenwriteError) return error;
    throw error;
  }
  throw new Error(`${url} was not refused`);
}

describe('what is refused', () => {
  test.for([
    's3://',
    's3:///x',
    's3:bucket',
    's3://b',
    's3://bucket:80/x',
    's3://bucket/%zz',
    's3://bucket/a//b',
    's3://bucket/x#y',
    's3://bucket?endpoint=ftp://host',
    's3://bucket?endpoint=host',
    's3://bucket?endpoint=http://host?x=y',
    's3://bucket?region=EU_1',
    's3://bucket?region=a&region=b',
    's3://bucket?path-style=maybe',
  ])('%s', (url) => {
    expect(refusalOf(url).code).toBe('invalid-place');
  });

  test('a secret, wherever it stands, is in no message', () => {
    const secret = fc.stringMatching(/^SECRET[A-Za-z0-9+]{8,20}$/);
    const places = fc.constantFrom(
      (key: string) => `s3://${key}@bucket/x`,
      (key: string) => `s3://AKIA:${key}@bucket/x`,
      (key: string) => `s3://${key}:AKIA@bucket`,
      (key: string) => `s3://AKIA:a/${key}@bucket/x#`,
      (key: string) => `s3://bucket?${key}`,
      (key: string) => `s3://bucket?aws_secret_access_key=${key}`,
      (key: string) => `s3://bucket?region=${key}`,
      (key: string) => `s3://bucket?endpoint=http://${key}@host`,
      (key: string) => `s3://bucket?endpoint=http://host?key=${key}`,
      (key: string) => `s3://bucket?path-style=${key}`,
    );
    fc.assert(
      fc.property(secret, places, (key, place) => {
        const { code, message, remedy, cause } = refusalOf(place(key));
        expect(code).toBe('invalid-place');
        expect(message.includes(key) || remedy.includes(key)).toBe(false);
        expect(cause).toBeUndefined();
      }),
    );
  });
});
