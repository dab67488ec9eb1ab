// `npm run bench:s3 [-- --json] [--pairs 5] [--size 64MiB]`: the S3 medium and the SDK alone, on
// one radosgw that keeps objects in memory. Ours stamps what it writes and verifies what it reads;
// the SDK's Upload and GetObject do neither. Prints ratios: above 1 means that ours is faster.

import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { monotonicMs } from '../src/base/clock.ts';
import type { Upload as Manner, MediumClient } from '../src/domain/medium.ts';
import { type Radosgw, startRadosgw } from '../src/fleet/radosgw.ts';
import { s3 } from '../src/medium/s3.ts';
import { createStampKernel } from '../src/stamp/kernel.ts';
import { huntNumberOf } from '../src/stamp/reference.ts';
import { benchOptions } from './bench-options.ts';
import { printComparisons } from './comparison-lines.ts';
import { type Comparison, compare } from './ratio.ts';

const MIB = 2 ** 20;
/** Writes that are streamed to an Upload are of this length, on both sides. */
const CHUNK_BYTES = MIB;
/** As the SDK's Upload has them. */
const PART_BYTES = 5 * MIB;
const IN_FLIGHT = 4;
const BLOCK_BYTES = 4096;
const STORE_BYTES = 8 * 2 ** 30;

const { json, pairs, sizeBytes } = benchOptions({
  usual: '64MiB',
  mostBytes: 256 * MIB,
  unitBytes: BLOCK_BYTES,
});
const kernel = createStampKernel(sizeBytes);
const STREAM = { hunt: huntNumberOf('1'), file: 1, writer: 0, blockBytes: BLOCK_BYTES };
kernel.use({ ...STREAM, pattern: 'stamp', fileBytes: sizeBytes });
const content = kernel.memory.subarray(0, sizeBytes);
let generation = 0;

/** MiB/s of `act`, which moves the whole content once. */
async function rateOf(act: () => Promise<void>): Promise<number> {
  const startedMs = monotonicMs();
  await act();
  return sizeBytes / MIB / ((monotonicMs() - startedMs) / 1000);
}

async function writeStamped(
  client: MediumClient,
  upload: Manner,
  pieceBytes: number,
): Promise<void> {
  const file = await client.create('/ours', { stability: 'any', upload, totalBytes: sizeBytes });
  generation++;
  let next = 0;
  const writer = async () => {
    for (let at = next; at < sizeBytes; at = next) {
      next += pieceBytes;
      const length = Math.min(pieceBytes, sizeBytes - at);
      kernel.encode(at, at / BLOCK_BYTES, length / BLOCK_BYTES, generation, 0n);
      await file.write(at, content.subarray(at, at + length));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, writer));
  await file.close();
}

async function readVerified(client: MediumClient): Promise<void> {
  content.fill(0);
  const came = await client.read('/ours', 0, content);
  const wrong = kernel.check(0, 0, sizeBytes, generation);
  if (came === sizeBytes && wrong < 0) return;
  throw new Error(`${came} bytes came, the first wrong one is ${wrong}: this run counts nothing`);
}

/** Fresh memory for each chunk, as the stream of a file gives them, and as ours copies writes. */
function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    yield Buffer.from(bytes.subarray(at, at + CHUNK_BYTES));
  }
}

async function compareAll(server: Radosgw): Promise<Comparison[]> {
  for (const [name, value] of Object.entries(server.environment)) process.env[name] = value;
  const { client } = await s3.connect(server.url);
  const sdk = server.client();
  const [Bucket, Key] = [server.bucket, 'trials/theirs'];
  const plain = Buffer.alloc(sizeBytes, 'plain bytes ');
  const uploads = (body: () => Buffer | Readable) => () =>
    rateOf(async () => {
      await new Upload({ client: sdk, params: { Bucket, Key, Body: body() } }).done();
    });
  const getPlain = () =>
    rateOf(async () => {
      const { Body } = await sdk.send(new GetObjectCommand({ Bucket, Key }));
      await Body?.transformToByteArray();
    });
  const writes = (upload: Manner, pieceBytes: number) => () =>
    rateOf(() => writeStamped(client, upload, pieceBytes));
  const comparisons = [
    await compare(
      'stamp, write parts / Upload of a buffer',
      pairs,
      writes('multipart', PART_BYTES),
      uploads(() => plain),
    ),
    await compare(
      'stamp, write to Upload / Upload of a stream',
      pairs,
      writes('any', CHUNK_BYTES),
      uploads(() => Readable.from(chunksOf(plain))),
    ),
    await compare(
      'read and verify / GetObject',
      pairs,
      () => rateOf(() => readVerified(client)),
      getPlain,
    ),
  ];
  await client.removeTree('/ours');
  await client.close();
  sdk.destroy();
  return comparisons;
}

const server = await startRadosgw(STORE_BYTES);
try {
  const comparisons = await compareAll(server);
  printComparisons(comparisons, { pairs, peer: 'radosgw', json });
} finally {
  await server.stop();
}
