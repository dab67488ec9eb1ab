// Removes a tree: what is below a directory of ours, in all its versions, and the parts of uploads
// that never became an object, which no listing of objects shows and which are paid for.

import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandInput,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3';
import type { UnfinishedUpload } from '../domain/medium.ts';
import { OperationError } from './operation-error.ts';
import type { S3Calls } from './s3-calls.ts';

interface Doomed {
  readonly Key: string;
  readonly VersionId?: string;
}

/** A page of a listing; `next` asks for the one after it. */
interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: (() => Promise<Page<Item>>) | null;
}

/** Who may write need not be allowed to see uploads; those of this connection were aborted. */
const UPLOADS_UNSEEN: ReadonlySet<string> = new Set(['AccessDenied', 'NotImplemented']);

/** @param versioned whether the bucket keeps, or kept, older versions */
export async function removeTree(calls: S3Calls, path: string, versioned: boolean): Promise<void> {
  if (calls.keysIn(path) === calls.keysIn('/')) {
    const words = 'the whole place may hold what is not ours; only what is below it is removed';
    throw new OperationError('DeleteObjects', path, 'EPERM', words);
  }
  await removeUploads(calls, path);
  if (!versioned) await removeBatch(calls, path, [{ Key: calls.key(path) }]);
  let page: Page<Doomed> | undefined = await (versioned
    ? versions(calls, path)
    : objects(calls, path));
  while (page) {
    await removeBatch(calls, path, page.items);
    page = await page.next?.();
  }
}

/** The name itself, or anything below it as a directory; not a neighbour that begins alike. */
function isWithin(calls: S3Calls, path: string, key: string | undefined): key is string {
  return key === calls.key(path) || (key?.startsWith(calls.keysIn(path)) ?? false);
}

async function objects(calls: S3Calls, path: string, token?: string): Promise<Page<Doomed>> {
  const request = {
    Bucket: calls.bucket,
    Prefix: calls.keysIn(path),
    ...(token === undefined ? {} : { ContinuationToken: token }),
  };
  const reply = await calls.run('ListObjectsV2', path, (abortSignal) =>
    calls.sdk.send(new ListObjectsV2Command(request), { abortSignal }),
  );
  const items = (reply.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [{ Key }]));
  const after = reply.IsTruncated ? reply.NextContinuationToken : undefined;
  return { items, next: after === undefined ? null : () => objects(calls, path, after) };
}

async function versions(
  calls: S3Calls,
  path: string,
  from: { KeyMarker?: string; VersionIdMarker?: string } = {},
): Promise<Page<Doomed>> {
  const request = { Bucket: calls.bucket, Prefix: calls.key(path), ...from };
  const reply = await calls.run('ListObjectVersions', path, (abortSignal) =>
    calls.sdk.send(new ListObjectVersionsCommand(request), { abortSignal }),
  );
  const found = [...(reply.Versions ?? []), ...(reply.DeleteMarkers ?? [])];
  const items = found.flatMap(({ Key, VersionId }) =>
    isWithin(calls, path, Key) ? [{ Key, ...(VersionId === undefined ? {} : { VersionId }) }] : [],
  );
  const { IsTruncated, NextKeyMarker, NextVersionIdMarker } = reply;
  const marker = {
    ...(NextKeyMarker === undefined ? {} : { KeyMarker: NextKeyMarker }),
    ...(NextVersionIdMarker === undefined ? {} : { VersionIdMarker: NextVersionIdMarker }),
  };
  return { items, next: IsTruncated ? () => versions(calls, path, marker) : null };
}

async function removeBatch(calls: S3Calls, path: string, doomed: readonly Doomed[]): Promise<void> {
  if (doomed.length === 0) return;
  const request = { Bucket: calls.bucket, Delete: { Objects: [...doomed], Quiet: true } };
  const { Errors = [] } = await calls.run('DeleteObjects', path, (abortSignal) =>
    calls.sdk.send(new DeleteObjectsCommand(request), { abortSignal }),
  );
  const failed = Errors.find(({ Code }) => Code !== 'NoSuchKey');
  if (!failed) return;
  const words = `${failed.Key}: ${failed.Message ?? 'not removed'}`;
  throw new OperationError('DeleteObjects', path, failed.Code ?? 'EPROTO', words);
}

/** Of the name itself, and not of others that begin like it. */
export async function uploadsOf(
  calls: S3Calls,
  path: string,
): Promise<readonly UnfinishedUpload[]> {
  const request = { Bucket: calls.bucket, Prefix: calls.key(path) };
  const found: UnfinishedUpload[] = [];
  let from: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | null = {};
  while (from) {
    const asked: ListMultipartUploadsCommandInput = { ...request, ...from };
    const reply: ListMultipartUploadsCommandOutput = await calls.run(
      'ListMultipartUploads',
      path,
      (abortSignal) => calls.sdk.send(new ListMultipartUploadsCommand(asked), { abortSignal }),
    );
    for (const { Key, UploadId, Initiated } of reply.Uploads ?? []) {
      if (Key !== calls.key(path) || UploadId === undefined) continue;
      found.push({ id: UploadId, begunMs: Initiated?.getTime() ?? null });
    }
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = reply;
    from = reply.IsTruncated ? { KeyMarker, UploadIdMarker } : null;
  }
  return found;
}

async function removeUploads(calls: S3Calls, path: string): Promise<void> {
  const request = { Bucket: calls.bucket, Prefix: calls.key(path) };
  try {
    // What is listed is aborted, so the first page comes again with the rest, until it is empty.
    for (let isMore = true; isMore; ) {
      const reply = await calls.run('ListMultipartUploads', path, (abortSignal) =>
        calls.sdk.send(new ListMultipartUploadsCommand(request), { abortSignal }),
      );
      const ours = (reply.Uploads ?? []).filter(({ Key }) => isWithin(calls, path, Key));
      for (const { Key, UploadId } of ours) await abortUpload(calls, path, Key, UploadId);
      isMore = reply.IsTruncated === true && ours.length > 0;
    }
  } catch (error) {
    if (!(error instanceof OperationError) || !UPLOADS_UNSEEN.has(error.errno)) throw error;
  }
}

export async function abortUpload(
  calls: S3Calls,
  path: string,
  Key?: string,
  UploadId?: string,
): Promise<void> {
  const request = new AbortMultipartUploadCommand({ Bucket: calls.bucket, Key, UploadId });
  await calls
    .run('AbortMultipartUpload', path, (abortSignal) => calls.sdk.send(request, { abortSignal }))
    .catch((error: OperationError) => {
      // Another client was faster, or it has become an object meanwhile.
      if (error.errno !== 'NoSuchUpload') throw error;
    });
}
