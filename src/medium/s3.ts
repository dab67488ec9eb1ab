// S3 as a medium, by the AWS SDK. Credentials come from the SDK's provider chain alone. What the
// endpoint says of itself is not relied on: it is asked for the bucket, and conditions are tried.

import { GetBucketVersioningCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type {
  ConnectOptions,
  MediumAdapter,
  MediumCapabilities,
  MediumConnection,
} from '../domain/medium.ts';
import { OperationError } from './operation-error.ts';
import { S3Calls } from './s3-calls.ts';
import { S3MediumClient } from './s3-client.ts';
import { connectFailure } from './s3-errors.ts';
import { parseS3Url, S3_EXAMPLE, type S3Place } from './s3-place.ts';
import { type ConditionFacts, probeConditions } from './s3-probe.ts';

const CAPABILITIES: MediumCapabilities = {
  randomWrites: false,
  directIo: false,
  append: false,
  rename: false,
  atomicReplace: true,
  conditionalPut: true,
  secondClient: true,
  stability: false,
  multipart: true,
};

/**
 * What was found of each place: it is asked once per thread, so that a connection that is made to
 * read damaged bytes again does not put anything first.
 */
const probed = new Map<string, ConditionFacts>();

export const s3: MediumAdapter = {
  scheme: 's3',
  about: 'objects of a bucket, by the AWS SDK: one request or parts, conditional puts',
  example: S3_EXAMPLE,
  async connect(url: string, options?: ConnectOptions): Promise<MediumConnection> {
    const place = parseS3Url(url);
    const calls = new S3Calls(place, options);
    try {
      return await connectionOf(place, calls);
    } catch (error) {
      calls.close();
      calls.sdk.destroy();
      throw connectFailure(error, place);
    }
  },
};

async function connectionOf(place: S3Place, calls: S3Calls): Promise<MediumConnection> {
  await calls.run('ListObjectsV2', '/', (abortSignal) =>
    calls.sdk.send(
      new ListObjectsV2Command({ Bucket: place.bucket, Prefix: place.prefix, MaxKeys: 1 }),
      { abortSignal },
    ),
  );
  const versioning = await versioningOf(calls);
  const name = JSON.stringify(place);
  const conditions = probed.get(name) ?? (await probeConditions(calls));
  probed.set(name, conditions);
  const { ifAbsent, ifMatches } = conditions;
  const taken = ifAbsent && ifMatches ? { etags: ifMatches } : null;
  const versioned = versioning === 'Enabled' || versioning === 'Suspended';
  return {
    client: new S3MediumClient(calls, { conditions: taken, versioned }),
    capabilities: { ...CAPABILITIES, conditionalPut: taken !== null },
    facts: {
      protocol: 'S3',
      endpoint: place.endpoint ?? 'as the AWS SDK finds it',
      region: await calls.sdk.config.region(),
      addressing: place.pathStyle ? 'path' : 'virtual host',
      versioning,
      'conditional put': conditionWords(conditions),
      attempts: '1: the repetitions of the SDK are off',
      sync: 'does nothing: an object is durable when its last request is acknowledged',
    },
    async freeBytes() {
      return null;
    },
  };
}

/** `Enabled`, `Suspended`, `off`, or why it is not known. */
async function versioningOf(calls: S3Calls): Promise<string> {
  try {
    const { Status } = await calls.run('GetBucketVersioning', '/', (abortSignal) =>
      calls.sdk.send(new GetBucketVersioningCommand({ Bucket: calls.bucket }), { abortSignal }),
    );
    return Status ?? 'off';
  } catch (error) {
    // Who may write need not be allowed to ask, and some servers have no such request.
    if (error instanceof OperationError && /^(AccessDenied|\w*Not\w+)$/.test(error.errno)) {
      return `not known: ${error.errno}`;
    }
    throw error;
  }
}

function conditionWords({ ifAbsent, ifMatches }: ConditionFacts): string {
  const matches = ifMatches === 'bare' ? 'If-Match with an ETag without quotes' : 'If-Match';
  const honoured = [...(ifAbsent ? ['If-None-Match: *'] : []), ...(ifMatches ? [matches] : [])];
  return honoured.length === 0 ? 'not honoured, as tried' : `${honoured.join(', ')}, as tried`;
}
