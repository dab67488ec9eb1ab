// Whether the endpoint honours conditions on a put. Many servers accept the headers and ignore
// them, and then a put that had to be refused overwrites; so it is tried, on an object of our own.

import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { freshHuntNumber } from '../base/rng.ts';
import { OperationError } from './operation-error.ts';
import type { S3Calls } from './s3-calls.ts';

export interface ConditionFacts {
  readonly ifAbsent: boolean;
  readonly ifMatches: boolean;
}

interface Conditions {
  readonly IfNoneMatch?: string;
  readonly IfMatch?: string;
}

const NO_ETAG = '"00000000000000000000000000000000"';

/**
 * Two refusals and two puts are looked at, as a server that refuses all does not honour either.
 * @throws OperationError where nothing can be put at all
 */
export async function probeConditions(calls: S3Calls): Promise<ConditionFacts> {
  const path = `/heisenwrite-probe-${freshHuntNumber()}`;
  const versions: (string | undefined)[] = [];
  const put = async (text: string, conditions: Conditions) => {
    const request = { ...calls.at(path), Body: Buffer.from(text), ...conditions };
    const { ETag, VersionId } = await calls.run('PutObject', path, (abortSignal) =>
      calls.sdk.send(new PutObjectCommand(request), { abortSignal }),
    );
    versions.push(VersionId);
    return ETag ?? NO_ETAG;
  };
  try {
    const first = await put('first', {});
    const refusesPresent = await refuses(() => put('second', { IfNoneMatch: '*' }));
    const refusesOther = await refuses(() => put('third', { IfMatch: NO_ETAG }));
    const takesSame = !(await refuses(() => put('fourth', { IfMatch: first })));
    await removeVersions(calls, path, versions);
    const takesAbsent = !(await refuses(() => put('fifth', { IfNoneMatch: '*' })));
    return { ifAbsent: refusesPresent && takesAbsent, ifMatches: refusesOther && takesSame };
  } finally {
    await removeVersions(calls, path, versions).catch(() => undefined);
  }
}

/** Also by an error that says that there are no such conditions here (501 NotImplemented). */
async function refuses(put: () => Promise<unknown>): Promise<boolean> {
  return put().then(
    () => false,
    (error: unknown) => {
      if (error instanceof OperationError && error.errno !== 'ETIMEDOUT') return true;
      throw error;
    },
  );
}

/** Each version by its name, or a bucket with versions would keep them behind a delete marker. */
async function removeVersions(
  calls: S3Calls,
  path: string,
  versions: (string | undefined)[],
): Promise<void> {
  const named = new Set(versions.splice(0));
  for (const VersionId of named) {
    const request = { ...calls.at(path), ...(VersionId === undefined ? {} : { VersionId }) };
    await calls.run('DeleteObject', path, (abortSignal) =>
      calls.sdk.send(new DeleteObjectCommand(request), { abortSignal }),
    );
  }
}
