// Whether the endpoint honours conditions on a put. Many servers accept the headers and ignore
// them, and then a put that had to be refused overwrites; so it is tried, on an object of our own.

import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { freshHuntNumber } from '../base/rng.ts';
import { OperationError } from './operation-error.ts';
import type { S3Calls } from './s3-calls.ts';

/**
 * How an ETag is written in If-Match. RFC 9110 (8.8.3) has quotes; radosgw 16 compares with the
 * text between them and refuses its own ETag in quotes.
 */
export type EtagForm = 'quoted' | 'bare';

export interface ConditionFacts {
  /** If-None-Match: * */
  readonly ifAbsent: boolean;
  /** If-Match, or null where it is not honoured. */
  readonly ifMatches: EtagForm | null;
}

export function inForm(etag: string, form: EtagForm): string {
  return form === 'quoted' ? etag : etag.replaceAll('"', '');
}

interface Conditions {
  readonly IfNoneMatch?: string;
  readonly IfMatch?: string;
}

const NO_ETAG = '"00000000000000000000000000000000"';

/**
 * A put that must be refused and one that must not are looked at for each, as a server that refuses
 * all of them honours neither.
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
    const ifMatches = await etagForm(first, (IfMatch) => put('third', { IfMatch }));
    await removeVersions(calls, path, versions);
    const takesAbsent = !(await refuses(() => put('fourth', { IfNoneMatch: '*' })));
    return { ifAbsent: refusesPresent && takesAbsent, ifMatches };
  } finally {
    await removeVersions(calls, path, versions).catch(() => undefined);
  }
}

async function etagForm(
  etag: string,
  put: (IfMatch: string) => Promise<unknown>,
): Promise<EtagForm | null> {
  for (const form of ['quoted', 'bare'] as const) {
    if (!(await refuses(() => put(inForm(NO_ETAG, form))))) return null;
    if (!(await refuses(() => put(inForm(etag, form))))) return form;
  }
  return null;
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
