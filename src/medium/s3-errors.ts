// What errors of the SDK mean. Those of the server keep the code that S3 gives them ("Error
// Responses" of the S3 API reference); those of the connection get an errno.

import { errnoOf, HeisenwriteError } from '../domain/errors.ts';
import { OperationError, UnreachableError } from './operation-error.ts';
import type { S3Place } from './s3-place.ts';

interface SdkError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly $response?: { readonly statusCode?: number };
}

/** A reply of HEAD has no body, so that the SDK names its error after the status, if at all. */
const UNNAMED: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  403: 'AccessDenied',
  404: 'NotFound',
  412: 'PreconditionFailed',
  503: 'SlowDown',
};

/** The code of S3 or an errno; null for what neither the server nor the connection caused. */
export function readS3Error(error: unknown): string | null {
  const { name, message } = error as SdkError;
  const status = statusOf(error);
  // First, since the SDK gives the name TimeoutError to connections that were lost, too.
  const errno = errnoOf(error);
  if (errno !== null) return errno === 'EPIPE' ? 'ECONNRESET' : errno;
  if (name === 'TimeoutError' || name === 'AbortError') return 'ETIMEDOUT';
  if (name === 'PreconditionFailed') return 'PRECONDITION';
  if (status === undefined || status < 300) {
    if (name === 'CredentialsProviderError') return name;
    if (message === 'aborted') return 'ECONNRESET';
    if (message === 'Region is missing') return 'RegionMissing';
    return status === undefined ? null : 'EPROTO';
  }
  if (/^[A-Z]\w+$/.test(name) && !/^(Error|Unknown|UnknownError|SyntaxError)$/.test(name)) {
    return name;
  }
  return UNNAMED[status] ?? `HTTP${status}`;
}

export function statusOf(error: unknown): number | undefined {
  const { $metadata, $response } = error as SdkError;
  return $metadata?.httpStatusCode ?? $response?.statusCode;
}

/** What the server said, or its status where it said nothing, and what its own log calls it. */
export function wordsOf(error: unknown): string {
  const { message, $metadata } = error as SdkError;
  const status = statusOf(error);
  const isEmpty = message === '' || message === 'UnknownError' || message === 'Unknown';
  const said = isEmpty && status !== undefined ? `HTTP status ${status}` : message;
  return $metadata?.requestId === undefined ? said : `${said} (request ${$metadata.requestId})`;
}

const NOT_AUTHENTICATED: ReadonlySet<string> = new Set([
  'CredentialsProviderError',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'RequestTimeTooSkewed',
]);

const UNREACHABLE: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'ServiceUnavailable',
  'SlowDown',
]);

/** What the first call of a connection failed with, as `MediumAdapter.connect` has to say it. */
export function connectFailure(error: unknown, { bucket, endpoint }: S3Place): unknown {
  if (!(error instanceof OperationError)) return error;
  const { errno } = error;
  const where = endpoint ?? 'the S3 endpoint';
  const words = `${where} answered ${error.operation} with ${errno}: ${error.message}`;
  if (NOT_AUTHENTICATED.has(errno)) {
    const message =
      errno === 'CredentialsProviderError'
        ? 'no AWS credentials were found'
        : `the AWS credentials that were found are not accepted: ${words}`;
    return new HeisenwriteError('not-authenticated', message, {
      remedy: 'check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or `aws sso login`',
    });
  }
  if (errno === 'NoSuchBucket') {
    return new HeisenwriteError('no-such-place', `there is no bucket ${bucket} at ${where}`, {
      remedy: 'create the bucket, or check its name, the endpoint and the region',
    });
  }
  if (errno === 'AccessDenied' || errno === 'AllAccessDisabled' || errno === 'MethodNotAllowed') {
    return new HeisenwriteError('place-not-writable', `bucket ${bucket}: ${words}`, {
      remedy: 'allow these credentials to list, put, get and delete below the prefix',
    });
  }
  if (
    /Redirect$|^RegionMissing$|^AuthorizationHeaderMalformed$|^IllegalLocationConstraint/.test(
      errno,
    )
  ) {
    return new HeisenwriteError('invalid-place', `bucket ${bucket}: ${words}`, {
      remedy: 'give the region of the bucket: ?region=R, or AWS_REGION',
    });
  }
  if (UNREACHABLE.has(errno)) return new UnreachableError(`${where}: ${errno}, ${error.message}`);
  return error;
}
