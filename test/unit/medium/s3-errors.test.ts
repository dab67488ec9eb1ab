// Errors of the SDK by their names: the code of S3, an errno, or none of ours; and what a first
// call that failed means for the connection.

import { describe, expect, test } from 'vitest';
import { HeisenwriteError } from '../../../src/domain/errors.ts';
import { OperationError, UnreachableError } from '../../../src/medium/operation-error.ts';
import { connectFailure, readS3Error, wordsOf } from '../../../src/medium/s3-errors.ts';

interface Parts {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly status?: number;
}

function sdkError({ name, code, message = '', status }: Parts): Error {
  const metadata = status === undefined ? {} : { $metadata: { httpStatusCode: status } };
  return Object.assign(new Error(message), { name, ...(code ? { code } : {}), ...metadata });
}

describe('the name of an error', () => {
  test.for<[Parts, string | null]>([
    [{ name: 'NoSuchKey', status: 404 }, 'NoSuchKey'],
    [{ name: 'SlowDown', status: 503 }, 'SlowDown'],
    [{ name: 'PreconditionFailed', status: 412 }, 'PRECONDITION'],
    [{ name: '403', status: 403 }, 'AccessDenied'],
    [{ name: 'UnknownError', status: 404 }, 'NotFound'],
    [{ name: 'UnknownError', status: 418 }, 'HTTP418'],
    [{ name: 'TimeoutError', code: 'ECONNRESET' }, 'ECONNRESET'],
    [{ name: 'TimeoutError' }, 'ETIMEDOUT'],
    [{ name: 'AbortError' }, 'ETIMEDOUT'],
    [{ name: 'Error', code: 'EPIPE' }, 'ECONNRESET'],
    [{ name: 'Error', message: 'aborted' }, 'ECONNRESET'],
    [{ name: 'CredentialsProviderError' }, 'CredentialsProviderError'],
    [{ name: 'SyntaxError', status: 200 }, 'EPROTO'],
    [{ name: 'SyntaxError', status: 502 }, 'HTTP502'],
    [{ name: 'TypeError' }, null],
  ])('%j is %s', ([parts, errno]) => {
    expect(readS3Error(sdkError(parts))).toBe(errno);
  });

  test('words where the server said none', () => {
    expect(wordsOf(sdkError({ message: 'UnknownError', status: 412 }))).toBe('HTTP status 412');
    const named = Object.assign(sdkError({ message: 'no' }), { $metadata: { requestId: 'tx1' } });
    expect(wordsOf(named)).toBe('no (request tx1)');
  });
});

describe('a connection that fails', () => {
  const place = { bucket: 'b', prefix: '', endpoint: null, region: null, pathStyle: false };
  const failure = (errno: string) =>
    connectFailure(new OperationError('ListObjectsV2', '/', errno, 'words'), place);

  test.for([
    ['CredentialsProviderError', 'not-authenticated'],
    ['ExpiredToken', 'not-authenticated'],
    ['NoSuchBucket', 'no-such-place'],
    ['AccessDenied', 'place-not-writable'],
    ['PermanentRedirect', 'invalid-place'],
    ['RegionMissing', 'invalid-place'],
  ])('%s is %s', ([errno, code]) => {
    const error = failure(errno as string);
    expect(error).toBeInstanceOf(HeisenwriteError);
    expect((error as HeisenwriteError).code).toBe(code);
  });

  test('nobody answers, or too late', () => {
    expect(failure('ECONNREFUSED')).toBeInstanceOf(UnreachableError);
    expect(failure('ETIMEDOUT')).toBeInstanceOf(UnreachableError);
    expect(failure('SlowDown')).toBeInstanceOf(UnreachableError);
  });

  test('anything else stays what it is', () => {
    expect(failure('InternalError')).toBeInstanceOf(OperationError);
    const bug = new TypeError('a bug');
    expect(connectFailure(bug, place)).toBe(bug);
  });
});
