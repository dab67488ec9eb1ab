// The calls of the port of media as requests of S3. A directory is but the beginning of its keys;
// what S3 has no request for is refused.

import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type {
  FileStatus,
  MediumClient,
  MediumFile,
  PutCondition,
  UnfinishedUpload,
  WriteManner,
} from '../domain/medium.ts';
import { unsupported } from './client-calls.ts';
import { OperationError } from './operation-error.ts';
import type { S3Calls } from './s3-calls.ts';
import { statusOf } from './s3-errors.ts';
import { type S3File, SingleFile } from './s3-file.ts';
import { createMultipart } from './s3-parts.ts';
import { type EtagForm, inForm } from './s3-probe.ts';
import { abortUpload, removeTree, uploadsOf } from './s3-remove.ts';
import { StreamedFile } from './s3-stream.ts';

export interface S3Abilities {
  /** Null where the endpoint does not honour conditions. */
  readonly conditions: { readonly etags: EtagForm } | null;
  /** Whether the bucket keeps, or kept, older versions. */
  readonly versioned: boolean;
}

export class S3MediumClient implements MediumClient {
  private readonly calls: S3Calls;
  private readonly abilities: S3Abilities;
  private readonly begun = new Set<S3File>();

  constructor(calls: S3Calls, abilities: S3Abilities) {
    this.calls = calls;
    this.abilities = abilities;
  }

  /** Nothing to do: a directory is there as soon as something is in it. */
  async makeDirectory(path: string): Promise<void> {
    await this.calls.wait('makeDirectory', path, async () => undefined);
  }

  removeTree(path: string): Promise<void> {
    return this.calls.wait('DeleteObjects', path, () =>
      removeTree(this.calls, path, this.abilities.versioned),
    );
  }

  async names(path: string): Promise<readonly string[]> {
    const prefix = this.calls.keysIn(path);
    const names = new Set<string>();
    let token: string | undefined;
    do {
      const request = {
        Bucket: this.calls.bucket,
        Prefix: prefix,
        Delimiter: '/',
        ...(token === undefined ? {} : { ContinuationToken: token }),
      };
      const reply = await this.calls.run('ListObjectsV2', path, (abortSignal) =>
        this.calls.sdk.send(new ListObjectsV2Command(request), { abortSignal }),
      );
      for (const { Key = '' } of reply.Contents ?? []) names.add(Key.slice(prefix.length));
      for (const { Prefix = '' } of reply.CommonPrefixes ?? []) {
        names.add(Prefix.slice(prefix.length, -1));
      }
      token = reply.IsTruncated ? reply.NextContinuationToken : undefined;
    } while (token !== undefined);
    // Some tools mark a directory with an empty object of its name and a slash.
    names.delete('');
    return [...names].toSorted();
  }

  async create(path: string, manner: WriteManner): Promise<MediumFile> {
    if (manner.stability !== 'any') {
      throw unsupported('create', path, `stability ${manner.stability}`);
    }
    const file = await this.started(path, manner);
    this.begun.add(file);
    return {
      ...(file.uploadId === undefined ? {} : { uploadId: file.uploadId }),
      write: (offset, bytes) => file.write(offset, bytes),
      truncate: (bytes) => file.truncate(bytes),
      sync: () => file.sync(),
      close: async () => {
        await file.close().catch(async (error: unknown) => {
          if (await file.abandon()) this.begun.delete(file);
          throw error;
        });
        this.begun.delete(file);
      },
    };
  }

  async open(path: string): Promise<MediumFile> {
    throw unsupported('open', path, 'a write into an object that is there');
  }

  /**
   * The version is the VersionId where the bucket keeps versions, else the ETag. If-Match knows
   * ETags alone, so that with a VersionId the condition is the ETag of that version.
   */
  async put(path: string, bytes: Uint8Array, condition?: PutCondition): Promise<string | null> {
    const conditions = condition ? await this.conditionsOf(path, condition) : {};
    const request = { ...this.calls.at(path), Body: bytes, ...conditions };
    const { ETag, VersionId } = await this.calls
      .run('PutObject', path, (abortSignal) =>
        this.calls.sdk.send(new PutObjectCommand(request), { abortSignal }),
      )
      .catch((error: OperationError) => {
        // AWS answers If-Match on a name that holds nothing with 404.
        throw condition && error.errno === 'NoSuchKey' ? precondition(path, error) : error;
      });
    return VersionId ?? ETag ?? null;
  }

