// Bodies that are signed chunk by chunk, through the S3 proxy to a real radosgw that checks every
// chunk: they pass unchanged; what a fault changes is inside the frames, and the server says so; it
// is stored with a signature of ours.

import { expect } from 'vitest';
import { expectStamped, readWhole, stamped } from '../conformance/medium-setting.ts';
import { putInChunks } from './aws-chunked.ts';
import { onFaultyS3 } from './faulty-s3.ts';

const KIB = 1024;
const BYTES = 200 * KIB;
const s3Test = onFaultyS3();
const content = stamped(1, BYTES);
const OBJECT = '/hunts/trials/chunks';

s3Test('they pass, with a fault set and without, and a broken one is refused', async (setting) => {
  const { endpoint, server, plant, stored } = setting;
  for (const faults of [[], ['flip:op=write,content=ones,path=*/chunks'], ['rate:bytes=1GiB']]) {
    plant(...faults);
    expect(await putInChunks(endpoint, OBJECT, content, server.owner)).toBe('200');
    expectStamped((await stored('/chunks')) as Uint8Array, 1, BYTES);
    const other = { ...server.owner, secretAccessKey: 'not-the-secret' };
    const refused = await putInChunks(endpoint, OBJECT, content, other);
    expect(refused).toBe('403 SignatureDoesNotMatch');
  }
});

s3Test('a flip inside a chunk is noticed by a server that checks it', async (setting) => {
  const { endpoint, server, plant, stored, receipts } = setting;
  plant('flip:op=write,count=1');
  const said = await putInChunks(endpoint, '/hunts/trials/noticed', content, server.owner);
  expect(said).toBe('403 SignatureDoesNotMatch');
  expect(await stored('/noticed')).toBeNull();
  expect(receipts()).toMatchObject([{ kind: 'flip', length: BYTES }]);
});

s3Test(
  'a flip and a tear are stored with a signature of ours, without the frames',
  async ({ endpoint, server, plant, stored, client }) => {
    plant('flip:op=write,word=10000,mask=0xff,count=1');
    expect(await putInChunks(endpoint, OBJECT, content, server.owner)).toBe('200');
    const flipped = Buffer.from(content);
    flipped[80_000] = (flipped[80_000] as number) ^ 0xff;
    expect(flipped.equals((await stored('/chunks')) as Uint8Array)).toBe(true);
    plant('torn:bytes=100KiB,count=1');
    expect(await putInChunks(endpoint, OBJECT, content, server.owner)).toBe('200');
    expect(await stored('/chunks')).toHaveLength(100 * KIB);
    plant('stale');
    expect(await putInChunks(endpoint, OBJECT, content, server.owner)).toBe('200');
    await client.put('/chunks', stamped(2, 512));
    expectStamped(await readWhole(client, '/chunks'), 1, BYTES);
  },
  { signs: true },
);
