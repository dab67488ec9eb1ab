// The answers of S3 that stand for an errno: HTTP status, code and words ("Error Responses" of the
// S3 API reference). Codes may be given by their own name, too.

import { HeisenwriteError } from '../../domain/errors.ts';
import type { Fault } from '../../domain/fault.ts';

export interface S3Error {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const ERRORS: Readonly<Record<string, S3Error>> = {
  EACCES: { status: 403, code: 'AccessDenied', message: 'Access Denied' },
  EPERM: { status: 403, code: 'AllAccessDisabled', message: 'All access has been disabled.' },
  ENOENT: { status: 404, code: 'NoSuchKey', message: 'The specified key does not exist.' },
  ESTALE: { status: 404, code: 'NoSuchUpload', message: 'The specified upload does not exist.' },
  EIO: { status: 500, code: 'InternalError', message: 'We encountered an internal error.' },
  EAGAIN: { status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' },
  ECONNREFUSED: { status: 503, code: 'ServiceUnavailable', message: 'Reduce your request rate.' },
  EBUSY: { status: 409, code: 'OperationAborted', message: 'A conflicting operation is going on.' },
  EEXIST: { status: 412, code: 'PreconditionFailed', message: 'A precondition did not hold.' },
  ETIMEDOUT: { status: 400, code: 'RequestTimeout', message: 'Your socket was not read from.' },
  EINVAL: { status: 400, code: 'InvalidArgument', message: 'Invalid Argument' },
  EBADMSG: { status: 400, code: 'BadDigest', message: 'The digest did not match.' },
  EFBIG: { status: 400, code: 'EntityTooLarge', message: 'Your upload is too large.' },
  ENAMETOOLONG: { status: 400, code: 'KeyTooLongError', message: 'Your key is too long.' },
  EDQUOT: { status: 403, code: 'QuotaExceeded', message: 'The quota is exceeded.' },
  ENOSPC: { status: 507, code: 'InsufficientStorage', message: 'There is no space left.' },
  EROFS: { status: 405, code: 'MethodNotAllowed', message: 'The method is not allowed.' },
  ENOSYS: { status: 501, code: 'NotImplemented', message: 'This is not implemented.' },
};

/** @throws HeisenwriteError `invalid-fault` for what has no answer in S3 */
export function admitS3Error({ values, text }: Fault): void {
  if (values.errno === undefined || find(String(values.errno))) return;
  const known = Object.entries(ERRORS).map(([errno, { code }]) => `${errno} or ${code}`);
  const message = `${text}: S3 has no answer for ${values.errno} (it has: ${known.join(', ')})`;
  throw new HeisenwriteError('invalid-fault', message);
}

/** For an errno, or for a code of S3 (`SlowDown`), that was admitted. */
export function s3ErrorFor(name: string): S3Error {
  return find(name) ?? (ERRORS.EIO as S3Error);
}

function find(name: string): S3Error | undefined {
  return ERRORS[name] ?? Object.values(ERRORS).find(({ code }) => code === name);
}

export function errorXml({ code, message }: S3Error, path: string): string {
  const [words, resource] = [message, path].map(escaped);
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<Error><Code>${code}</Code><Message>${words}</Message><Resource>${resource}</Resource>` +
    '<RequestId>heisenwrite-fault</RequestId></Error>'
  );
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