  read(path: string, offset: number, into: Uint8Array): Promise<number> {
    const act = async (abortSignal: AbortSignal) => {
      if (into.length === 0) return 0;
      const Range = `bytes=${offset}-${offset + into.length - 1}`;
      const request = new GetObjectCommand({ ...this.calls.at(path), Range });
      try {
        const { Body, ContentRange } = await this.calls.sdk.send(request, { abortSignal });
        return await fill(Body as AsyncIterable<Uint8Array>, ContentRange, path, offset, into);
      } catch (error) {
        if (statusOf(error) === 416) return 0;
        throw error;
      }
    };
    return this.calls.run('GetObject', path, act, offset);
  }

  async length(path: string): Promise<number | null> {
    return (await this.status(path))?.bytes ?? null;
  }

  status(path: string): Promise<FileStatus | null> {
    return this.calls.run('HeadObject', path, async (abortSignal) => {
      const request = new HeadObjectCommand(this.calls.at(path));
      try {
        const { ContentLength: bytes, LastModified } = await this.calls.sdk.send(request, {
          abortSignal,
        });
        if (bytes === undefined) return null;
        const modifiedMs = LastModified?.getTime() ?? null;
        return { bytes, modifiedMs, allocatedBytes: null, permissions: null };
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw error;
      }
    });
  }

  async rename(from: string): Promise<void> {
    throw unsupported('rename', from, 'a rename');
  }

  async removeFile(path: string): Promise<void> {
    await this.calls.run('DeleteObject', path, (abortSignal) =>
      this.calls.sdk.send(new DeleteObjectCommand(this.calls.at(path)), { abortSignal }),
    );
  }

  uploads(path: string): Promise<readonly UnfinishedUpload[]> {
    return uploadsOf(this.calls, path);
  }

  abandonUpload(path: string, id: string): Promise<void> {
    return abortUpload(this.calls, path, this.calls.key(path), id);
  }

  /** What was begun is taken back first, as parts that nobody completes would stay for ever. */
  async close(): Promise<void> {
    if (!this.calls.close()) return;
    await Promise.all([...this.begun].map((file) => file.abandon()));
    this.calls.sdk.destroy();
  }

  private started(path: string, manner: WriteManner): Promise<S3File> {
    if (manner.upload === 'multipart') return createMultipart(this.calls, path, manner);
    const File = manner.upload === 'single' ? SingleFile : StreamedFile;
    return this.calls.wait('create', path, async () => new File(this.calls, path, manner));
  }

  private async conditionsOf(path: string, condition: PutCondition) {
    const { conditions } = this.abilities;
    if (!conditions) {
      throw unsupported('PutObject', path, `a put when ${condition.when}`);
    }
    if (condition.when === 'absent') return { IfNoneMatch: '*' };
    const { version } = condition;
    if (version.startsWith('"')) return { IfMatch: inForm(version, conditions.etags) };
    const request = new HeadObjectCommand({ ...this.calls.at(path), VersionId: version });
    const { ETag } = await this.calls
      .run('HeadObject', path, (abortSignal) => this.calls.sdk.send(request, { abortSignal }))
      .catch((error: OperationError) => {
        throw /^(NotFound|BadRequest)$|^NoSuch/.test(error.errno)
          ? precondition(path, error)
          : error;
      });
    return { IfMatch: inForm(ETag ?? '', conditions.etags) };
  }
}

function precondition(path: string, { message }: OperationError): OperationError {
  return new OperationError('PutObject', path, 'PRECONDITION', message);
}

/** @throws OperationError `EPROTO` where the reply is not what the range asked for */
async function fill(
  body: AsyncIterable<Uint8Array>,
  contentRange: string | undefined,
  path: string,
  offset: number,
  into: Uint8Array,
): Promise<number> {
  let came = 0;
  const isRange = contentRange?.startsWith(`bytes ${offset}-`) ?? offset === 0;
  for await (const chunk of body) {
    if (!isRange || came + chunk.length > into.length) {
      const found = contentRange ?? 'the whole object';
      const words = `${found} came for ${into.length} bytes at ${offset}`;
      throw new OperationError('GetObject', path, 'EPROTO', words, offset);
    }
    into.set(chunk, came);
    came += chunk.length;
  }
  return came;
}
